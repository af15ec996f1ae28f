# Two commands for a fresh machine with Python 3.11 to 3.13, git and make:
#   make demo    the main job on real product reviews, from data to verdict and report
#   make test    lint, types, import contract, documentation and the whole test suite
# Each sets up its own virtual environment in .venv from the versions pinned in constraints.txt.

PYTHON ?= $(shell for p in python3.12 python3.11 python3.13 python3; do \
	$$p -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' 2>/dev/null && echo $$p && break; done)
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet

# Compiled modules are kept, whatever the environment says: many processes are started here.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: demo test types suite pages documentation clean

demo: $(VENV)/installed
	$(BIN)/burnish sample reviews --domain products --out runs/products.csv
	$(BIN)/burnish run runs/products.csv --label sentiment --set training.epochs=2 --name demo

test: $(VENV)/developing
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/lint-imports
	$(MAKE) --jobs 2 types suite pages

types:
	$(BIN)/mypy

# What failed beside other tests, on a machine that is busy with them, is run once more alone: then it decides.
suite:
	$(BIN)/pytest --numprocesses 3 --dist worksteal || { test $$? = 1 && \
		echo "== once more, alone ==" && $(BIN)/pytest --last-failed --last-failed-no-failures none; }

pages:
	$(BIN)/sphinx-build --fail-on-warning --quiet docs docs/_build

documentation: $(VENV)/developing
	$(BIN)/sphinx-build --fail-on-warning docs docs/_build
	@echo "open docs/_build/index.html"

$(BIN)/python:
	@test -n "$(PYTHON)" || { echo "burnish needs Python 3.11, 3.12 or 3.13; set PYTHON=/path/to/python"; exit 1; }
	$(PYTHON) -m venv $(VENV)

$(VENV)/installed: pyproject.toml constraints.txt | $(BIN)/python
	$(PIP) install --constraint constraints.txt pip
	$(PIP) install --constraint constraints.txt torch
	$(PIP) install --constraint constraints.txt --editable .
	@touch $@

$(VENV)/developing: $(VENV)/installed
	$(PIP) install --constraint constraints.txt --editable '.[development,documentation,serve,data,registry]'
	@touch $@

clean:
	rm -rf $(VENV) docs/_build .mypy_cache .ruff_cache .pytest_cache
