"""How a notebook shows a picture: one HTML figure with title, image, alt text and the folded data."""

import base64
import html
import io
import warnings
from dataclasses import replace

import pandas as pd

from labutils.i18n import _
from labutils.pictures import Picture, plain_texts
from labutils.pictures.words import number
from labutils.words import whole

DPI = 150


def png(picture: Picture) -> bytes:
    """Return the picture as PNG, the same bytes from the same data."""
    buffer = io.BytesIO()
    plain_texts(picture.figure)
    with warnings.catch_warnings():  # a model writes letters that the font has not; a box stands for them
        warnings.filterwarnings("ignore", "Glyph .* missing from", UserWarning)
        picture.figure.savefig(buffer, format="png", dpi=DPI, metadata={"Software": None})
    return buffer.getvalue()


def page(picture: Picture, title: str, image: bytes) -> str:
    """Return one HTML figure: title, image with its words, and the data folded below; every text is escaped.

    The words stand in the page itself. As the metadata of an image output they reach neither JupyterLab's page nor
    nbconvert's.
    """
    source = f"data:image/png;base64,{base64.b64encode(image).decode('ascii')}"
    width = round(100 * float(picture.figure.get_figwidth()))
    image_tag = f'<img alt="{html.escape(picture.alt)}" src="{source}" width="{width}" style="max-width:100%">'
    table = ""
    if picture.table is not None:
        rows = picture.table.to_html(escape=True, border=0, float_format=number, na_rep="")
        table = f'<details><summary>{_("data")}</summary><div style="overflow-x:auto">{rows}</div></details>'
    return whole(f"<figure><figcaption><b>{html.escape(title)}</b></figcaption>{image_tag}{table}</figure>")


def show(picture: Picture, title: str, table: pd.DataFrame | None = None, alt: str = "") -> tuple[bytes, str]:
    """Display a picture under its title (the finding) as one output; return it as PNG, and its words.

    Args:
        table, alt: instead of the picture's own.
    """
    from IPython.display import display

    title, alt = whole(title), whole(alt or picture.alt)
    picture = replace(picture, alt=alt, table=picture.table if table is None else table)
    image = png(picture)
    data = {"text/html": page(picture, title, image), "text/plain": f"{title}\n{picture.alt}"}
    display(data, raw=True)
    return image, picture.alt
