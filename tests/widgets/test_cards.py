"""Lab 05's choice of a card: what takes less memory takes no larger one."""

from labutils.planning.planner import DEVICES
from labutils.widgets import which_card
from labutils.widgets.cards import on_card, smallest


def card_for(**changes):
    usual = {"size": "flan-t5-xl", "method": "lora", "r": 8, "bits": 32, "batch_size": 2, "tokens": (64, 16)}
    return smallest(lambda card: on_card(card, **(usual | changes)))


def test_fewer_bits_and_lora_take_no_larger_card():
    memory_of = {card.name: card.memory_gib for card in DEVICES.values()}
    four, all_bits, full = (card_for(**way) for way in ({"bits": 4}, {}, {"method": "full"}))
    assert memory_of[four.name] <= memory_of[all_bits.name] < memory_of[full.name]


def test_the_card_follows_size_rank_and_bits():
    panel = which_card(size="pocket", batch_size=2, tokens=(32, 8), sizes=("pocket", "flan-t5-small"))
    texts = [panel.text]
    for name, value in (("r", 64), ("bits", 4), ("size", "flan-t5-small")):
        panel.controls[name].value = value
        texts.append(panel.text)
    assert len(set(texts)) == 4 and all(name in texts[0] for name in DEVICES)
