"""One fine-tuning from the command line: train."""

import argparse

from labutils import config, launch
from labutils.commands.arguments import Command, add_pairs, folder, named
from labutils.errors import LabError
from labutils.i18n import _

RESUME: dict[str, bool | str] = {"yes": True, "no": False, "same": "same"}


def add(command: Command) -> None:
    train = command("train", _train, _("fine-tune a model, on one process or, with --config, on several"))
    train.add_argument("output_dir", type=folder, help=_("this training's folder; called again it goes on"))
    train.add_argument(
        "--model", type=named, default="auto", help=_("a name, a folder, or auto (default): the profile's tuned")
    )
    text = _("dialogues (default), or a task of the suite: sentiment, topic, ...")
    train.add_argument("--task", type=named, default="dialogues", help=text)
    train.add_argument("--dialogues", type=named, help=_("pocket, dialogsum or a path, instead of the profile's"))
    train.add_argument("--profile", default="auto", choices=["auto", *config.PROFILES], help=_("default: auto"))
    text = _("no: train anew, the earlier training in the folder goes; same: only where it is of other settings, data or "
             "weights (default: yes: go on, or say what differs)")  # fmt: skip
    train.add_argument("--resume", choices=RESUME, default="yes", help=text)
    train.add_argument("--examples", type=int, help=_("the first so many; default: all"))
    names = ", ".join(launch.configs())
    text = _("several processes: {names}, with a number as in gpu-8, or a file in Accelerate's format")
    train.add_argument("--config", type=named, help=text.format(names=names))
    train.add_argument("--processes", type=int, help=_("with --config: how many; default: the file's number"))
    add_pairs(train, "settings", _("a setting of the training, as in method=lora"))


def _train(options: argparse.Namespace) -> int:
    from labutils.machine import processes

    settings = launch.read_settings(options.settings)
    if options.dialogues and options.task not in ("dialogues", "summarize"):
        text = _("--dialogues has no effect with --task {task}, which has records of its own")
        raise LabError("settings", text.format(task=options.task))
    if options.processes is not None and not options.config:
        raise LabError("launch_config", _("--processes has no effect without --config, as in --config cpu"))
    if options.config and not launch.launched():
        launch.launch(options.config, options.arguments, options.output_dir, options.processes)
        return 0
    history = launch.train(
        options.model, options.task, options.output_dir, profile=options.profile, dialogues=options.dialogues,
        examples=options.examples, resume=RESUME[options.resume], **settings,
    )  # fmt: skip
    if processes.is_main():
        rate = _("{rate:.1f} examples/s, {seconds:.0f} s; the model is in {folder}")
        print(rate.format(rate=history.examples_per_s, seconds=history.train_s, folder=history.folder))
    processes.leave()
    return 0
