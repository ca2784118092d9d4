# The README gives these lines for machines without make, too.
# Address of an index that is asked beside the usual one, as torch's own of builds without CUDA (README).
TORCH_INDEX ?=
VENV = .venv
LOWEST = .venv-lowest
BIN = $(VENV)/bin
ifndef PYTHON
PYTHON := $(firstword $(wildcard $(BIN)/python) python3)
endif
# The environments are of one Python: another one, or an upgrade of the system's, makes them anew.
VERSION := $(shell $(PYTHON) -c 'import sys; print("%d.%d" % sys.version_info[:2])')
READY = $(VENV)/.ready-$(VERSION)
PIP = -m pip install --quiet $(if $(TORCH_INDEX),--extra-index-url $(TORCH_INDEX))

.PHONY: labs test lab build verify bench lowest clean

labs: $(READY)            ## execute every lab offline and write runs/latest/index.html
	$(BIN)/labs run --profile pocket

test: $(READY)            ## everything that can be tested on this machine
	$(BIN)/python -m pytest -n auto --maxprocesses 4

lab: $(READY)             ## a copy of the labs of your own, opened in JupyterLab
	$(BIN)/labs start

build: $(READY)           ## execute and normalise the committed labs
	$(BIN)/labs build

verify: $(READY)          ## check the committed notebooks and the shipped data
	$(BIN)/labs verify

bench: $(READY)            ## measure speed and memory beside what else one would run, here
	$(BIN)/labs bench

# The unit tests and lab 01 at the lowest versions that pyproject.toml promises. Left out: what checks the project's own
# tools and data, tests that take minutes, and two that count what another version of transformers does by other means.
lowest: $(LOWEST)/.ready-$(VERSION)
	HF_HUB_OFFLINE=1 $(LOWEST)/bin/python -m pytest tests -n 2 -q -p no:cacheprovider -o addopts="--strict-markers --import-mode=importlib" -o timeout=300 \
	    --ignore tests/labs --ignore tests/makers --ignore tests/bench --ignore tests/gpu --ignore tests/launch \
	    --ignore tests/test_style.py --ignore tests/test_wheel.py --ignore tests/test_architecture.py \
	    --deselect tests/training/test_resuming.py --deselect tests/training/test_fine_tuning.py::test_a_compiled_model_trains_the_same_on_few_shapes \
	    --deselect tests/planning/test_planner.py::test_what_saves_memory_saves_it \
	    --deselect tests/planning/test_planner.py::test_flops_are_those_that_torch_counts \
	    --deselect tests/test_models.py::test_a_model_comes_from_the_hub_at_its_pinned_revision
	$(LOWEST)/bin/labs run 01 --profile pocket --out runs/lowest -p answer_tokens=32 -p behaviour_prompts=20 \
	    -p max_shots=3 -p test_examples=12

# $(call install,FOLDER,CONSTRAINTS,WHAT): what did not come to its end leaves no half-made environment behind.
define install
@case "$(VERSION)" in 3.11|3.12|3.13) ;; *) echo "FineTune Labs needs Python 3.11, 3.12 or 3.13; $(PYTHON) is \
'$(VERSION)'. Name another: make $(MAKECMDGOALS) PYTHON=python3.12" >&2; exit 2 ;; esac
test -e $@ || $(PYTHON) -m venv --clear $(1)
$(1)/bin/python $(PIP) --constraint $(2) $(3) || { test -e $@ || rm -rf $(1); exit 1; }
touch $@
endef

$(READY): pyproject.toml constraints.txt
	$(call install,$(VENV),constraints.txt,--editable '.[test]')

$(LOWEST)/.ready-$(VERSION): pyproject.toml constraints-lowest.txt
	$(call install,$(LOWEST),constraints-lowest.txt,--editable '.[labs]' pytest pytest-timeout pytest-xdist)

clean:
	rm -rf $(VENV) $(LOWEST)
