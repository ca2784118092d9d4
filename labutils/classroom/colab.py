"""``labs colab``: the labs for Google Colab, for the address, or the wheel, that a teacher really uses.

A Colab edition is the learner's copy of each lab with one more code cell, which installs the course on Colab, and with
a badge that opens the lab there. Nothing of it is kept in the project, which has no address of its own.
"""

import ast
import json
import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote, urlsplit

from labutils import files, notebooks
from labutils.errors import LabError
from labutils.i18n import _
from labutils.machine import environment, paths
from labutils.notebooks import start

if TYPE_CHECKING:
    from nbformat import NotebookNode

COURSE = "finetune-labs[colab]"  # the extra: what the labs need and Colab lacks
BADGE, SETUP = "colab-badge", "colab-setup"  # the ids of the new cells
CELL = Path(__file__).with_name("colab_cell.py")
PAGE = "README.md"
GITHUB = ("github.com", "www.github.com")
BRANCH = "main"  # of the badges where no tag is named
OPENER = "https://colab.research.google.com"
LABEL = r"[a-z0-9](?:[a-z0-9-]*[a-z0-9])?"
HOST, PATH = rf"{LABEL}(?:\.{LABEL})*(?::\d+)?", r"(?:/[A-Za-z0-9_~+-][\w.~+-]*)+"
TAG = r"[A-Za-z0-9_](?:[\w.+-]|/(?=[\w+-]))*"


@dataclass(frozen=True)
class Source:
    """Where the first cell of a Colab edition takes the course from.

    Attributes:
        requirement: what pip is asked for; of a wheel without its place, which Colab alone knows.
        github: (owner, name, tag or branch), for the badges; None where Colab opens no lab by an address.
        wheel: the file that a learner uploads, or None.
    """

    requirement: str
    github: tuple[str, str, str] | None = None
    wheel: Path | None = None


def from_repository(url: str, tag: str = "") -> Source:
    """Return the source for a git repository.

    Args:
        url: as ``https://HOST/OWNER/NAME``.  tag: a tag or a branch; "" for the repository's first branch.

    Raises:
        LabError: codes ``"repository"``, ``"tag"``: what is written cannot be one.
    """
    host, path = _host_and_path(url)
    if tag and (not re.fullmatch(TAG, tag, re.ASCII) or ".." in tag or tag.endswith((".", ".lock"))):
        raise LabError("tag", _("{tag!r} cannot be the name of a tag or a branch").format(tag=tag))
    github = None
    if host in GITHUB:
        if path.count("/") != 2:
            text = _("a repository on GitHub is https://github.com/OWNER/NAME and nothing behind it")
            raise _no_repository(url, text)
        owner, name = path.removesuffix(".git").split("/")[1:]
        github = (owner, name, tag or BRANCH)
    return Source(f"{COURSE} @ git+https://{host}{path}" + (f"@{tag}" if tag else ""), github)


def _host_and_path(url: str) -> tuple[str, str]:
    """Return an address's (host with port, path), if it is one that everybody may read."""
    try:
        parts = urlsplit(url.strip())
    except ValueError as error:
        raise _no_repository(url, str(error)) from None
    host, path = parts.netloc.lower(), parts.path.rstrip("/")
    if parts.scheme != "https":
        raise _no_repository(url, _("it must begin with https://"))
    if "@" in host:
        raise _no_repository("...", _("a name or a password in it would stand in every lab; take the public address"))
    if parts.query or parts.fragment or not re.fullmatch(HOST, host) or not re.fullmatch(PATH, path, re.ASCII):
        raise _no_repository(url, _("it must be https://HOST/PATH, of letters, digits and . - _ ~ +"))
    port = int(host.partition(":")[2] or 443)
    if not 0 < port < 2**16:
        raise _no_repository(url, _("a port is 1 to {last}").format(last=2**16 - 1))
    return host.partition(":")[0] if port == 443 else host, path


def _no_repository(url: str, reason: str) -> LabError:
    text = _("{url!r} cannot be the address of a repository: {reason}")
    return LabError("repository", text.format(url=url, reason=reason))


def from_wheel(path: Path) -> Source:
    """Return the source for a wheel that each learner uploads, or that lies in the folder of Drive.

    Raises:
        LabError: code ``"wheel"``: it is no wheel of this course, or one with other labs than those here.
    """
    mend = _("build one in a checkout of the course: python -m build --wheel")
    if not re.fullmatch(r"finetune_labs-[\w.+!-]+\.whl", path.name, re.ASCII) or not zipfile.is_zipfile(path):
        text = _("{path} is no wheel of this course (finetune_labs-VERSION-py3-none-any.whl); {mend}")
        raise LabError("wheel", text.format(path=path, mend=mend))
    with zipfile.ZipFile(path) as wheel:
        inside = {
            name
            for name in wheel.namelist()
            if re.fullmatch(rf"labutils/_labs/(\d\d_\w+|{notebooks.APPENDIX}/\w+)\.ipynb", name)
        }
        here = {f"labutils/_labs/{path.relative_to(paths.labs_dir()).as_posix()}": path for path in _all()}
        if inside != here.keys() or any(wheel.read(name) != lab.read_bytes() for name, lab in here.items()):
            text = _("{path} has other labs than those in {folder}; {mend}")
            raise LabError("wheel", text.format(path=path, folder=paths.labs_dir(), mend=mend))
    return Source(f"{COURSE} @ ", wheel=path)


def _all() -> list[Path]:
    """Return what an edition holds: the labs, and the appendix of what needs a GPU."""
    return [*notebooks.find(), *notebooks.appendix()]


def first_cell(source: Source) -> str:
    """Return the code of the cell that installs the course on Colab: the same in every lab."""
    text = CELL.read_text(encoding="utf-8")
    docstring = ast.parse(text).body[0]
    text = "\n".join(text.splitlines()[docstring.end_lineno :]).strip()
    name, digest = (source.wheel.name, files.sha256(source.wheel)) if source.wheel else ("", "")
    for line, values in (('COURSE = ""', (source.requirement,)), ('WHEEL, SHA256 = "", ""', (name, digest))):
        assert text.count(f"\n{line} ") == 1, line
        text = text.replace(f"\n{line} ", f"\n{line.partition(' = ')[0]} = {', '.join(map(json.dumps, values))} ")
    return re.sub(r" +# noqa.*", "", text)


def badge(lab: Path, source: Source, place: str) -> str:
    """Return the Markdown that opens a lab on Colab, "" where the repository is not on GitHub.

    Args:
        place: the edition's folder, as the repository has it.
    """
    if source.github is None:
        return ""
    owner, name, ref = source.github
    address = f"{OPENER}/github/{owner}/{name}/blob/{quote(ref)}/{quote(f'{place}/{lab.name}')}"
    return f"[![{_('Open in Colab')}]({OPENER}/assets/colab-badge.svg)]({address})"


def notebook(lab: Path, source: Source, place: str) -> "NotebookNode":
    """Return one lab of a Colab edition; the cells of the lab keep their ids. The appendix asks Colab for a GPU."""
    import nbformat

    made = nbformat.reads(start.cleared(lab).decode(), as_version=4)
    form = {"cellView": "form", "jupyter": {"source_hidden": True}, "tags": []}
    made.cells.insert(1, nbformat.v4.new_code_cell(first_cell(source), id=SETUP, metadata=form))
    if shown := badge(lab, source, place):
        made.cells.insert(0, nbformat.v4.new_markdown_cell(shown, id=BADGE))
    if lab in notebooks.appendix():
        made.metadata["accelerator"] = "GPU"  # what Colab reads when it opens a notebook
    nbformat.validate(made)
    return made


def write(source: Source, out: Path) -> Iterator[str]:
    """Write a Colab edition of all labs and of the appendix, with a page that lists them; yields what is to be known.

    Raises:
        LabError: codes ``"folder"``: other files of these names are there, and none is written over; ``"extra"``.
    """
    environment.need("nbformat")
    from labutils.notebooks.normalize import normal_text

    place = place_in_repository(out)
    content = {path.name: normal_text(notebook(path, source, place)).encode() for path in _all()}
    content[PAGE] = _page(source, place).encode()
    if source.wheel:
        content[source.wheel.name] = source.wheel.read_bytes()
    others = [name for name in content if not _is_free(out / name, content[name])]
    if others:
        text = _("{folder} has other files of these names: {names}; remove them, or name another folder")
        raise LabError("folder", text.format(folder=out, names=", ".join(others)))
    paths.make(out)
    for name, data in content.items():
        files.write_new(out / name, data)
    yield _("{n} labs for Colab and the appendix are in {folder}; they install: {what}").format(
        n=len(notebooks.find()), folder=out, what=source.wheel.name if source.wheel else source.requirement
    )
    yield _what_next(source, place)


def _is_free(path: Path, content: bytes) -> bool:
    """Whether nothing is there, or the same."""
    return not path.exists() or (path.is_file() and path.read_bytes() == content)


def place_in_repository(folder: Path) -> str:
    """Return a folder's path below the git checkout that it lies in; its name where it lies in none."""
    whole = folder.resolve()
    tops = [top for top in whole.parents if (top / ".git").exists()]
    return whole.relative_to(tops[0]).as_posix() if tops else whole.name


def _what_next(source: Source, place: str) -> str:
    if source.github:
        text = _("badges: they open {place} at {ref} of {owner}/{name}; commit the folder there, and push it")
        owner, name, ref = source.github
        return text.format(place=place, ref=ref, owner=owner, name=name)
    if source.wheel:
        return _("no badges; learners upload a lab to Colab, and {file} where the first cell asks for it").format(
            file=source.wheel.name
        )
    return _("no badges: Colab opens labs by their address from GitHub alone; learners upload a lab to Colab")


def _page(source: Source, place: str) -> str:
    """Return the folder's page: a row for each lab and for the appendix, and what a learner does."""
    head = (_("lab"), _("title"), _("minutes"), *([_("open")] if source.github else []))
    rows = []
    for path in _all():
        about = notebooks.read(path).metadata["finetune_labs"]
        row = (notebooks.number(path), f"[{about['title']}]({path.name})", about.get("minutes", "-"))
        rows.append((*row, *([badge(path, source, place)] if source.github else [])))
    opening = (
        _("Click the badge of a lab. In Colab, choose *File > Save a copy in Drive*, so that your answers stay.")
        if source.github
        else _("In Colab, choose *File > Upload notebook* and take the lab's file.")
    )
    upload = _(
        "It asks for `{file}`: upload it each time, or put it into your folder of Drive once."
    ).format(file=source.wheel.name) if source.wheel else ""  # fmt: skip
    steps = [
        opening,
        _("Run the first code cell. It installs the course."),
        upload,
        _(
            "Each lab runs on a machine of its own, which goes when you are done. To keep your results, and for lab 04 to "
            "go on from your model of lab 03, write the name of a folder of your Google Drive into the first cell's "
            "field, the same in every lab."
        ),
        _("A machine with a processor is enough for the model of the course. The appendix asks for one with a GPU."),
    ]
    listed = "\n".join(f"{i}. {step}" for i, step in enumerate(filter(None, steps), 1))
    return f"# {_('FineTune Labs on Colab')}\n\n{listed}\n\n{files.markdown_table(head, rows)}\n"
