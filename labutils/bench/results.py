"""What a measurement is asked for and what comes of it: the JSON that goes between the processes and into the files."""

from typing import Any, TypedDict


class Specification(TypedDict, total=False):
    """One measurement to make; which fields there are depends on the kind (:mod:`labutils.bench.worker`)."""

    kind: str
    recipe: str
    precision: str
    method: str
    shape: str
    examples: int
    batch_size: int
    held_out: int
    warm: int
    repeat: int
    at_least_s: float
    compile: str
    group: str
    profile: str
    dialogues: str


Measured = dict[str, Any]  # its figures by name, each kind's its own; or "does_not_fit" and why


class Run(TypedDict):
    """A measurement that was made."""

    spec: Specification
    measured: Measured


class Facts(TypedDict):
    """What all measurements of a file have in common; runs of other ones are not compared with them."""

    command: str
    machine: dict[str, Any]
    versions: dict[str, str]
    code: str
    date: str
    shape: str
    profile: str
    dialogues: str
    usual: bool


class Results(Facts):
    """A file of results."""

    runs: list[Run]
