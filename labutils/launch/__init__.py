"""One training on one or several processes: what ``labs train`` does.

With a file in Accelerate's own format the same command is started once for each process; the files that come with the
project stand in ``labutils/launch``.
"""

import os
import subprocess
import sys
from pathlib import Path

import yaml

from labutils import config
from labutils.errors import LabError
from labutils.i18n import _
from labutils.runner import ModelRunner
from labutils.training import checkpoints
from labutils.training.history import History

FOLDER = Path(__file__).parent


def configs() -> list[str]:
    """Return the names of the project's own files."""
    return sorted(path.stem for path in FOLDER.glob("*.yaml"))


def config_file(name: str) -> Path:
    """Return the file of a name in :func:`configs`, or of a path.

    Raises:
        LabError: code ``"launch_config"``.
    """
    for path in (Path(name), FOLDER / f"{name}.yaml"):
        if path.is_file():
            return path
    known = ", ".join(configs())
    raise LabError(
        "launch_config", _("there is no file {name!r}; the project's own: {known}").format(name=name, known=known)
    )


def train(
    model: str, task: str, output_dir: Path, *, profile="auto", dialogues=None, examples=None, **settings
) -> History:
    """Train in this process (one of several, perhaps); see :meth:`ModelRunner.train`. ``dialogues``: another source.

    Raises:
        LabError: code ``"settings"``: a name among them is no setting, or its value is not of its kind.
    """
    chosen = config.profile(profile, **({"dialogues": dialogues} if dialogues else {}))
    return ModelRunner(model, chosen).train(task, examples, output_dir=output_dir, **settings)


def launched() -> bool:
    """Whether this process was started by :func:`launch`."""
    return "LABS_LAUNCHED" in os.environ


def launch(file: str, arguments: list[str], output_dir: Path) -> None:
    """Start ``labs`` with these arguments in every process that an Accelerate file asks for.

    Raises:
        LabError: codes ``"launch_config"``, and ``"process"``: one of them ended with an error (torchrun then stops the
            others); it names the checkpoint that the same command goes on from.
    """
    path = config_file(file)
    command = [sys.executable, "-m", "accelerate.commands.launch", "--config_file", str(path)]
    on_cpu = yaml.safe_load(path.read_text(encoding="utf-8")).get("use_cpu")
    environment = os.environ | {"LABS_LAUNCHED": "1"} | ({"LABS_DEVICE": "cpu"} if on_cpu else {})
    done = subprocess.run([*command, "--module", "labutils.cli", *arguments], env=environment, check=False)
    if done.returncode:
        good, _broken = checkpoints.last_good(output_dir)
        way = (
            _("it goes on from {name}").format(name=good.name)
            if good
            else _("no checkpoint was finished yet: it starts anew")
        )
        text = _("a process ended with an error (above), and the others were stopped; call the same again: {way}")
        raise LabError("process", text.format(way=way))
