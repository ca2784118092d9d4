"""The model's card: tables, verdicts and pictures from made-up figures; what was not measured shows nothing."""

import re
from xml.etree import ElementTree

import pytest

from makers.pocket.card import abilities, findings, frontier, losses, many, sections, targets, writing
from makers.pocket.card.tables import number, outer, signed


@pytest.mark.parametrize(
    ("value", "shown"),
    [(0.7341, ".734"), (-0.012, "-.012"), (1, "1.000"), (-0.0001, ".000"), (None, "-"), (-1, "-1.000")],
)
def test_numbers_of_both_signs(value, shown):
    assert number(value) == shown


def test_differences_show_their_sign_and_the_widest_of_the_seeds_intervals():
    assert signed(-0.0001) == "+0.000"
    assert outer([(0.1, -0.1, 0.2), (0.3, 0.2, 0.5)]) == "+0.200 [-0.100, +0.500]"


@pytest.mark.parametrize(
    ("lows_and_highs", "words"),
    [
        ([(0.1, 0.2), (0.1, 0.3)], "above in all 2 seeds"),
        ([(0.1, 0.2), (-0.1, 0.3)], "above in 1 of 2 seeds, not settled in 1"),
        ([(-0.2, -0.1), (0.1, 0.3)], "above in 1 of 2 seeds, below in 1 of 2 seeds"),
        ([(-0.2, 0.1)], "not settled in any seed"),
        ([(0.2, 0.3)], "above in the one seed"),
    ],
)
def test_a_verdict_counts_the_seeds_whose_interval_is_on_one_side(lows_and_highs, words):
    assert findings.in_seeds([(0, *pair) for pair in lows_and_highs], "above", "below") == words


def dialogues(rows, seed, score, over):
    return {"seed": seed, "examples": rows, "rows": rows, "score": score, "lead": 0.2695, "over_lead": over} | {
        "interval": [score, score - 0.01, score + 0.01],
        "before": [0.1, 0.09, 0.11],
        "constant": 0.25,
        "over_constant": over,
        "fit": over,
    }


def test_summaries_are_judged_by_the_paired_interval_of_each_seed():
    points = [dialogues(50, seed, 0.2, [-0.07, -0.1, -0.04]) for seed in (0, 1)]
    points += [dialogues(500, 0, 0.28, [0.01, -0.01, 0.03]), dialogues(500, 1, 0.3, [0.03, 0.01, 0.05])]
    text = sections.summaries(points)
    assert "| below in all 2 seeds |" in text
    assert text.endswith(
        "Before any: .100 [.090, .110]. After 500 dialogues: +0.020 [-0.010, +0.050] against LEAD-3: above it in 1 of 2 seeds, not settled in 1."
    )


def test_dialogsum_stands_beside_flan_and_its_command_names_the_folder():
    points = [dialogues(1000, seed, 0.28, [0.01, -0.01, 0.03]) for seed in (0, 1)]
    text = sections.dialogsum(points)
    assert "has 0.2333 there" in text and "the interval above 0.2333 in all 2 seeds" in text
    facts = {"seeds": [0], "core_seconds": 7.0, "machine": "m", "date": "d", "command": "run"}
    assert "`DIALOGSUM_DIR=<folder> run`" in sections.provenance("dialogsum", facts)
    assert "`run`" in sections.provenance("curve", facts)


def test_the_cost_of_an_unseen_phrasing_is_compared_seed_by_seed():
    costs = {1: (0.3, 0.2), 4: (0.1, 0.1)}
    points = [
        {"seed": seed, "number": n, "seen": [0.6, 0.5, 0.7], "unseen": [0.4, 0.3, 0.5], "cost": [cost, -0.1, 0.4]}
        for n, pair in costs.items()
        for seed, cost in enumerate(pair)
    ]
    assert "costs +0.150 [+0.100, +0.200] more than after the most" in sections.phrasing(points)


def trained(way, rate, seed, gain, forgetting, new=0.5):
    """A training as phenomena.py writes it, of the ways or of the curve."""
    return {
        "seed": seed,
        "way": way,
        "method": way,
        "examples": int(rate * 1e6),
        "learning_rate": rate,
        "validation": gain,
        "gain": gain,
        "gain_interval": [gain - 0.1, gain + 0.1],
        "forgetting": forgetting,
        "forgetting_interval": [forgetting - 0.1, forgetting + 0.1],
        "before": {"topic": 0.7, "intent": 0.5},
        "after": {"topic": 0.7 - forgetting, "intent": 0.5 - forgetting},
        "kinds": {name: {"new task's": new, "invalid": 0.1, "wrong": 0.0} for name in ("topic", "intent")},
        "interval": [gain, gain - 0.1, gain + 0.1],
        "likelihood_interval": [gain, gain - 0.1, gain + 0.1],
        "majority": 0.4,
        "over_majority": [gain - 0.4, gain - 0.5, gain - 0.3],
    }


@pytest.fixture
def ways():
    points = [trained("full", 1e-3, seed, 0.6, 0.5 + seed / 10) for seed in (0, 1)]
    points += [trained("full", 1e-4, seed, 0.3, 0.02) for seed in (0, 1)]
    points += [trained("LoRA", 3e-3, seed, 0.6, 0.1 + seed / 10) for seed in (0, 1)]
    return points + [trained("LoRA", 3e-4, seed, 0.2, 0.05) for seed in (0, 1)]


def test_the_frontier_is_named_and_drawn(ways, tmp_path):
    assert frontier.unbeaten(ways) == [("full", 1e-4), ("LoRA", 3e-3)]
    text = losses.ways(ways)
    assert text.count("| yes |") == 2 and "both mean gain and mean forgetting: full at 0.0001, LoRA at 0.003." in text
    frontier.write(ways, tmp_path)
    before = (tmp_path / frontier.PICTURE).read_bytes()
    frontier.write(ways, tmp_path)
    assert (tmp_path / frontier.PICTURE).read_bytes() == before and len(before) < 60_000
    assert ElementTree.fromstring(before).tag.endswith("svg")
    [alt] = re.findall(r"!\[(.*)\]\(frontier\.svg\)", text)
    assert "full 0.001 gains .600, forgets .550; LoRA 0.003 gains .600, forgets .150" in alt


def test_ways_are_compared_at_equal_gain_seed_by_seed(ways):
    words = losses.ways_words(ways)
    assert "At a gain of +0.600, the largest that every way reaches with every seed" in words
    assert "full forgets +0.550 [+0.500, +0.600] (lowest, highest seed).\n" in words
    assert "LoRA forgets +0.150 [+0.100, +0.200] (lowest, highest seed); less than full" in words
    assert "with every seed (-0.400 [-0.400, -0.400])" in words
    worse = [point | {"forgetting": 0.55} if point["way"] == "LoRA" else point for point in ways]
    assert "; not settled (+0.000 [-0.050, +0.050])" in losses.ways_words(worse)
    weak = [point | {"gain": 0.45} if point["way"] == "LoRA" else point for point in ways]
    assert "full forgets +0.285 [+0.260, +0.310]" in losses.ways_words(weak)  # half the way between its two rates


def test_losses_are_divided_by_old_task_at_the_chosen_rate(ways):
    table = losses.ways(ways).split("\n\n")[-1]
    assert "| full | 0.001 | topic | .700 | .150 | +0.550 [+0.500, +0.600] | .500 | .100 | .000 |" in table
    assert "0.0001" not in table and table.count("\n") == 5


def test_the_curve_says_from_where_on_it_beats_the_majority_answer():
    gains = {50e-6: (0.6, 0.3), 100e-6: (0.6, 0.3), 250e-6: (0.6, 0.6), 500e-6: (0.7, 0.7)}
    points = [trained("full", rate, seed, g, 0.3) for rate, pair in gains.items() for seed, g in enumerate(pair)]
    words = losses.curve_words(points)
    assert "with every seed from 250 opinions on" in words and "of all answers to them 50% are the new task's" in words
    assert "the old tasks lose +0.300 [+0.200, +0.400] on average (a loss in all 2 seeds)" in words
    assert "at no size from which it stays so" in losses.curve_words(points[:4])
    assert losses.curve(points).count("\n| full |") == 12


# --- both models ---------------------------------------------------------------------------------------------------
def asked(score, over, verdict):
    return {"score": [score, score - 0.1, score + 0.1], "over_majority": over, "verdict": verdict}


@pytest.fixture
def results():
    """As results.json, of few tasks."""
    better, tied = asked(0.6, [0.5, 0.4, 0.6], "better"), asked(0.1, [0.0, -0.1, 0.1], "too_few")
    against = {"topic": {"generated": better, "likelihood": better}, "code": {"generated": tied}}
    return {
        "taught": ["code", "topic"],
        "suite": {"majority": {"topic": 0.1, "slots": 0.0}, "instruct": {"topic": 0.9, "slots": 0.64}},
        "suite_rows": {"topic": 300, "slots": 300},
        "suite_intervals": {"instruct": {"slots": [0.64, 0.6, 0.68]}},
        "shipped": {"majority": {"topic": [0.1, 0.05, 0.15]}, "instruct": {"topic": [0.6, 0.5, 0.7]}},
        "against": {"base": against, "instruct": against | {"grammar": {"generated": tied}}},
        "manners": {
            "questions": {
                "rows": 30,
                "replies": {"base": [0, 0, 0.1], "instruct": [0.7, 0.6, 0.8]},
                "continues": {"base": [0.7, 0.6, 0.8], "instruct": [0.1, 0, 0.2]},
                "replies_more": [0.7, 0.6, 0.8],
                "verdict": "better",
            },
            "unfinished": {"rows": 60, "goes_on": {"base": [0.7, 0.6, 0.8], "instruct": [0.5, 0.4, 0.6]}},
            "name": {"What is your name?": {"base": "a | b\n{date}", "instruct": "My name is Pocket."}},
        },
        "hardware": {"cpu": "c", "cores": 2, "threads": 2, "accelerator": None},
        "making": {"base": {"elapsed": 3600.0}, "instruct": {"elapsed": 1800.0}},
    }


def test_accuracies_and_pairs_have_intervals(results):
    table = abilities.score_table(results)
    assert "| topic | 300 | accuracy | .100 [.071, .139] | - | .900 [.861, .929] |" in table
    assert "| slots | 300 | F1 of pairs | .000 | - | .640 [.600, .680] |" in table


def test_every_taught_task_is_said_to_be_above_the_most_frequent_answer_or_not(results):
    lines = abilities.verdict_lines(results).splitlines()
    assert lines[0].endswith("on topic; not shown to be on code (+0.000 [-0.100, +0.100]).")
    assert lines[1].startswith("- Others, written") and "on none; not shown to be on grammar" in lines[1]
    assert lines[2].endswith(
        "by likelihood over the labels: instruct is better than the most frequent answer (paired, 95 %) on topic."
    )
    assert (
        "| topic | .100 [.050, .150] | .600 [.500, .700] | .600 [.500, .700] | +0.500 ["
        in abilities.likelihood_table(results)
    )


def test_manners_show_what_was_written_as_text(results):
    text = abilities.manners_text(results)
    assert "| asked for its name | What is your name? | a / b {date} | My name is Pocket. |" in text
    assert "Instruct replies more often than base: +0.700 [+0.600, +0.800]" in text
    assert text.endswith("base gives it to 0 of 1 prompts, instruct gives it to 1 of 1 prompts.")


def test_what_was_not_measured_shows_nothing(results):
    for part in ("against", "manners", "suite_intervals", "shipped"):
        del results[part]
    assert abilities.likelihood_table(results) == abilities.verdict_lines(results) == ""
    assert abilities.manners_text(results) == "" and "| .640 |" in abilities.score_table(results)
    assert "not yet run" in abilities.trial_lines(results)
    assert sum(line.endswith("| - | - |") for line in targets.text(results, {}).splitlines()) == 16


def test_energy_is_an_estimate_that_says_so(results):
    text = writing.energy(results, {"curve": {"core_seconds": 14400.0}})
    assert "- base and instruct: 3.0 core-hours, an estimated 15 to 45 Wh" in text
    assert "- what the labs show: 4.0 core-hours, an estimated 20 to 60 Wh" in text
    assert "5 to 15 W a busy core are assumed" in text
    results["hardware"]["accelerator"] = "a GPU"
    assert (
        "Wh" not in writing.energy(results, {})
        and writing.energy(results | {"making": {}}, {}) == "Time spent: not recorded."
    )


@pytest.mark.parametrize(("value", "lows", "word"), [
    (0.06, (0.1, 0.1), "reached"), (0.06, (0.1, -0.1), "missed (above 0 in 1 of 2 seeds)"),
    (0.04, (0.1, 0.1), "missed (above 0 in all 2 seeds)"),
])  # fmt: skip
def test_an_aim_over_a_bound_is_reached_by_its_mean_and_the_interval_of_every_seed(results, value, lows, word):
    points = [dialogues(1000, seed, 0.28, [value, low, 0.3]) for seed, low in enumerate(lows)]
    rows = targets.rows_of(results, {"summaries": {"points": points}})
    assert [row[1:] for row in rows if "1,000 shipped" in row[0]] == [(".050", f"{value:.3f}"[1:], word)] * 2


def test_the_folder_of_trainings_has_a_card(monkeypatch, tmp_path):
    facts = {"seeds": [0], "core_seconds": 7.0, "machine": "m", "date": "d", "command": "run", "points": [{}]}
    monkeypatch.setattr(sections, "current_parts", lambda folder, weights: {"curve": facts})
    monkeypatch.setattr(sections, "progress", lambda part, facts: (1, 30))
    assert "| 1 | 30 | Seeds 0; 7 core-seconds on m, d: `run`. |" in sections.folder_card(tmp_path, "")


def task_point(seed, trained, names, held_out, scores):
    rows = dict.fromkeys(names, 400 // len(names))
    spans = {name: [score, score - 0.1, score + 0.1] for name, score in zip(names, scores, strict=True)}
    return {"seed": seed, "trained": trained, "tasks": list(names), "rows": rows, "offered": held_out} | {
        "held_out": [held_out, 0.0, 1.0], "scores": spans,
    }  # fmt: skip


def test_a_task_among_four_is_held_against_the_same_task_alone():
    points = [task_point(0, "one", ("topic",), 0.0, (0.5,)), task_point(1, "one", ("intent",), 0.1, (0.3,))]
    points += [task_point(0, "four", ("topic", "intent"), 0.2, (0.4, 0.1))]
    points += [task_point(1, "four", ("intent", "topic"), 0.2, (0.3, 0.1))]
    assert many.in_company(points) == pytest.approx([-0.1, 0.0])
    text = many.tasks(points)
    assert "| four | 400 |" in text and "on the held-out task: +0.150 [+0.100, +0.200]" in text
    assert text.endswith("with as many examples in all: -0.050 [-0.100, +0.000].")


def test_own_chats_are_held_against_as_many_everyday_ones():
    values = {"none": 0.3, "everyday": 0.4, "own": 0.6}
    points = [
        {"seed": seed, "second": second, "values": {
            "everyday": {"rouge1": [0.3, 0.5]}, "support": {"rouge1": [score, score + 0.1 * seed], "action": [0, 1]},
        }}
        for seed in (0, 1) for second, score in values.items()
    ]  # fmt: skip
    text = many.support(points)
    assert "| own | support | .625 [.600, .650] | - | .500 [.500, .500] |" in text
    assert text.endswith("ROUGE-1 on support chats: +0.200 [+0.200, +0.200] (lowest, highest seed).")
    mixed = [{"seed": 0, "mixing": "cap", "rows": {"a": 2, "b": 1}, "scores": {"a": [0.2, 0, 1], "b": [0.4, 0, 1]}}]
    assert "| cap | a 2, b 1 | .200 [.000, 1.000] | .400 [.000, 1.000] | .300 [.300, .300] |" in many.mixing(mixed)
