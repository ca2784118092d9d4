"""What a widget shows, for the browser and as text. Texts of models and records are escaped: none is taken for markup.

No meaning hangs on a colour: a bar has its number beside it, a marked word stands in brackets.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from html import escape

BAR = "#0072B2"  # contrast 5 on white, 3.6 on JupyterLab's dark
BAR_CELLS = 24  # characters of a full bar in text


@dataclass(frozen=True)
class Sentence:
    """A line of prose; ``strong``: the finding or what went wrong."""

    words: str
    strong: bool = False

    def html(self) -> str:
        """Return it as a paragraph."""
        inner = f"<b>{escape(self.words)}</b>" if self.strong else escape(self.words)
        return f'<p style="margin:.3em 0;line-height:1.4">{inner}</p>'

    def text(self) -> str:
        """Return it as it is."""
        return self.words


@dataclass(frozen=True)
class Passage:
    """A text of a record or a model, line breaks kept, under a title."""

    title: str
    words: str

    def html(self) -> str:
        """Return the text in a frame."""
        style = "white-space:pre-wrap;overflow-wrap:anywhere;border:1px solid;padding:.4em;margin:.2em 0"
        return f'{_title(self.title)}<pre style="{style}">{escape(self.words)}</pre>'

    def text(self) -> str:
        """Return the title, and the text with a bar before each line."""
        lines = self.words.splitlines() or [""]
        return "\n".join([f"{self.title}:", *(f"  | {line}" for line in lines)])


@dataclass(frozen=True)
class Table:
    """Rows of texts under a header; the first cell of a row names it."""

    title: str
    header: Sequence[str]
    rows: Sequence[Sequence[str]]

    def html(self) -> str:
        """Return a table whose rows and columns are named for a screen reader."""
        head = "".join(f'<th scope="col" style="{_CELL}">{escape(cell)}</th>' for cell in self.header)
        body = "".join(
            f'<tr><th scope="row" style="{_CELL};font-weight:normal">{escape(first)}</th>'
            + "".join(f'<td style="{_CELL}">{escape(cell)}</td>' for cell in rest)
            + "</tr>"
            for first, *rest in self.rows
        )
        return f"<table>{_caption(self.title)}<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"

    def text(self) -> str:
        """Return it with aligned columns."""
        rows = [[_one_line(cell) for cell in row] for row in [self.header, *self.rows]]
        widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
        lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) for row in rows]
        return "\n".join([f"{self.title}:", *(f"  {line}".rstrip() for line in lines)])


@dataclass(frozen=True)
class Bars:
    """A bar for each (name, value, the value in words); a bar is full at ``full``."""

    title: str
    rows: Sequence[tuple[str, float, str]]
    full: float = 1.0

    def _share(self, value: float) -> float:
        return min(1.0, max(0.0, value / self.full)) if self.full > 0 else 0.0

    def html(self) -> str:
        """Return a table of name, number and bar; the bar is hidden from screen readers, which have the number."""
        rows = "".join(
            f'<tr><th scope="row" style="{_CELL};font-weight:normal">{escape(name)}</th>'
            f'<td style="{_CELL};text-align:right">{escape(told)}</td>'
            f'<td style="{_CELL};width:12em" aria-hidden="true"><div style="background:{BAR};height:.8em;'
            f'width:{100 * self._share(value):.1f}%"></div></td></tr>'
            for name, value, told in self.rows
        )
        return f"<table>{_caption(self.title)}<tbody>{rows}</tbody></table>"

    def text(self) -> str:
        """Return a line for each bar."""
        names = [_one_line(name) for name, _value, _told in self.rows]
        width, broad = max(map(len, names)), max(len(told) for _name, _value, told in self.rows)
        lines = [
            f"  {name.ljust(width)}  {told.rjust(broad)}  {'█' * round(BAR_CELLS * self._share(value))}".rstrip()
            for name, (_name, value, told) in zip(names, self.rows, strict=True)
        ]
        return "\n".join([f"{self.title}:", *lines])


@dataclass(frozen=True)
class Marked:
    """A text in parts, of which some are marked: in bold on yellow, and in brackets."""

    title: str
    parts: Sequence[tuple[str, bool]]

    def html(self) -> str:
        """Return a paragraph with the marked parts in ``<mark>``."""
        inner = "".join(f"<mark><b>[{escape(part)}]</b></mark>" if on else escape(part) for part, on in self.parts)
        return f'{_title(self.title)}<p style="white-space:pre-wrap;overflow-wrap:anywhere;margin:.2em 0">{inner}</p>'

    def text(self) -> str:
        """Return it with the marked parts in brackets."""
        return f"{self.title}: " + "".join(f"[{part}]" if on else part for part, on in self.parts)


@dataclass(frozen=True)
class Columns:
    """Blocks side by side, each column under its name; in text one after the other."""

    columns: Mapping[str, Sequence["Block"]]

    def html(self) -> str:
        """Return columns that go below each other where the page is narrow."""
        inner = "".join(
            f'<section style="flex:1 1 18em;min-width:0"><b>{escape(name)}</b>{as_html(blocks)}</section>'
            for name, blocks in self.columns.items()
        )
        return f'<div style="display:flex;flex-wrap:wrap;gap:1.5em">{inner}</div>'

    def text(self) -> str:
        """Return the columns one after the other."""
        return "\n".join(f"--- {name} ---\n{as_text(blocks)}" for name, blocks in self.columns.items())


Block = Sentence | Passage | Table | Bars | Marked | Columns
_CELL = "text-align:left;padding:.15em .6em;overflow-wrap:anywhere"


def _caption(title: str) -> str:
    return f'<caption style="text-align:left;caption-side:top;color:inherit">{escape(title)}</caption>'


def _title(title: str) -> str:
    return f'<p style="margin:.4em 0 0">{escape(title)}</p>'


def _one_line(text: str) -> str:
    return text.replace("\n", "\\n")


def as_html(blocks: Iterable[Block]) -> str:
    """Return the blocks as HTML in which every text is escaped."""
    return "".join(block.html() for block in blocks)


def as_text(blocks: Iterable[Block]) -> str:
    """Return the blocks as plain text."""
    return "\n".join(block.text() for block in blocks)
