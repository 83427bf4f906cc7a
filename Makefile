# What a person types. `make run` and `make test` set everything up in .venv first.
PYTHON ?= python3
BIN := .venv/bin

.PHONY: run test lint bench clean

run: .venv/compiled.stamp
	@$(BIN)/paperround run --or-sandbox

test: .venv/test.stamp .venv/compiled.stamp
	@$(MAKE) --no-print-directory lint
	@$(BIN)/python -m pytest -q -n auto

lint: .venv/test.stamp
	@$(BIN)/ruff check bot tests
	@$(BIN)/ruff format --check bot tests
	@$(BIN)/mypy

bench: .venv/test.stamp .venv/compiled.stamp
	@$(BIN)/python -m tests.bench

clean:
	rm -rf .venv

.venv/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit("Paperround needs Python 3.11 or newer; this is " + sys.version.split()[0] if sys.version_info < (3, 11) else 0)'
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { echo "Python cannot make virtual environments here. On Debian: apt-get install make python3 python3-venv"; exit 1; }
	@$(PYTHON) -m venv .venv

.venv/run.stamp: pyproject.toml constraints.txt | .venv/bin/python
	@echo "Installing Paperround into .venv"
	@$(BIN)/pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable .
	@touch $@

.venv/test.stamp: .venv/run.stamp
	@echo "Installing the tools of the tests into .venv"
	@$(BIN)/pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[test]'
	@touch $@

# Compiled once here: where Python is told to write no bytecode, every start would compile the whole program again.
.venv/compiled.stamp: .venv/run.stamp $(wildcard bot/*.py bot/*/*.py bot/*/*/*.py)
	@$(BIN)/python -m compileall -q bot
	@touch $@
