# One environment in .venv, made by the first target that needs it.
# Every target installs only what it needs, once; pip's own settings are honoured.
PYTHON ?= python3.11
VENV := .venv
PY := $(VENV)/bin/python
PIP := $(PY) -m pip install -qq --disable-pip-version-check -c constraints.txt

# Line coverage, in percent, below which `make test` fails.
MIN_COVERAGE ?= 95
# Test processes; each runs on one thread.
WORKERS ?= 2

.DEFAULT_GOAL := help
.PHONY: help demo test lint docs bench format clean

help:
	@echo "make demo    the main job on shipped data: tables and pictures"
	@echo "make test    the tests, with line coverage"
	@echo "make lint    style, order of the stages, types"
	@echo "make docs    the documentation, in docs/_build/html, with the examples whose data are at hand"
	@echo "make bench   what the benchmarks measure, and the short ones"
	@echo "make format  rewrite the sources as make lint wants them"
	@echo "make clean   remove what the other targets made, .venv included"

$(VENV)/.with-torch: constraints.txt
	@echo "Setting up $(VENV) (a few minutes, once)"
	@$(PY) -m pip --version > /dev/null 2>&1 || $(PYTHON) -m venv $(VENV) || { \
	    echo "Python 3.11 or newer is needed; name it with: make PYTHON=/path/to/python" >&2; exit 1; }
	@$(PIP) torch==2.13.0
	@touch $@

# $(VENV)/.with-EXTRAS: the package itself, editable, with these extras.
$(VENV)/.with-%: $(VENV)/.with-torch pyproject.toml
	@echo "Installing sksequence[$*]"
	@$(PIP) -e ".[$*]"
	@touch $@

demo: $(VENV)/.with-plot,data
	@$(PY) examples/demo.py

test: $(VENV)/.with-test
	OMP_NUM_THREADS=1 MPLBACKEND=Agg $(PY) -m pytest -n $(WORKERS) --dist=loadfile \
	    --cov=sksequence --cov-report=term-missing:skip-covered --cov-fail-under=$(MIN_COVERAGE)

lint: $(VENV)/.with-lint
	$(PY) -m ruff check .
	$(PY) -m ruff format --check .
	$(VENV)/bin/lint-imports
	$(PY) -m mypy

format: $(VENV)/.with-lint
	$(PY) -m ruff check --fix .
	$(PY) -m ruff format .

docs: $(VENV)/.with-docs
	$(PY) -m sphinx -q -W --keep-going -b html docs docs/_build/html
	@echo "Open docs/_build/html/index.html"

bench: $(VENV)/.with-plot,data
	@echo "Figures on real data, one at a time: $(PY) benchmarks/results.py NAME"
	@$(PY) benchmarks/results.py
	@echo "Time and memory in full: $(PY) benchmarks/speed.py NAME (or all)"
	@$(PY) benchmarks/speed.py
	@echo "Time and memory, briefly:"
	@$(PY) benchmarks/speed.py all --quick

clean:
	rm -rf $(VENV) build dist docs/_build docs/generated docs/gallery htmlcov .coverage .coverage.* \
	    .pytest_cache .mypy_cache .ruff_cache .import_linter_cache demo_pictures examples/output
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
