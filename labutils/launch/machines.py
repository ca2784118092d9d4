"""The same training on several machines: the file in Accelerate's format, and what to type on each of them."""

from collections.abc import Sequence

import yaml

from labutils.errors import LabError
from labutils.i18n import _
from labutils.launch import config_file

PORT = 29500


def machine_file(machines: int, gpus: int, rank: int, address: str, *, sharded: bool = False) -> str:
    """Return the text of one machine's file.

    Args:
        machines, gpus: how many machines, and GPUs on each.  rank: this machine's number, from 0.
        address: of the machine with rank 0.
        sharded: weights, gradients and optimizer state are spread over all GPUs, for what does not fit on one.

    Raises:
        LabError: code ``"machines"``: a number that cannot be.
    """
    if machines < 1 or gpus < 1 or not 0 <= rank < machines:
        text = _("{machines} machines with {gpus} GPUs have no machine {rank}: count them from 0")
        raise LabError("machines", text.format(machines=machines, gpus=gpus, rank=rank))
    content = yaml.safe_load(config_file("gpu-fsdp" if sharded else "gpu").read_text(encoding="utf-8"))
    content |= {"num_machines": machines, "num_processes": machines * gpus, "machine_rank": rank}
    if machines > 1:
        content |= {"main_process_ip": address, "main_process_port": PORT}
    return yaml.safe_dump(content, sort_keys=False)


def commands(machines: int, arguments: Sequence[str]) -> list[str]:
    """Return what to type on each machine, where its file lies as ``machine-<rank>.yaml``."""
    return [
        " ".join(["accelerate launch --config_file", f"machine-{rank}.yaml", "--module labutils.cli train", *arguments])
        for rank in range(machines)
    ]
