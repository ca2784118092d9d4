"""The picture of the course is made of figures that the committed labs show."""

import pytest
from PIL import Image

from makers import collage

from toys import code_of


@pytest.mark.parametrize(("lab", "cell"), collage.PICKS.items())
def test_each_lab_shows_the_figure_that_is_picked(lab, cell):
    title, image = collage.figure(lab, cell)
    assert title and image.width > 500


def test_a_figure_that_is_not_there_is_named():
    assert code_of(collage.figure, "00", "no-such-cell") == "figure"


def test_panels_stand_in_rows():
    image = Image.new("RGB", (200, 100))
    sheet = collage.draw([("a long title that goes over more than one line of the panel", image)] * 4)
    assert len(sheet.axes) == 4 and sheet.get_figwidth() == collage.COLUMNS * collage.WIDTH
