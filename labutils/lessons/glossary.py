"""The glossary: the words of the course from ``data/glossary.yaml``, and the page that shows them."""

import html
from dataclasses import dataclass

import yaml

from labutils.i18n import _
from labutils.machine import paths

FILE = "glossary.yaml"


@dataclass(frozen=True)
class Term:
    """A word of the course: what it ``means`` in a plain sentence, and the ``lab`` where it is first put to work."""

    term: str
    means: str
    lab: str


def load() -> list[Term]:
    """Return the words of the course, as the file orders them."""
    content = yaml.safe_load((paths.data_dir() / FILE).read_text(encoding="utf-8"))
    return [Term(**entry) for entry in content["terms"]]


def page() -> str:
    """Return the glossary in alphabetical order as an HTML table, folded; every text is escaped."""
    terms = sorted(load(), key=lambda entry: entry.term.lower())
    row = "<tr><th scope='row' style='text-align:left'>{}</th><td style='text-align:left'>{}</td><td>{}</td></tr>"
    rows = "".join(row.format(*map(html.escape, (entry.term, entry.means, entry.lab))) for entry in terms)
    title = _("Glossary: {n} words of the course, with the lab that explains each").format(n=len(terms))
    head = "".join(f"<th>{name}</th>" for name in (_("word"), _("what it means"), _("lab")))
    return f"<details><summary><b>{title}</b></summary><table><tr>{head}</tr>{rows}</table></details>"
