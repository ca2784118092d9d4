"""Templates, rendering, few-shot prompts, the linter."""

import pickle

import datasets
import pytest

from labutils import prompts
from labutils.errors import LabError
from labutils.prompts import Template

from toys import code_of, word_tokenizer

TEMPLATE = Template("t", "summarize", "Summarize:\n{{ dialogue }}\nSummary:", "{{ summary }}")
RECORD = {
    "id": "train_1",
    "dialogue": "#Person1#: Hi.\n#Person2#: Hello <b>&</b>.",
    "summary": "They greet each other.",
}


def test_render_fills_in_text_as_it_is():
    prompt, target = prompts.render(TEMPLATE, RECORD)
    assert prompt == "Summarize:\n#Person1#: Hi.\n#Person2#: Hello <b>&</b>.\nSummary:"
    assert target == "They greet each other."


def test_a_record_without_the_target_renders_an_empty_one():
    assert prompts.render(TEMPLATE, {"dialogue": "x"}) == ("Summarize:\nx\nSummary:", "")


def test_a_missing_field_is_named():
    with pytest.raises(LabError) as caught:
        prompts.render(TEMPLATE, {"text": "x"})
    assert caught.value.code == "template_field"
    assert "dialogue" in str(caught.value) and "text" in str(caught.value)


@pytest.mark.parametrize(
    ("text", "code"),
    [("{{ dialogue", "template_syntax"), ("{{ 1 / 0 }}", "template"), ("{{ dialogue() }}", "template")],
)
def test_a_broken_template_is_the_learners_to_mend(text, code):
    broken = Template("mine", "summarize", text, "{{ summary }}")
    assert code_of(prompts.render, broken, RECORD) == code
    assert code_of(prompts.lint, broken, RECORD) == code
    assert code_of(prompts.render, Template("mine", "summarize", "{{ dialogue }}", text), RECORD) == code


def test_braces_in_a_record_are_not_templates():
    assert (
        prompts.render(TEMPLATE, {"dialogue": "{{ 7 * 7 }}", "summary": "s"})[0] == "Summarize:\n{{ 7 * 7 }}\nSummary:"
    )


def test_a_template_cannot_reach_into_python():
    evil = Template("e", "t", "{{ ''.__class__.__mro__ }}", "x")
    with pytest.raises(Exception, match="unsafe"):
        prompts.render(evil, {})


def test_every_shipped_template_file_is_whole():
    from labutils.machine import paths

    files = sorted((paths.data_dir() / "templates").glob("*.yaml"))
    assert files
    for path in files:
        templates = prompts.load_templates(path.stem)
        assert len(templates) >= 5, path
        assert len({t.id for t in templates}) == len(templates)
        assert len({t.prompt for t in templates}) == len(templates)
        assert all(t.provenance and t.fields for t in templates)


@pytest.mark.parametrize("content", ["", "- 1", "task: x\nprovenance: y\ntarget: z\ntemplates: [{id: a}]", "task: [x"])
def test_a_broken_template_file_is_named(tmp_path, content):
    (tmp_path / "x.yaml").write_text(content)
    with pytest.raises(LabError) as caught:
        prompts.load_templates("x", tmp_path)
    assert caught.value.code == "template_file"
    assert "x.yaml" in str(caught.value)


def test_an_unknown_task_lists_the_known():
    with pytest.raises(LabError) as caught:
        prompts.load_templates("summarise")
    assert caught.value.code == "template_task" and "summarize" in str(caught.value)


def test_few_shot_puts_solved_examples_first():
    shots = [{"id": f"train_{i}", "dialogue": f"d{i}", "summary": f"s{i}"} for i in (2, 3)]
    prompt, target = prompts.few_shot(TEMPLATE, shots, RECORD)
    assert prompt.index("d2") < prompt.index("s2") < prompt.index("d3") < prompt.index("s3") < prompt.index("#Person1#")
    assert prompt.endswith("Summary:") and target == RECORD["summary"]


@pytest.mark.parametrize("name", ["test_3", "dev_1", "validation_0", "hiddentest_9"])
def test_a_shot_from_a_held_out_split_is_refused(name):
    with pytest.raises(LabError) as caught:
        prompts.few_shot(TEMPLATE, [{"id": name, "dialogue": "d", "summary": "s"}], RECORD)
    assert caught.value.code == "shot_split" and name in str(caught.value)


def test_the_question_itself_is_no_shot():
    with pytest.raises(LabError) as caught:
        prompts.few_shot(TEMPLATE, [dict(RECORD, id="train_99")], RECORD)
    assert caught.value.code == "shot_split"


def test_shots_are_drawn_once_each_and_the_same_for_a_seed():
    rows = [{"id": f"train_{i}"} for i in range(10)]
    assert prompts.pick_shots(rows, 5, seed=1) == prompts.pick_shots(rows, 5, seed=1)
    assert len({row["id"] for row in prompts.pick_shots(rows, 10)}) == 10
    with pytest.raises(LabError):
        prompts.pick_shots(rows, 11)


def test_shots_come_from_no_held_out_split():
    """Ids of a learner's own file do not tell the split; the data set does."""
    columns = {"id": ["calls_1"], "text": ["x"]}
    assert prompts.pick_shots(datasets.Dataset.from_dict(columns, split="train"), 1)
    for name in ("validation", "test"):
        with pytest.raises(LabError) as caught:
            prompts.pick_shots(datasets.Dataset.from_dict(columns, split=name), 1)
        assert caught.value.code == "shot_split" and name in str(caught.value)


def codes(*args, **kwargs):
    return {finding.code for finding in prompts.lint(*args, **kwargs)}


def test_the_linter_finds_each_mistake():
    leak = Template("l", "t", "{{ dialogue }} {{ summary }}", "{{ summary }}")
    assert codes(TEMPLATE, RECORD) == set()
    assert codes(leak, RECORD) == {"target_leak"}
    assert codes(TEMPLATE, {"dialogue": "x"}) == {"missing_field"}
    assert codes(TEMPLATE, RECORD | {"summary": " "}) == {"no_target"}
    assert codes(TEMPLATE, RECORD, shots=[RECORD | {"id": "test_1", "dialogue": "other"}]) == {"shot_split"}
    long = RECORD | {"dialogue": "cat " * 50}
    assert codes(TEMPLATE, long, tokenizer=word_tokenizer(), max_tokens=40) == {"too_long"}


def test_tags_stand_around_the_instruction():
    assert prompts.with_tags("Do it.") == "[INST] Do it. [/INST]"


def parts(prompt):
    return [prompt[start:end] for start, end in prompt.parts]


def test_a_prompt_knows_its_longest_field():
    prompt, _target = prompts.render(TEMPLATE, RECORD)
    assert parts(prompt) == [RECORD["dialogue"]]
    assert parts(prompts.with_tags(prompt)) == [RECORD["dialogue"]] and prompts.with_tags("x") == "[INST] x [/INST]"
    assert parts(prompts.render(Template("t", "t", "{{ dialogue | upper }}", "x"), RECORD)[0]) == []
    assert pickle.loads(pickle.dumps(prompt)).parts == prompt.parts


def test_solved_examples_give_way_before_the_question():
    shots = [{"id": "train_2", "dialogue": "d2", "summary": "s2"}]
    prompt, _target = prompts.few_shot(TEMPLATE, shots, RECORD)
    shown, question = parts(prompt)
    assert "s2" in shown and shown + prompts.render(TEMPLATE, RECORD)[0] == prompt and question == RECORD["dialogue"]


@pytest.mark.parametrize("number", [-1, 1.5, None])
def test_a_number_of_shots_that_cannot_be_is_named(number):
    assert code_of(prompts.pick_shots, [{"id": "train_1"}], number) == "settings"
