"""Google Colab: each notebook has a machine of its own there, which goes with all its files when the session ends."""

import os
import subprocess
import sys

from labutils.errors import LabError
from labutils.i18n import _

# In a process of its own: a PEFT whose import has failed cannot be imported again.
CHECK = "from labutils.machine import environment; environment.check_lora()"


def here() -> bool:
    """Return whether this is a notebook on Colab, or a command that one has started."""
    return "google.colab" in sys.modules or "COLAB_RELEASE_TAG" in os.environ


def mend_torchao() -> bool:
    """Uninstall the torchao that lies here where PEFT refuses it, as Colab's; nothing in the course uses it.

    Call it before PEFT is imported.

    Returns:
        whether it was uninstalled.

    Raises:
        LabError: code ``"torchao"``: it cannot be uninstalled.
    """
    if not _fault():
        return False
    command = [sys.executable, "-m", "pip", "uninstall", "--yes", "--quiet", "torchao"]
    subprocess.run(command, capture_output=True, check=False)
    if reason := _fault():
        text = _("PEFT cannot make LoRA's layers here, and uninstalling torchao did not mend it: {reason}")
        raise LabError("torchao", text.format(reason=reason))
    return True


def _fault() -> str:
    """Return the last line of what keeps PEFT from making LoRA's layers, "" where nothing does."""
    done = subprocess.run([sys.executable, "-c", CHECK], capture_output=True, text=True, check=False)
    return "" if done.returncode == 0 else done.stderr.strip().rpartition("\n")[2] or str(done.returncode)


def banner() -> str:
    """Return where the results of a lab on Colab lie and what becomes of them; "" elsewhere."""
    if not here():
        return ""
    folder = os.environ.get("LABS_RUNS")
    if folder:
        return _("Results go to {folder}; labs that use the same folder go on from them.").format(folder=folder)
    return _(
        "Colab: this notebook's machine is its own. When it goes, results and checkpoints go, and no other lab can go on "
        "from them. To keep them, name a folder of Google Drive in the first cell, and run it and this cell again."
    )
