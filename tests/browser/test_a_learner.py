"""A learner's first hour in the browser: what opens, what runs, what is seen."""

import pytest

pytestmark = pytest.mark.slow


def test_labs_start_opens_the_first_lab_and_asks_nothing(learner):
    learner.page.goto(f"{learner.address}/?token={learner.token}")
    learner.page.wait_for_selector(".jp-Notebook h1")
    assert "Start here" in learner.page.inner_text(".jp-Notebook h1")
    learner.ready()
    learner.photograph("first-sight")
    assert not learner.page.locator(".jp-Dialog").count()
    assert not learner.page.locator(".Toastify__toast").count()


def test_lab_00_runs_whole_and_its_figures_have_words(learner):
    learner.open("00_start_here.ipynb")
    for name in learner.code_cells():
        learner.run(name)
    images = learner.page.locator(".jp-OutputArea figure img")
    assert images.count() >= 5
    assert all(len(images.nth(i).get_attribute("alt")) > 40 for i in range(images.count()))
    learner.photograph("lab-00-figure", "spread")


def test_a_question_is_answered_by_mouse_and_by_keyboard(learner):
    ask = 'lab.predict("{0}", "What comes?", ["nothing", "something"])\nlab.bet("{1}")'
    learner.make(
        "questions.ipynb",
        'from labutils.lab import Lab\nlab = Lab("01")',
        ask.format("mouse", "an-example-helps"),
        'lab.settle("mouse", "something")',
        ask.format("keyboard", "six-examples-add-little"),
        'lab.settle("keyboard", "something")',
    )
    learner.run("c0", "c1")
    learner.cell("c1").get_by_text("something", exact=True).last.click()
    assert "As you predicted" in learner.run("c2")
    learner.run("c3")
    learner.cell("c3").locator("input[type=radio]").first.focus()
    learner.page.keyboard.press("ArrowDown")
    assert "As you predicted" in learner.run("c4")
    learner.photograph("questions", "c3")


def test_an_exercise_says_what_is_wrong_and_then_that_it_is_right(learner):
    learner.make("exercise.ipynb", "from labutils.exercises import lab06 as ex", "...", "ex.q1.check(kind_of_answer)")
    head = "def kind_of_answer(said, right, labels, new_labels):\n    "
    learner.write("c1", head + 'return "right" if said == right else "voice"')
    wrong = learner.run("c0", "c1", "c2")
    learner.photograph("exercise-wrong", "c2")
    learner.write(
        "c1",
        head + "said = said.lower()\n    "
        'return "right" if said == right else "voice" if said in new_labels and said not in labels else "wrong"',
    )
    right = learner.run("c1", "c2")
    assert wrong and right and wrong != right


def test_a_training_is_interrupted_and_goes_on(learner):
    learner.make(
        "training.ipynb",
        "from labutils import ModelRunner\nrunner = ModelRunner('pocket-instruct')",
        "history = runner.train('opinions', examples=600, epochs=4, output_dir='runs/interrupted')",
        "print(history.log.step.max())",
    )
    learner.run("c0")
    learner.start("c1")
    learner.until("c1", "validation")  # an epoch is done
    learner.command("notebook:interrupt-kernel")
    learner.until("c1", "again")
    text = str(learner.outputs("c1"))
    learner.photograph("interrupted", "c1")
    assert "Traceback" not in text and "site-packages" not in text
    learner.ready()
    assert "goes on" in learner.run("c1") or "step" in learner.said("c1")
    assert int(float(learner.run("c2"))) > 0
    learner.photograph("resumed", "c1")
