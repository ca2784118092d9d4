"""Lab 01's judged exercises: each wrong answer has its own diagnosis, and no model is needed to know it."""

import pytest

from labutils.evaluation import behaviour as rule
from labutils.exercises import lab01

NONSENSE = "Green ideas sleep under seven quiet windows."
GOOD = "and when it sits, give a treat. Repeat it every day."


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (NONSENSE, "pair"),
        ((NONSENSE, 3), "pair"),
        (("Green ideas.", GOOD), "short"),
        (("Give your dog a treat when it sits.", GOOD), "sense"),
        (("and green ideas sleep under seven windows.", GOOD), "seen_through"),
        ((NONSENSE, "and it is a fine day. So we go home."), "useless"),
        ((NONSENSE, "sit and treat and sit and treat and sit and treat and sit and treat"), "stuck"),
        ((NONSENSE, "Hold a treat up. When the dog sits, give it."), "counted"),
        ((NONSENSE, GOOD), "passed"),
    ],
)
def test_fooling_the_rule_takes_nonsense_and_a_good_reply(answer, code):
    assert lab01.q1.check(answer).code == code


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        ("What is new?", "triple"),
        (("What is new?", "continues", "chats"), "behaviour"),
        ((rule.load_prompts()[0]["prompt"], "continues", "answers"), "not_new"),
        (("...", "continues", "answers"), "not_new"),
        (("Tell me how to bake bread.", "continues", "answers"), "passed"),
    ],
)
def test_a_prompt_of_ones_own_is_new_and_its_outputs_are_named(answer, code):
    assert lab01.q2.check(answer, lambda name, prompts: ["Mix flour and water."] * len(prompts)).code == code


def test_the_check_of_an_own_prompt_says_where_the_rule_differs():
    outputs = {"base": "and then we went home. It rained.", "tuned": "Mix flour and water."}
    check = lab01.q2.check(
        ("Tell me how to bake bread.", "continues", "declines"), lambda name, _prompts: [outputs[name]]
    )
    assert "1 of 2" in check.message
