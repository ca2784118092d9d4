"""Rows of the corpus that are held out for measuring."""

from makers.pocket.recipe import rows
from makers.pocket.recipe.corpus import held_out, task_rows


def test_rows_held_out_are_in_no_training(corpus, chats):
    for (name, task), (train, test) in task_rows(corpus).items():
        assert test, (name, task)
        assert not {row["input"] for row in train} & {row["input"] for row in test}
    tests = [row["input"] for _, test in task_rows(corpus).values() for row in test]
    prompts = "\n".join(prompt for prompt, _, _ in rows.all_rows(corpus, chats, scale=0.02))
    assert not [text for text in tests if text in prompts]
    doubled = held_out([{"input": str(n % 50), "target": ""} for n in range(100)])
    assert (len(doubled[0]), len(doubled[1])) == (40, 10)
