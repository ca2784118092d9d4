"""This environment: what kernels inherit, which kernel is ours, and what is not installed."""

import importlib.util
import os
import sys
from pathlib import Path

from labutils.errors import LabError
from labutils.i18n import _
from labutils.machine import settings

# What kernels inherit: they, and what they import, read it when they begin.
KERNEL_ENVIRONMENT = {
    **settings.MALLOC,
    **settings.THREADS,
    **settings.CACHES,
    "JUPYTER_PREFER_ENV_PATH": "1",  # the kernel is this environment's, not one installed for the user
}


# What the extra "labs" installs, by the names that Python imports.
LABS = ("papermill", "nbformat", "nbclient", "ipykernel", "bm25s")
KERNEL = "python3"


def need(*modules: str, extra: str = "labs") -> None:
    """Raise unless these modules can be imported; a core install trains without them.

    Raises:
        LabError: code ``"extra"``: names what is missing and what installs it.
    """
    missing = [name for name in modules if importlib.util.find_spec(name) is None]
    if missing:
        text = _("this needs {missing}, which the extra {extra!r} installs: pip install 'finetune-labs[{extra}]'")
        raise LabError("extra", text.format(missing=", ".join(missing), extra=extra))


def channels() -> dict[str, str]:
    """Return the settings of jupyter_client's ``KernelManager`` for the channels between it and its kernels.

    They are encrypted where it can be: else ipykernel 7.4 warns in the terminal, once a kernel, that others might listen.
    """
    import zmq
    from jupyter_client.manager import KernelManager

    able = "transport_encryption" in KernelManager.class_trait_names() and zmq.has("curve")  # jupyter_client 8.10
    return {"transport_encryption": "auto"} if able else {}


def check_lora() -> None:
    """Raise where PEFT cannot make LoRA's layers because an older torchao lies beside it, as on Colab.

    Raises:
        LabError: code ``"torchao"``: names both versions and the line that mends it.
    """
    try:
        from peft.import_utils import is_torchao_available  # before 0.21 the import itself raises

        is_torchao_available()
    except ImportError:
        from importlib.metadata import version

        text = _(
            "torchao {torchao} is too old for peft {peft}, which makes LoRA's layers; run\n    pip install 'torchao>=0.16'\n"
            "or pip uninstall torchao, and restart the kernel"
        )
        raise LabError("torchao", text.format(torchao=version("torchao"), peft=version("peft"))) from None


def prepare_kernels() -> list[str]:
    """Set what kernels started from this process are to inherit, and put our own kernel before others of its name.

    What is set already stays.

    Returns:
        the folders on ``JUPYTER_PATH`` that hold another kernel of the name, which would have been taken.
    """
    for name, value in KERNEL_ENVIRONMENT.items():
        os.environ.setdefault(name, value)
    ours = Path(sys.prefix) / "share" / "jupyter"
    paths = [path for path in os.environ.get("JUPYTER_PATH", "").split(os.pathsep) if path and Path(path) != ours]
    others = [Path(path) / "kernels" / KERNEL for path in paths]
    if paths:
        os.environ["JUPYTER_PATH"] = os.pathsep.join([str(ours), *paths])
    return [str(folder) for folder in others if folder.is_dir()]
