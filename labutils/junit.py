"""Results as a JUnit file, which CI systems read: one suite a lab, one case a check.

The elements and attributes are those that pytest writes, since those are what such systems are tried with.
"""

import re
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree

from labutils import files
from labutils.errors import LabError
from labutils.i18n import _

# What XML 1.0 has no way to write: a model's answer or a terminal's colours may hold it.
NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
FAILURE, SKIPPED = "failure", "skipped"
MARK = b"<testsuites"


@dataclass(frozen=True)
class Case:
    """One case. ``kind`` "" is passed; else :data:`FAILURE` or :data:`SKIPPED`, and ``text`` says why."""

    suite: str
    name: str
    kind: str = ""
    text: str = ""
    seconds: float = 0.0


def check_target(path: Path) -> None:
    """Raise where a file cannot become a JUnit file, before any work is done.

    Raises:
        LabError: code ``"junit"``: it is a folder, or a file of another kind, which would be written over.
        LabError: code ``"folder"``: its folder cannot be made.
    """
    if path.is_dir():
        raise LabError("junit", _("{path} is a folder; name a file, as in --junit {path}/labs.xml").format(path=path))
    if path.is_file() and path.stat().st_size and MARK not in path.read_bytes():
        text = _("{path} is no JUnit file, and would be written over; choose another name with --junit")
        raise LabError("junit", text.format(path=path))
    from labutils.machine import paths

    paths.make(path.parent)


def write(path: Path, name: str, cases: Iterable[Case]) -> None:
    """Write cases into a file, their suites in the order of their first cases.

    Args:
        name: of all suites together, as ``"labs verify"``.

    Raises:
        LabError: as :func:`check_target`.
    """
    check_target(path)
    suites: dict[str, list[Case]] = {}
    for case in cases:
        suites.setdefault(case.suite, []).append(case)
    root = ElementTree.Element("testsuites", _counts(name, [case for suite in suites.values() for case in suite]))
    stamp = time.strftime("%Y-%m-%dT%H:%M:%S")
    for suite, of_suite in suites.items():
        element = ElementTree.SubElement(root, "testsuite", _counts(suite, of_suite) | {"timestamp": stamp})
        for case in of_suite:
            _add(element, case)
    ElementTree.indent(root)
    text = ElementTree.tostring(root, encoding="unicode")
    files.write_text(path, f'<?xml version="1.0" encoding="utf-8"?>\n{text}\n')


def _counts(name: str, cases: list[Case]) -> dict[str, str]:
    kinds = [case.kind for case in cases]
    return {
        "name": _clean(name), "tests": str(len(cases)), "failures": str(kinds.count(FAILURE)), "errors": "0",
        "skipped": str(kinds.count(SKIPPED)), "time": f"{sum(case.seconds for case in cases):.3f}",
    }  # fmt: skip


def _add(suite: ElementTree.Element, case: Case) -> None:
    attributes = {"classname": _clean(case.suite), "name": _clean(case.name), "time": f"{case.seconds:.3f}"}
    element = ElementTree.SubElement(suite, "testcase", attributes)
    if case.kind:
        told = _clean(case.text).strip()
        why = ElementTree.SubElement(element, case.kind, {"message": told.partition("\n")[0][:200]})
        why.text = told


def _clean(text: str) -> str:
    """Return a text as XML can hold it; what it cannot is written as in Python, ``\\x1b``."""
    return NOT_XML.sub(lambda match: match[0].encode("unicode_escape").decode("ascii"), text)
