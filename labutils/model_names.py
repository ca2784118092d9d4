"""Names of models: roles, the shipped ones, folders, and the hub's at their pinned commits."""

import os
from pathlib import Path

from labutils import config
from labutils.errors import LabError
from labutils.i18n import _
from labutils.machine import paths

SHIPPED = {"pocket-base": "base", "pocket-instruct": "instruct"}
ROLES = ("auto", "tuned", "base")
# Commits of the hub's repositories, as public code pins them; a model that is not listed loads its newest commit.
REVISIONS = {
    "google/flan-t5-small": "0fc9ddf78a1e988dac52e2dac162b0ede4fd74ab",
    "google/flan-t5-base": "7bcac572ce56db69c1ea7c8af255c5d7c9672fc2",
    "google/flan-t5-large": "0613663d0d48ea86ba8cb3d7a44f0f65dc596a2a",
    "google/flan-t5-xl": "7d6315df2c2fb742f0f5b556879d730926ca9001",
    "google/flan-t5-xxl": "ae7c9136adc7555eeccc78cdd960dfd60fb346ce",
    "HuggingFaceTB/SmolLM2-360M-Instruct": "a10cc1512eabd3dde888204e902eca88bddb4951",
}


def resolve_name(name: str | os.PathLike, profile: config.Profile | None = None) -> str:
    """Return the folder or hub name that ``name`` stands for.

    ``"auto"`` and ``"tuned"`` are the profile's tuned model, ``"base"`` its base model; the shipped models have the
    names ``"pocket-base"`` and ``"pocket-instruct"``. A hub name is first looked for in the folder ``MODELS_DIR``.
    """
    return place(meant(name, profile))


def meant(name: str | os.PathLike, profile: config.Profile | None) -> str:
    """Return the model's name: a role's is that of the profile."""
    if not isinstance(name, str | os.PathLike) or not str(name).strip():
        text = _("a model's name is {name!r}; it must be one of {choices}, a hub name or a folder")
        raise LabError("model", text.format(name=name, choices=", ".join((*ROLES, *SHIPPED))))
    if str(name) in ROLES:
        profile = profile or config.profile("auto")
        return profile.base if name == "base" else profile.tuned
    return str(name)


def place(name: str) -> str:
    """Return the folder that holds the model of a name, or the name itself where the hub has it."""
    if name in SHIPPED:
        return str(paths.data_dir() / "pocket-t5" / SHIPPED[name])
    local = os.environ.get("MODELS_DIR")
    copies = [Path(local) / name, Path(local) / Path(name).name] if local else []
    return next((str(folder) for folder in (Path(name), *copies) if folder.is_dir()), name)


def kept_name(name: str) -> str:
    """Return what names a model on other machines, too; a folder that is not shipped has its path alone."""
    if name in SHIPPED or not Path(name).is_dir():
        return name
    shipped = {Path(place(one)).resolve(): one for one in SHIPPED}
    return shipped.get(Path(name).resolve(), str(Path(name).resolve()))
