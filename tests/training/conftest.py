"""A finished and an interrupted training, for the tests of what lies in a training's folder."""

import gc

import pytest

from labutils.models import fingerprint
from labutils.training import loop

from stopped import uneven_task
from toys import make_tiny_model, tune, word_tokenizer


@pytest.fixture(scope="module")
def few_objects():
    """What is there already is left out of each training's gc.collect(), which takes half of the time of so small a one."""
    gc.collect()
    gc.freeze()
    yield
    gc.unfreeze()


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """A finished training, and the same one interrupted after its first checkpoint: (fingerprint, finished, interrupted)."""
    base, step = tmp_path_factory.mktemp("whole"), loop.Loop.step
    history = tune(make_tiny_model(), word_tokenizer(), uneven_task(), base / "finished", epochs=3)

    def interrupt(self, *args):
        if self.progress.step == 13:  # six steps a pass: two checkpoints stand
            raise KeyboardInterrupt
        return step(self, *args)

    loop.Loop.step = interrupt
    try:
        with pytest.raises(KeyboardInterrupt):
            tune(make_tiny_model(), word_tokenizer(), uneven_task(), base / "interrupted", epochs=3)
    finally:
        loop.Loop.step = step
    return fingerprint(history.model), base / "finished", base / "interrupted"
