# make run   set up what is missing and serve the page with the bundled model
# make test  set up what is missing and run the linter, the type checker and all tests
# make screenshots  photograph the page for docs/screenshots/
# make venv  the set-up alone

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/installed
REQUIREMENTS := requirements.txt requirements-dev.txt constraints.txt

.PHONY: run test screenshots venv check-python

run: venv
	$(BIN)/python app.py $(ARGS)

test: venv
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/python -m pytest $(ARGS)

screenshots: venv
	$(BIN)/python -m showcases.screenshots $(ARGS)

venv: $(STAMP)

# Constraints name every version, torch first of all: without them a newer torch would bring
# gigabytes of CUDA packages along.
$(STAMP): $(REQUIREMENTS) | check-python
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check \
		-c constraints.txt -r requirements.txt -r requirements-dev.txt
	touch $@

check-python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "internvl-ui needs Python 3.11 or later; try: make $(MAKECMDGOALS) PYTHON=python3.12" >&2; exit 2; }
