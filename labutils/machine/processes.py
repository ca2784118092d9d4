"""Several processes as one training: who speaks, who writes, who waits. Accelerate and torch do the work.

Started alone, a process is all there is, and none of this touches torch.distributed.
"""

import datetime
import os
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

from labutils.errors import LabError
from labutils.i18n import _
from labutils.machine import device

if TYPE_CHECKING:
    import torch
    from accelerate import Accelerator

Result = TypeVar("Result")


def size() -> int:
    """Return how many processes train together (``accelerate launch`` and torchrun set ``WORLD_SIZE``)."""
    return int(os.environ.get("WORLD_SIZE", "1"))


def rank() -> int:
    """Return this process's number among them, from 0."""
    return int(os.environ.get("RANK", "0"))


def sharded() -> bool:
    """Whether the launcher asks for FSDP: each process holds a part of the weights.

    Raises:
        LabError: code ``"fsdp_version"``: it asks for the first version, whose parts do not know what they are parts of.
    """
    wanted = os.environ.get("ACCELERATE_USE_FSDP", "").lower() == "true"
    if wanted and os.environ.get("FSDP_VERSION") != "2":
        raise LabError("fsdp_version", _("this file asks for FSDP 1; write fsdp_version: 2 below fsdp_config"))
    return wanted


def keep_sums_exact(accelerator: "Accelerator", dtype: "torch.dtype") -> None:
    """Let FSDP compute layers in a type, but add gradients up over the processes and give results in fp32.

    Accelerate's own policy for bf16 also adds and returns in bf16.
    """
    import torch
    from torch.distributed.fsdp import MixedPrecisionPolicy

    policy = MixedPrecisionPolicy(param_dtype=dtype, reduce_dtype=torch.float32, output_dtype=torch.float32)
    accelerator.state.fsdp_plugin.mixed_precision_policy = policy


def is_main() -> bool:
    """Whether this process is the one that prints and writes."""
    return rank() == 0


def join() -> None:
    """Meet the other processes: NCCL on GPUs, gloo on CPUs. Done once; alone it does nothing."""
    if size() > 1:
        from accelerate import PartialState

        # The others wait while the first one hashes a checkpoint: for large models longer than NCCL's ten minutes.
        PartialState(cpu=device.torch_device().type == "cpu", timeout=datetime.timedelta(hours=3))


def wait() -> None:
    """Wait until every process is here."""
    if size() > 1:
        from accelerate import PartialState

        PartialState().wait_for_everyone()


def leave() -> None:
    """Part in order, last of all: gloo aborts a process whose peers are gone while it still holds their connections."""
    if size() > 1:
        import torch

        wait()
        torch.distributed.destroy_process_group()


def on_main(function: Callable[..., Result], *arguments: Any) -> Result:
    """Call a function in the main process alone and return its result in all of them; an error there is one in all.

    Raises:
        LabError: what the function raised; in the other processes with the same code and text.
    """
    if size() == 1:
        return function(*arguments)
    from accelerate.utils import broadcast_object_list

    outcome: list[Any] = [None, None]
    if is_main():
        try:
            outcome[0] = function(*arguments)
        except LabError as error:
            outcome[1] = (error.code, str(error))
        except Exception as error:  # anything else must not leave the others waiting for a result
            outcome[1] = ("main_process", _("the main process failed: {error!r}").format(error=error))
    result, wrong = broadcast_object_list(outcome)
    if wrong is not None:
        raise LabError(*wrong)
    return result
