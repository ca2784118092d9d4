"""One training on one or several processes: what ``labs train`` does.

With a file in Accelerate's own format the same command is started once for each process; the files that come with the
project stand in ``labutils/launch``, each for any number of processes.
"""

import dataclasses
import os
import re
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from labutils import config
from labutils.errors import LabError
from labutils.i18n import _
from labutils.log import logger
from labutils.machine import children
from labutils.training import checkpoints

if TYPE_CHECKING:
    from labutils.training.history import History

FOLDER = Path(__file__).parent
NUMBERED = re.compile(r"(?P<kind>cpu|gpu)-(?P<n>\d+)(?P<more>(-fsdp)?)")
OPTIONS = ("model", "task", "output_dir", "profile", "dialogues", "examples", "resume")  # of the command line itself


def configs() -> list[str]:
    """Return the names of the project's own files."""
    return sorted(path.stem for path in FOLDER.glob("*.yaml"))


def config_file(name: str) -> Path:
    """Return the file that a name stands for.

    Args:
        name: a path, one of :func:`configs`, or one of them with a number: ``"cpu-2"``, ``"gpu-8"``, ``"gpu-8-fsdp"``.

    Raises:
        LabError: code ``"launch_config"``.
    """
    numbered = NUMBERED.fullmatch(name)
    kind = numbered["kind"] + numbered["more"] if numbered else name
    for path in (Path(name), FOLDER / f"{name}.yaml", FOLDER / f"{kind}.yaml"):
        if path.is_file():
            return path
    text = _("there is no file {name!r}; the project's own: {names}, with a number as in gpu-8 or gpu-8-fsdp")
    raise LabError("launch_config", text.format(name=name, names=", ".join(configs())))


def launcher(name: str, processes: int | None = None) -> list[str]:
    """Return Python's arguments that start Accelerate's launcher with a file and a number of processes.

    Raises:
        LabError: code ``"launch_config"``.
    """
    path, numbered = config_file(name), NUMBERED.fullmatch(name)
    named = int(numbered["n"]) if numbered and path.stem != name and path.parent == FOLDER else None
    number = named if processes is None else processes
    if number is not None and number < 1:
        raise LabError("launch_config", _("{n} processes are asked for; at least 1 trains").format(n=number))
    command = ["-m", "accelerate.commands.launch", "--config_file", str(path)]
    return command if number is None else [*command, "--num_processes", str(number)]


def read_settings(pairs: Iterable[str]) -> dict[str, Any]:
    """Read ``name=value`` texts by the types of :class:`labutils.config.TrainingSettings`.

    Raises:
        LabError: codes ``"parameter"``, and ``"settings"``: an option has that name.
    """
    from labutils import parameters

    texts = parameters.split(pairs)
    for name in texts:
        if name in OPTIONS:
            text = _("{name} is no setting of the training; there is an option for it: --{name}")
            raise LabError("settings", text.format(name=name))
    fields = dataclasses.fields(config.TrainingSettings)
    kinds = {field.name: getattr(field.type, "__name__", str(field.type)) for field in fields}
    return {name: parameters.read(name, text, kinds.get(name, ""), paths=False) for name, text in texts.items()}


def train(
    model: str,
    task: str,
    output_dir: Path,
    *,
    profile: str = "auto",
    dialogues: str | None = None,
    examples: int | None = None,
    **settings: Any,
) -> "History":
    """Train in this process (one of several, perhaps); see :meth:`ModelRunner.train`. ``dialogues``: another source.

    Raises:
        LabError: code ``"settings"``: a name among them is no setting, or its value is not of its kind.
    """
    from labutils.runner import ModelRunner  # torch with it

    chosen = config.profile(profile, **({"dialogues": dialogues} if dialogues else {}))
    return ModelRunner(model, chosen).train(task, examples, output_dir=output_dir, **settings)


def launched() -> bool:
    """Whether this process was started by :func:`launch`."""
    return "LABS_LAUNCHED" in os.environ


def launch(file: str, arguments: Sequence[str], output_dir: Path, processes: int | None = None) -> None:
    """Start ``labs`` with these arguments in every process that an Accelerate file asks for.

    An interruption of this process (Ctrl-C, a scheduler's SIGTERM) ends all of them.

    Args:
        processes: their number, instead of the file's.

    Raises:
        LabError: codes ``"launch_config"``, and ``"process"``: one of them ended with an error (torchrun then stops the
            others); it names the checkpoint that the same command goes on from.
    """
    command = [sys.executable, *launcher(file, processes), "--module", "labutils.cli", *arguments]
    on_cpu = _content(config_file(file)).get("use_cpu")
    environment = os.environ | {"LABS_LAUNCHED": "1"} | ({"LABS_DEVICE": "cpu"} if on_cpu else {})
    try:
        status = children.run(command, environment)
    except (KeyboardInterrupt, SystemExit):
        logger.warning(_("all processes were ended; call the same again: {way}").format(way=way_on(output_dir)))
        raise
    if status:
        text = _("a process ended with an error (above), and the others were stopped; call the same again: {way}")
        raise LabError("process", text.format(way=way_on(output_dir)))


def _content(path: Path) -> dict[str, Any]:
    import yaml

    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (yaml.YAMLError, ValueError, RecursionError):
        content = None
    if not isinstance(content, dict):
        text = _(
            "{path} is no file in Accelerate's format; `accelerate config` writes one, and the project's own are: {names}"
        )
        raise LabError("launch_config", text.format(path=path, names=", ".join(configs())))
    if path.parent != FOLDER:
        _check_keys(path)
    return content


def _check_keys(path: Path) -> None:
    """Let the library read a file of the user's before processes are started, each of which would fail with a traceback."""
    from accelerate.commands.config import load_config_from_file

    try:
        load_config_from_file(str(path))
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        text = _("{path}: Accelerate does not take this file: {error}")
        raise LabError("launch_config", text.format(path=path, error=error)) from error


def way_on(output_dir: Path) -> str:
    """Return in words what a stopped training goes on from when it is called again."""
    good, _broken = checkpoints.last_good(output_dir)
    if good is None:
        return _("no checkpoint was finished yet: it starts anew")
    return _("it goes on from {name}").format(name=good.name)
