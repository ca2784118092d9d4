#!/usr/bin/env bash
# torch 2.13.0 on a CPU with bf16 of its own (AVX512-BF16, AMX): oneDNN makes a program for each new shape of a product.
# Guessed: only the size of a product counts, not whether its lengths were met before. Seen (ONEDNN_VERBOSE=profile): 48 lengths
# met twice make 48 programs, of 3 ms and 0.8 MiB each for a training's shapes; with room for 32, which goes by number and drops
# the oldest, 96. Lengths in multiples of 16: 3. In fp32: none.
# What the course does: trainings in bf16 on a CPU pad lengths to multiples of 16 and 8, and prompts to 32, with room for 128
# (labutils/batches.py, multiples; tests/test_batches.py); short texts are trained in two thirds of the time.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet torch==2.13.0 numpy==2.4.6
cat > "$folder/try.py" <<'PYTHON'
import os
import subprocess
import sys

import torch

if len(sys.argv) == 1:
    if not torch.cpu._is_avx512_bf16_supported():
        sys.exit("this CPU has no bf16 of its own: nothing to be seen here")

    def made(kind, multiple, room):
        env = os.environ | {"ONEDNN_VERBOSE": "profile", "ONEDNN_PRIMITIVE_CACHE_CAPACITY": room, "LRU_CACHE_CAPACITY": room}
        out = subprocess.run([sys.executable, __file__, kind, multiple], env=env, capture_output=True, text=True, check=True)
        return sum("create:cache_miss" in line and ",matmul," in line for line in out.stdout.splitlines())

    seen = {
        "bf16, 48 lengths twice, room for 64": made("bfloat16", "1", "64"),
        "bf16, 48 lengths twice, room for 32": made("bfloat16", "1", "32"),
        "bf16, lengths in multiples of 16, room for 32": made("bfloat16", "16", "32"),
        "fp32, 48 lengths twice, room for 64": made("float32", "1", "64"),
    }
    for name, number in seen.items():
        print(f"{name}: {number} programs made")
    assert list(seen.values()) == [48, 96, 3, 0], seen
else:
    weight = torch.ones(256, 256, dtype=getattr(torch, sys.argv[1]))
    for length in [*range(17, 65)] * 2:
        rows = -(-length // int(sys.argv[2])) * int(sys.argv[2])
        torch.ones(8 * rows, 256, dtype=weight.dtype) @ weight
PYTHON
"$folder/venv/bin/python" -W ignore "$folder/try.py"
