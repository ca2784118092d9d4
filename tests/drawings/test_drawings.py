"""labutils.drawings: each is seen whole, also with long texts, and its words say what is drawn."""

import pytest

from labutils import drawings
from labutils.errors import LabError
from labutils.pictures import page

import seen

LONG = "a sentence about kettles that goes on and on, $x$ and all, " * 4
LABS = [(f"{i:02}", title) for i, title in enumerate(["Start here", "Prompt, retrieve or fine-tune", "LoRA"] * 4)][:10]
PARTS = {"weights": 10.0, "gradients": 10.0, "optimizer": 20.0, "activations": 4.0}
CARDS = {"T4": 14.6, "L4": 22.0, "A100-40": 39.4}
CASES = {
    "right document": ("The pool opens at seven.", "at seven", True),
    "wrong document": (LONG, LONG, False),
    "no document": ("", "at nine", False),
}
GRID = {
    "full": {"base\n250 million": ("T4", 9.71), "xl\n3 billion": ("", 167.2)},
    "LoRA, 8-bit base, checkpointing": {"base\n250 million": ("T4", 2.0), "xl\n3 billion": ("A100-40", 31.0)},
}
MADE = {
    "cards": (drawings.cards, (GRID, list(CARDS)), "full: base"),
    "cards, long": (drawings.cards, ({LONG: {LONG: ("T4", 0.1)}}, ["T4"]), "T4 (0.1 GiB)"),
    "training step": (drawings.training_step, (), "gradient"),
    "training step, long texts": (drawings.training_step, ({LONG: 0.5, "b": 0.5, "c": 0.0, "d": 0.0}, LONG, LONG), LONG),
    "memory": (drawings.memory, ({"full": PARTS, "LoRA": PARTS | {"optimizer": 0.1}}, CARDS), "LoRA 24.1"),
    "memory, one card": (drawings.memory, ({LONG: PARTS}, {"T4": 1.0}), "optimizer 20.0"),
    "walk": (drawings.walk, (0.5,), "share 0.50"),
    "walk, its end": (drawings.walk, (1.0,), "share 1.00"),
    "primer": (drawings.primer, (), "0.67, 0.24, 0.09"),
    "shifted labels": (drawings.shifted_labels, (["▁a", "?"], ["▁b", "</s>"], 1), "reads <pad> ▁b </s> and"),
    "shifted labels, long": (drawings.shifted_labels, ([LONG] * 9, LONG.split(), 3), "-100 -100 -100"),
    "record": (
        drawings.record_way,
        ({"title": "Good", "stars": "5"}, [("", "Rate"), ("title", "Good")], [("stars", "5")]),
        "title: Good",
    ),
    "record, long": (drawings.record_way, ({"a": LONG, LONG: "b"}, [("a", LONG)], [(LONG, "b")]), LONG),
    "context": (drawings.context, ([90, 110, 95], 512, 70), "3 shots 365"),
    "context, too full": (drawings.context, ([200] * 5, 512, 300), "5 shots 1,300"),
    "context, no shot": (drawings.context, ([], 512, 1), "0 shots 1"),
    "low rank": (drawings.low_rank, (768, 768, 8), "12,288 numbers, 2.1%"),
    "low rank, small": (drawings.low_rank, (4, 4, 2), "16 numbers"),
    "low rank, wide": (drawings.low_rank, (1024, 11008, 1), "11,008"),
    "low rank, high": (drawings.low_rank, (32128, 512, 64), "32,128"),
    "two adapters": (drawings.two_adapters, ({"name": "Ada", "opinions": "positive"}, "Hm.", "Who?"), "opinions: positive"),
    "two adapters, long": (drawings.two_adapters, ({LONG: LONG, "b": LONG}, LONG, LONG), LONG),
    "shared words": (drawings.shared_words, ("Ann meets Ben.", "Ben met Ann at six."), "Shared words coloured: ann, ben"),
    "shared words, long": (drawings.shared_words, (LONG, LONG[:90]), "ROUGE-1"),
    "shared words, none": (drawings.shared_words, ("", "a"), "none"),
    "scale": (drawings.scale, ({"constant sentence": 0.23, "tuned": 0.26, "LEAD-3": 0.261, "people": 0.53},), "people 0.53"),
    "scale, long": (drawings.scale, ({f"{i}, {LONG}": 0.9 for i in range(8)},), "0.90"),
    "answers": (drawings.answers, (["right"] * 9, ["voice"] * 6 + ["wrong"] * 3), "new task's words 6"),
    "answers, many": (drawings.answers, (["right"] * 200, ["wrong"] * 200), "right 200"),
    "answers, one": (drawings.answers, (["right"], ["wrong"]), "right 1"),
    "documents": (drawings.documents, ("When does the pool open?", CASES), "at nine (wrong)"),
    "course": (drawings.course, (LABS, "03"), "You are in 03"),
    "course, begun": (drawings.course, (LABS[:3],), "02 LoRA"),
    "life cycle": (drawings.life_cycle, (), "evaluate"),
    "flan": (drawings.flan, (), "473 data sets, in 146 categories"),
}  # fmt: skip


@pytest.fixture(scope="module")
def pictures():
    return {name: function(*arguments) for name, (function, arguments, _said) in MADE.items()}


def test_every_drawing_is_made_here():
    assert {function.__name__ for function, _arguments, _said in MADE.values()} == set(drawings.__all__)


@pytest.mark.parametrize("name", MADE)
def test_a_drawing_is_seen_whole(pictures, name):
    """No text is cut, small, pale, out of its box or on another; no shape is too pale."""
    assert seen.faults(pictures[name]) == []


@pytest.mark.parametrize("name", MADE)
def test_the_alt_text_says_what_is_drawn(pictures, name):
    assert MADE[name][2] in pictures[name].alt


def texts(picture):
    return [text.get_text() for text in picture.axes[0].texts]


def test_a_drawing_is_as_wide_as_every_figure(pictures):
    assert int.from_bytes(page.png(pictures["flan"])[16:20], "big") == 1050


def test_the_loss_of_a_step_is_that_of_its_label():
    assert "loss of 0.69" in drawings.training_step({"yes": 0.5, "no": 0.5}, "yes").alt


def test_the_decoder_reads_each_label_one_place_later(pictures):
    """At the first place of padding it reads the end of the target."""
    table = drawings.shifted_labels(["▁a"], ["▁b", "▁c", "</s>"], 2).table
    assert table["label"].tolist() == ["▁b", "▁c", "</s>", "-100", "-100"]
    assert table["decoder reads"].tolist() == ["<pad>", "▁b", "▁c", "</s>", "<pad>"]


def test_without_padding_no_label_is_left_out():
    assert "-100" not in texts(drawings.shifted_labels(["▁a"], ["▁b", "</s>"], 0))


def test_a_field_keeps_its_colour_from_the_table_to_the_tokens():
    sheet = drawings.record_way(
        {"body": "kettle"}, [("body", "kettle")], [("", "good")], tokens=lambda text: [text]
    ).axes[0]
    edges = {
        patch.get_edgecolor()
        for text in sheet.texts
        if text.get_text() == "kettle"
        for patch in sheet.patches
        if patch.get_window_extent().contains(*sheet.transData.transform(text.get_position()))
    }
    assert len(edges) == 1


def test_the_matrices_are_to_scale():
    w, b, a = drawings.low_rank(512, 1024, 64).axes[0].patches
    size = {name: (patch.get_height(), patch.get_width()) for name, patch in (("w", w), ("b", b), ("a", a))}
    assert size["w"][0] / size["w"][1] == pytest.approx(0.5)
    assert size["b"] == pytest.approx((size["w"][0], size["w"][1] / 16))
    assert size["a"] == pytest.approx((size["w"][1] / 16, size["w"][1]))


def test_what_no_longer_fits_is_told():
    picture = drawings.context([300, 300], 512, 50)
    assert picture.table["left"].tolist() == [462, 162, -138] and "138 too many" in texts(picture)


def test_words_are_shared_as_rouge_counts_them():
    """Stems count, and a word no more often than the other text has it."""
    table = drawings.shared_words("the the cats meet", "The cat met the cat").table
    assert table["shared"].item() == 3  # the, the, cat
    assert table["ROUGE-1"].item() == pytest.approx(2 * 3 / (4 + 5))


def test_the_answers_stand_in_one_order_before_and_after():
    picture = drawings.answers(["right", "wrong"], ["voice", "right"])
    first, second, third, fourth = (patch.get_facecolor() for patch in picture.axes[0].patches[:4])
    assert first == fourth and len({first, second, third}) == 3
    assert picture.table.loc["after", "right"] == 1


@pytest.mark.parametrize(("before", "after"), [(["right"], []), ([], []), (["fine"], ["right"])])
def test_answers_of_another_kind_or_number_are_refused(before, after):
    with pytest.raises(LabError) as caught:
        drawings.answers(before, after)
    assert caught.value.code == "kind"


def test_the_memory_table_holds_the_sums():
    assert drawings.memory({"full": PARTS}, CARDS).table.loc["full", "sum"] == 44


def test_a_dot_stands_for_each_data_set_of_flan(pictures):
    assert sum(len(line.get_xdata()) for line in pictures["flan"].axes[0].get_lines()) == 473
