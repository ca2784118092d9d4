"""A training stopped after any of its checkpoints ends with the weights of one that was not, on two processes too."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from labutils import launch

ROOT = Path(__file__).parents[2]
# Each checkpoint's moment is kept as a copy of the whole folder, as a kill would leave it; then each copy is gone on from.
WORKER = """
import json, shutil, sys
from pathlib import Path
sys.path.insert(0, "tests")
from labutils.machine import processes
from labutils.models import fingerprint
from labutils.training import run
from stopped import uneven_task
from toys import make_tiny_model, tune, word_tokenizer

place = Path(sys.argv[1])
prune, copies = run.Training._prune, []

def prune_and_copy(self, folder, mark):
    prune(self, folder, mark)
    if folder.name == "whole":
        copies.append(folder.with_name(f"stopped-{len(copies)}"))
        shutil.copytree(folder, copies[-1], ignore=shutil.ignore_patterns("*.lock*"))

def train(folder):
    history = tune(make_tiny_model(), word_tokenizer(), uneven_task(), folder, epochs=3, dropout=0.1, saves_per_epoch=2,
                   gradient_accumulation=GRADIENT)
    return fingerprint(history.model), history.resumed_from

run.Training._prune = prune_and_copy
results = [train(place / "whole")]
for number in range(processes.on_main(len, copies)):
    results.append(train(place / f"stopped-{number}"))
if processes.is_main():
    print("RESULTS", json.dumps(results))
processes.leave()
"""


@pytest.mark.slow
@pytest.mark.parametrize(("config", "accumulation"), [(None, 2), ("cpu-2", 1), ("cpu-2", 2)])
def test_whichever_checkpoint_a_training_is_stopped_after(tmp_path, config, accumulation):
    """On two processes, stopped after the fourth or fifth of six, the order of the examples was another one."""
    (tmp_path / "worker.py").write_text(WORKER.replace("GRADIENT", str(accumulation)), encoding="utf-8")
    launcher = launch.launcher(config) if config else []
    command = [sys.executable, *launcher, str(tmp_path / "worker.py"), str(tmp_path)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=900, check=False)
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    [line] = [line for line in done.stdout.splitlines() if line.startswith("RESULTS")]
    [[weights, nothing], *others] = json.loads(line.removeprefix("RESULTS"))
    assert nothing is None and len(others) == 6
    assert others == [[weights, f"checkpoint-{steps}"] for steps in (3, 6, 9, 12, 15, 18)]
