"""`python -m makers.teaching`: fill the tables of TEACHING.md with the ranges that the project has stored.

A lab's table stands between two markers: what its last build recorded (data/results), then what is stored of its trainings
(data/trainings), from the lowest seed to the highest. A lab of which no build is stored gets no table.
"""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from labutils.notebooks import lesson
from labutils.regression import trainings

TARGET = Path(__file__).parents[1] / "TEACHING.md"
MARKERS = re.compile(r"(<!-- ranges (?P<lab>\d\d) -->\n).*?(<!-- end (?P=lab) -->)", re.DOTALL)
HEAD = "| number | expected | rests on |\n|---|---|---|\n"
COUNT = "number of"  # words that begin so tell of a count

# What a teacher is shown beside a lab's own key numbers; a number that the last build did not record is left out.
WORDS: dict[str, dict[str, str]] = {
    "00": {
        "known_after": "number of the 6 new ways to ask that get your name",
        "leaked_before": "number of the 16 other questions that get it, before",
        "leaked_after": "number of the 16 other questions that get it, after",
    },
    "01": {
        "continues_difference": "share of prompts gone on with, tuned minus base",
        "made_3_shots_against_no_shots_difference": "accuracy on made-up tasks, three shots minus none",
        "made_3_shots_against_blind_difference": "accuracy on made-up tasks, three shots minus blind copying",
        "topic_3_shots_against_no_shots_difference": "accuracy on topic, three shots minus none",
        "topic_3_shots_against_plain_text_difference": "accuracy on topic, three shots minus plain text",
        "copied_with_shots": "share of topic answers that stand in a shot",
        "topic_reworded": "accuracy on topic in new words, no shots",
        "opinions_zero_shot": "accuracy on opinions, never trained",
        "opinions_floor": "floor of opinions",
    },
    "02": {
        "mask_left_out": "accuracy without the mask, at the widest padding",
        "mask_kept": "accuracy with the mask",
        "topic_floor": "floor of topic",
        "leak_shown": "accuracy trained and asked with the leak",
        "leak_honest": "accuracy trained with the leak, asked without it",
        "leak_control": "accuracy trained and asked without the leak",
        "labels_loss": "loss where labels are padded without -100",
        "labels_loss_sound": "loss where they are padded with -100",
        "twins_lift": "accuracy that twins in the test set add",
    },
    "03": {
        "accuracy_after": "accuracy on opinions after 200 of them",
        "accuracy_before": "accuracy before",
        "accuracy_floor": "floor of opinions",
        "opinions_after_minus_before_difference": "accuracy, after minus before",
        "praise_after": "probability of 'negative' for the praise after one step",
        "tuned_rouge1": "ROUGE-1 of the tuned summaries",
        "before_rouge1": "ROUGE-1 before",
        "constant_rouge1": "ROUGE-1 of one constant sentence",
        "human_rouge1": "ROUGE-1 of people",
        "own_minus_swapped_difference": "ROUGE-2, own references minus another dialogue's",
    },
    "04": {
        "tuned_rouge1": "ROUGE-1 of the tuned summaries",
        "constant_rouge1": "ROUGE-1 of one constant sentence",
        "ten_wrong": "share of ten-row draws that name the wrong model",
        "ten_settled": "share of ten-row draws that settle it",
        "protocol_spread": "ROUGE-1, highest minus lowest of four protocols",
        "tuned_minus_before_difference": "ROUGE-1, tuned minus before",
        "tuned_minus_lead_difference": "ROUGE-1, tuned minus LEAD-3",
        "beams_minus_tuned_difference": "ROUGE-1, two beams minus none",
        "swapped_rouge1_change": "ROUGE-1 change by swapped names",
        "negated_rouge1": "ROUGE-1 of a negated copy",
        "other_person_rouge1": "ROUGE-1 of another person's true summary",
    },
    "05": {
        "lora_share": "numbers that LoRA trains, beside the model's",
        "full_minus_lora_difference": "accuracy on opinions, full minus LoRA",
        "file_lora_mib": "MiB of LoRA's file",
        "file_full_mib": "MiB of the full model's file",
        "accuracy_full": "accuracy on opinions, full",
        "accuracy_lora": "accuracy on opinions, LoRA",
        "accuracy_floor": "floor of opinions",
        "lora_minus_floor_difference": "accuracy on opinions, LoRA minus floor",
        "toy_left_rank_1": "distance that rank 1 is left with in the toy",
        "lora_memory_saved_share": "share of the peak memory that LoRA saves",
        "lora_speed_ratio": "LoRA's steps for one of full",
        "in_place_changed_answers": "number of 40 answers that the 'original' changed",
    },
    "06": {
        "old_tasks_after_minus_before_difference": "mean of the old tasks, after minus before",
        "new_before": "accuracy on the new task before",
        "new_after": "accuracy on the new task after",
        "new_floor": "floor of the new task",
        "wrong_answers_of_new_task_share": "share of wrong answers that are the new task's words",
        "knowledge_left": "share left above a blind choice, by likelihood",
        "walk_share": "share of the way that the rule of exercise 2 chooses",
        "walk_gain_kept": "share of the gain that the walk keeps",
        "walk_loss_undone": "share of the loss that the walk undoes",
        "rehearsal_loss_avoided": "share of the loss that 60 old rows avoid",
    },
    "07": {
        "unseen_phrasing_many_minus_one_difference": "accuracy in unseen words, many phrasings minus one",
        "one_seen": "accuracy after one phrasing, in its words",
        "one_unseen": "accuracy after one phrasing, in unseen words",
        "many_unseen": "accuracy after many phrasings, in unseen words",
        "floor": "floor of opinions",
        "held_out_shipped": "accuracy of the shipped model on opinions, never trained",
        "held_out_shipped_offered": "share of its answers that are words on offer",
    },
    "08": {
        "right_document": "accuracy with the right document",
        "first_amount_of_the_right_document": "floor: the document's first amount",
        "retrieved": "accuracy with the document that the search finds",
        "retrieval_miss_share": "share of questions where the search misses",
        "most_documents_minus_one_document_difference": "accuracy, most documents minus one",
        "learned_facts": "accuracy by heart, learned facts in other words",
        "never_asked_facts": "accuracy by heart, facts never asked",
        "corrected_fact_share": "share of corrected facts right in other words",
        "corrected_in_the_trainings_words": "share of corrected facts right in the training's words",
        "invented_by_heart": "share of invented answers, by heart",
        "invented_retrieved": "share of invented answers, with retrieval",
    },
    "09": {
        "gradients_and_optimizer_to_weights_ratio": "gradients and optimizer beside the weights, AdamW",
        "lora_ratio": "gradients and optimizer beside the weights, LoRA",
        "checkpointing_memory_ratio": "peak memory with checkpointing, beside without",
        "checkpointing_time_ratio": "time of a step with checkpointing, beside without",
        "trap_mean_of_means": "distance of the mean of means from the whole batch's gradient",
        "trap_right": "distance of the right way from the whole batch's gradient",
        "doubled_batch_largest_difference": "largest difference of a loss, batch doubled",
        "weights_alone_distance": "distance when the weights alone were kept",
    },
}


def figure(value: float, words: str = "") -> str:
    """Return a number with two decimals, a small one with its first digit, a count with none."""
    if words.startswith(COUNT):
        return f"{value:.0f}"
    return f"{value:.2f}" if abs(value) >= 0.005 else f"{value:.1g}" if value else "0.00"


def span(low: float, high: float) -> str:
    """Return a range."""
    return f"{figure(low)} to {figure(high)}"


def row(words: str, value: str, rests_on: str) -> str:
    """Return a line of a table."""
    return f"| {words} | {value} | {rests_on} |\n"


def of_the_build(lab: str, results: Mapping) -> Iterator[str]:
    """Yield a row for each key number of a lab's last build, and each number that WORDS names."""
    words, numbers, seed = WORDS.get(lab, {}), results["numbers"], f"seed {results['seed']}"
    for name in dict.fromkeys((*results["key_numbers"], *words)):
        if name in numbers:
            said = words.get(name, name.replace("_", " "))
            interval = numbers.get(f"{name}_interval")
            within = f", interval {span(*interval)}" if interval else ""
            yield row(said, figure(numbers[name], said) + within, seed)


def of_the_trainings(lab: str) -> Iterator[str]:
    """Yield a row for each reading of a lab's stored trainings, from the lowest seed to the highest."""
    for words, of_seed in trainings.readings(lab).items():
        if len(of_seed) > 1:
            values = [value for _words, value, _interval in of_seed.values()]
            yield row(words, span(min(values), max(values)), f"seeds {', '.join(map(str, sorted(of_seed)))}")
        else:
            [(seed, (_words, value, interval))] = of_seed.items()
            within = f", interval {span(*interval)}" if interval else ""
            yield row(words, figure(value) + within, f"seed {seed}")


def table(lab: str) -> str:
    """Return a lab's table with the sentence above it; nothing where no build of it is stored."""
    results = lesson.stored(lab)
    if not results:
        return ""
    told = f"Profile {results['profile']}; at the last build all cells took {results['seconds'] / 60:.0f} minutes.\n\n"
    return told + HEAD + "".join((*of_the_build(lab, results), *of_the_trainings(lab)))


def filled(text: str) -> str:
    """Return the guide's text with each table as it is now."""
    return MARKERS.sub(lambda place: place[1] + table(place["lab"]) + place[3], text)


def main() -> None:
    """Write the tables into TEACHING.md."""
    TARGET.write_text(filled(TARGET.read_text(encoding="utf-8")), encoding="utf-8")


if __name__ == "__main__":
    main()
