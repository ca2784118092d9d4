# The README gives these lines for machines without make, too.
# Address of an index that is asked beside the usual one, as torch's own of builds without CUDA (README).
TORCH_INDEX ?=
VENV = .venv
COLAB = .venv-colab
LOWEST = .venv-lowest
BIN = $(VENV)/bin
ifndef PYTHON
PYTHON := $(firstword $(wildcard $(BIN)/python) python3)
endif
# The environments are of one Python: another one, or an upgrade of the system's, makes them anew.
VERSION := $(shell $(PYTHON) -c 'import sys; print("%d.%d" % sys.version_info[:2])')
READY = $(VENV)/.ready-$(VERSION)
PIP = -m pip install --quiet $(if $(TORCH_INDEX),--extra-index-url $(TORCH_INDEX))

.PHONY: labs test browser lab build verify bench lowest clean

labs: $(READY)            ## execute every lab offline and write runs/latest/index.html
	$(BIN)/labs run --profile pocket

test: $(READY)            ## everything that can be tested on this machine
	$(BIN)/python -m pytest -n auto --maxprocesses 4

browser: $(READY)          ## every lab and widget in JupyterLab, in the system's Chromium; pictures in runs/browser
	LABS_BROWSER=1 $(BIN)/python -m pytest -n 0 tests/browser

lab: $(READY)             ## a copy of the labs of your own, opened in JupyterLab
	$(BIN)/labs start

build: $(READY)           ## execute and normalise the committed labs
	$(BIN)/labs build

verify: $(READY)          ## check the committed notebooks and the shipped data
	$(BIN)/labs verify

bench: $(READY)            ## measure speed and memory beside what else one would run, here
	$(BIN)/labs bench

# What pyproject.toml promises at the least, and Colab: the unit tests at the lowest versions, then labs as Colab runs them.
# Left out, since it says nothing of these versions: what checks the project's own tools and data (makers, bench, style, wheel,
# architecture, and regression: the stored results and examples/ci.yml); machine/test_settings, of torch and the C library,
# which are those of `make test`; of planning our arithmetic on a trace (room, layers, stored plans), where test_planner traces
# with the library that is there; `slow`; `tested_stack`, what is true of constraints.txt alone.
lowest: $(LOWEST)/.ready-$(VERSION)
	HF_HUB_OFFLINE=1 $(LOWEST)/bin/python -m pytest tests -n 2 -q -p no:cacheprovider -o timeout=300 \
	    -o addopts="--strict-markers --import-mode=importlib" -m "not slow and not tested_stack and not gpu" \
	    --ignore tests/labs --ignore tests/makers --ignore tests/bench --ignore tests/colab \
	    --ignore tests/test_style.py --ignore tests/test_wheel.py --ignore tests/test_architecture.py \
	    --ignore tests/regression --ignore tests/browser --ignore tests/machine/test_settings.py \
	    --ignore tests/planning/test_room.py --ignore tests/planning/test_layers.py --ignore tests/planning/test_plans.py
	$(LOWEST)/bin/labs run 01 --profile pocket --out runs/lowest -p answer_tokens=12 -p behaviour_prompts=20 \
	    -p untrained_examples=12 -p topic_examples=8 -p made_examples=8
	LABS_COLAB=$(COLAB) $(LOWEST)/bin/python -m pytest tests/colab -q -p no:cacheprovider -o timeout=3000 \
	    -o addopts="--strict-markers --import-mode=importlib"

# $(call install,FOLDER,CONSTRAINTS,WHAT,BASE): what did not come to its end leaves no half-made environment behind. With a
# BASE, an environment of the same Python, the new one has its packages too, and Jupyter's files (the kernel, nbconvert's
# pages), which Jupyter seeks beside its Python alone.
define install
@case "$(VERSION)" in 3.11|3.12|3.13) ;; *) echo "FineTune Labs needs Python 3.11, 3.12 or 3.13; $(PYTHON) is \
'$(VERSION)'. Name another: make $(MAKECMDGOALS) PYTHON=python3.12" >&2; exit 2 ;; esac
test -e $@ || $(PYTHON) -m venv --clear $(1)
$(if $(4),echo "$(CURDIR)/$(4)/lib/python$(VERSION)/site-packages" > $(1)/lib/python$(VERSION)/site-packages/base.pth)
$(if $(4),mkdir -p $(1)/share && cp -r $(4)/share/jupyter $(1)/share/)
$(1)/bin/python $(PIP) --constraint $(2) $(3) || { test -e $@ || rm -rf $(1); exit 1; }
touch $@
endef

$(READY): pyproject.toml constraints.txt
	$(call install,$(VENV),constraints.txt,--editable '.[test]')

# One environment of the lowest versions serves both: Colab's packages alone, and on top of them what Colab lacks.
$(COLAB)/.ready-$(VERSION): constraints-colab.txt
	$(call install,$(COLAB),constraints-colab.txt,--requirement constraints-colab.txt)

$(LOWEST)/.ready-$(VERSION): pyproject.toml constraints-lowest.txt $(COLAB)/.ready-$(VERSION)
	$(call install,$(LOWEST),constraints-lowest.txt,--editable '.[labs]' pytest pytest-timeout pytest-xdist,$(COLAB))

clean:
	rm -rf $(VENV) $(LOWEST) $(COLAB)
