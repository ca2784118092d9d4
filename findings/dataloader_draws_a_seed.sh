#!/usr/bin/env bash
# torch 2.13.0 (CPU): beginning to iterate a DataLoader draws one number from the global generator, even without workers and
# without shuffling (a seed for workers that do not exist). Guessed: nothing is drawn. Seen: dropout after `iter(loader)` is
# another one, so a training that restores its random state and then makes its loader anew is not the one that was interrupted,
# unless the interruption fell on an epoch's end. A generator of the loader's own leaves the global one alone.
# What the course does: labutils/training/step_batches.py gives the loader its own generator; tests/training/test_step_batches.py goes on from
# every checkpoint with dropout and compares weights bit for bit.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/env"
"$work/env/bin/pip" install --quiet "torch==2.13.0" "numpy==2.4.6" 2> "$work/log"
"$work/env/bin/python" - <<'PY'
import torch
from torch.utils.data import DataLoader


def moved(**options):
    torch.manual_seed(1)
    before = torch.get_rng_state()
    list(DataLoader([1, 2, 3], batch_size=1, shuffle=False, num_workers=0, **options))
    return not torch.equal(before, torch.get_rng_state())


assert moved(), "plain loader: the global generator has moved"
assert not moved(generator=torch.Generator()), "with its own generator it has not"
print("plain loader: global generator moved; with a generator of its own: not")
PY
