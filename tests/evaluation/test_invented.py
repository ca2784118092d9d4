"""labutils.evaluation.invented: what a summary names and its dialogue does not hold."""

import pytest

from labutils.evaluation.invented import unsupported_names

DIALOGUE = (
    "#Person1#: Good morning, Ms Okafor. A room for Li Wei, at half past two?\n"
    "#Person2#: Two hundred and twelve pounds for 3 nights, from the eighth of May. He flies in from China.\n"
    "#Person1#: I was born in nineteen eighty-two, and we paid $1,500 then. Call me at a quarter to nine."
)


def said(summary, **more):
    return unsupported_names(summary, DIALOGUE, **more)


@pytest.mark.parametrize(
    "summary",
    [
        "Ms. Okafor books a room for Li Wei in May.",
        "Okafor's guest, Wei, arrives at 2:30 and pays 212 pounds.",
        "The Chinese guest stays for 3 nights from May 8.",
        "#Person1# was born in 1982 and once paid 1500; #Person2# will ring at 8:45.",
        "She writes it down. Finally, both agree. Unsure of the price, they wait. Seeing that, the clerk sighs. Latecomer Wei waits.",
        "Asked twice, #Person2# names the price. Tired of waiting, #Person1# leaves.",
    ],
)
def test_what_the_dialogue_holds_is_not_reported(summary):
    assert said(summary) == []


@pytest.mark.parametrize(
    ("summary", "expected"),
    [
        ("Mr. Smith asks Okafor for a room.", ["Smith"]),
        ("Ahmed asks for a room.", ["Ahmed"]),
        ("James wants a room. Ming and Sue agree.", ["James", "Ming", "Sue"]),
        ("Hannah's room costs 213 pounds.", ["Hannah", "213"]),
        ("#Person3# arrives at 5:20.", ["#Person3#", "5:20"]),
        ("They fly to Paris in June.", ["Paris", "June"]),
        ("Rosa books for Rosa. Later Rosa cancels.", ["Rosa"]),
    ],
)
def test_what_it_does_not_hold_is_listed_once_in_order(summary, expected):
    assert said(summary) == expected


def test_ordinary_words_of_a_data_set_are_no_names():
    assert said("Fog hides the summit.") == ["Fog"]
    assert said("Fog hides the summit.", ordinary={"fog"}) == []
    assert said("They meet in Fog.", ordinary={"fog"}) == ["Fog"], "inside a sentence a capital still names"


def test_a_swapped_name_passes_since_only_words_are_looked_at():
    assert said("Li Wei books a room for Ms Okafor.") == []


@pytest.mark.parametrize("summary", ["", "...", "###", "#", "'s", "Ⅷ", "2", "A", "I"])
def test_odd_summaries_do_not_break_it(summary):
    assert said(summary) in ([], ["2"], ["Ⅷ"])
    unsupported_names("Tom", "")
