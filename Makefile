# The README gives these lines for machines without make, too.
PYTHON ?= python3
VENV = .venv
BIN = $(VENV)/bin
READY = $(VENV)/.ready

.PHONY: labs test lab build verify bench clean

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

$(READY): pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable '.[test]'
	touch $(READY)

clean:
	rm -rf $(VENV)
