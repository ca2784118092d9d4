"""`python -m makers.quotes`: write each figure that a lab's prose quotes as its last build recorded it.

A quote is a figure with the key of a number, `.74<!--accuracy-->` (:data:`labutils.notebooks.lesson.QUOTE`). Its form stays:
decimals, per cent, no zero in front. What a sentence says of its figures is for a person to read again: the lines that
changed are printed.
"""

import re

from labutils import notebooks
from labutils.notebooks import lesson, normalize


def filled(text: str, numbers: dict) -> str:
    """Return a text with its quotes as the numbers are; one of a number that is not there stays."""
    return lesson.QUOTE.sub(lambda quote: _filled(quote, numbers), text)


def _filled(quote: re.Match, numbers: dict) -> str:
    value, side, old = numbers.get(quote["key"]), quote["side"], quote["number"]
    if value is None or isinstance(value, list) != (side is not None):
        return quote[0]  # `labs verify notebooks` says what is wrong with it
    value = (value[int(side)] if side else value) * (100 if quote["percent"] else 1)
    places = len(old.partition(".")[2])
    shown = f"{abs(value):,.{places}f}" if "," in old or abs(value) >= 1000 else f"{abs(value):.{places}f}"
    if old.startswith("."):
        shown = shown.removeprefix("0")
    sign = "" if not quote["sign"] else "-" if value < 0 else "+"  # where none is written, words tell the direction
    return quote[0].replace(quote["sign"] + old, sign + shown, 1)


def main() -> None:
    """Fill the quotes of every lab."""
    for path in notebooks.find():
        notebook, numbers = notebooks.read(path), lesson.stored(notebooks.number(path)).get("numbers", {})
        for cell in notebook.cells:
            if cell.cell_type != "markdown":
                continue
            before, cell.source = cell.source, filled(cell.source, numbers)
            for old, new in zip(before.splitlines(), cell.source.splitlines(), strict=True):
                if old != new:
                    print(f"{path.stem} {cell.id}:\n- {old}\n+ {new}")
        normalize.write(notebook, path)


if __name__ == "__main__":
    main()
