"""A learner's way in the browser: what opens, questions, exercises, a training that is interrupted and goes on."""

import pytest

from learner import Keyboard, Mouse

pytestmark = pytest.mark.slow

LAB = 'from labutils.lab import Lab\nlab = Lab("01")'
ASK = 'lab.predict("q", "What comes?", ["nothing", "something"])\nlab.bet("an-example-helps")'
ANEW = 'lab.predictions.entries.pop("q", None)'  # settled by an earlier test, it is not asked again
SETTLE = 'lab.settle("q", "something")\nlab.bets.entries["an-example-helps"]["confidence"]'


def test_labs_start_opens_the_first_lab_and_asks_nothing(learner):
    learner.page.goto(f"{learner.address}/?token={learner.token}")
    learner.page.wait_for_selector(".jp-Notebook h1")
    assert "Start here" in learner.page.inner_text(".jp-Notebook h1")
    learner.ready()
    learner.photograph("first-sight")
    assert not learner.page.locator(".jp-Dialog").count()
    assert not learner.page.locator(".Toastify__toast").count()


@pytest.mark.parametrize("hand", [Mouse, Keyboard])
def test_a_question_is_answered_and_a_bet_is_placed(learner, hand):
    learner.make("questions.ipynb", LAB, ANEW, ASK, SETTLE)
    learner.run("c0", "c1", "c2")
    hand = hand(learner, "c2")
    hand.press("input[type=radio] >> nth=1")
    hand.slide(".widget-slider")
    learner.page.wait_for_function(
        "node => node.innerText === '100'", arg=hand.cell.locator(".widget-readout").element_handle()
    )
    learner.photograph(f"question-{type(hand).__name__.lower()}", "c2")
    told = learner.run("c3")
    assert "As you predicted: something." in told and told.endswith("100")


def test_the_tabulator_goes_from_one_answer_to_the_next(learner):
    learner.make("tabulator.ipynb", LAB, ANEW, ASK)
    learner.run("c0", "c1", "c2")
    first, second = (learner.cell("c2").locator(f"input[type=radio] >> nth={i}") for i in (0, 1))
    hands = Keyboard(learner, "c2")
    hands.at("input[type=radio]")
    learner.page.keyboard.press("Tab")
    hands.until_focused(second)
    learner.page.keyboard.press("Space")
    assert second.is_checked() and not first.is_checked()


def test_an_exercise_names_the_mistake_and_then_says_that_it_is_right(learner):
    learner.make("exercise.ipynb", "from labutils.exercises import lab06 as ex", "...", "ex.q1.check(kind_of_answer)")
    head = "def kind_of_answer(said, right, labels, new_labels):\n    "
    learner.write("c1", head + "...")
    assert "not attempted yet" in learner.run("c0", "c1", "c2")
    learner.write(
        "c1",
        head + "said = said.lower()\n    "
        'return "right" if said == right else "voice" if said in new_labels else "wrong"',
    )
    assert "a label that both tasks know is an answer of the old task" in learner.run("c1", "c2")
    learner.photograph("exercise-wrong", "c2")
    learner.write(
        "c1",
        head + "said = said.lower()\n    "
        'return "right" if said == right else "voice" if said in new_labels and said not in labels else "wrong"',
    )
    assert learner.run("c1", "c2").startswith("right: ")
    learner.photograph("exercise-right", "c2")


def test_lab_03s_training_is_interrupted_and_goes_on(learner):
    learner.lab("03", profile="pocket", first_examples=48, test_examples=12)
    learner.run("parameters", "setup")
    learner.write("setup", "import shutil\nshutil.rmtree(lab.folder / 'opinions', ignore_errors=True)")
    learner.run("setup")
    learner.start("three-lines")
    learner.until("three-lines", "epoch 2.00, step 6 of 18")  # the first checkpoint is whole
    learner.command("notebook:interrupt-kernel")
    learner.until_idle()
    learner.until("three-lines", "Interrupted. Run this cell again")
    told = learner.said("three-lines")
    assert "interrupted after step" in told and "site-packages" not in str(learner.outputs("three-lines"))
    assert "epoch 6.00" not in told, "the training was over before it could be interrupted"
    learner.photograph("interrupted", "three-lines")
    told = learner.run("three-lines")
    assert "going on from checkpoint-" in told and "epoch 1.00" not in told and "epoch 6.00, step 18 of 18" in told
    learner.photograph("resumed", "three-lines")
    learner.write("three-lines", "print(history.resumed_from, int(history.log.step.max()), history.examples)")
    resumed, steps, _examples = learner.run("three-lines").split()
    assert resumed.startswith("checkpoint-") and steps == "18"
