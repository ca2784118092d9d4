#!/usr/bin/env bash
# pip 23.2.1 and 26.1: `pip freeze` writes a package that was installed from an address as `NAME @ ADDRESS`, without `==`.
# Guessed: `pip freeze | grep '^torch=='` gives a constraint that keeps the torch which is there. Seen: no line, so nothing is kept;
# an install may then replace it. Colab's torch is installed from an address. `pip list --format=freeze` gives NAME==VERSION.
# What the course does: the first cell of a Colab edition reads versions by importlib.metadata (labutils/classroom/colab_cell.py;
# tests/classroom/test_colab.py), README's line for a notebook of one's own takes `pip list --format=freeze`.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/env"
for pip in 23.2.1 26.1; do
    "$work/env/bin/pip" install --quiet "pip==$pip" 2> "$work/log"
    "$work/env/bin/pip" download --quiet --no-deps --dest "$work" "six==1.17.0" 2> "$work/log"
    "$work/env/bin/pip" install --quiet --force-reinstall "$work"/six-1.17.0-*.whl 2> "$work/log"
    frozen=$("$work/env/bin/pip" freeze 2> /dev/null | grep -i "^six" || true)
    listed=$("$work/env/bin/pip" list --format=freeze 2> /dev/null | grep -i "^six" || true)
    [[ $frozen == "six @ file://"* ]] || { echo "pip $pip freeze: $frozen" >&2; exit 1; }
    [[ $listed == "six==1.17.0" ]] || { echo "pip $pip list: $listed" >&2; exit 1; }
    echo "pip $pip: freeze says '${frozen%%://*}://...', list --format=freeze says '$listed'"
done
