# What one can do here. Bare `make` prints every target; CI calls these and nothing else.

VENV   := .venv
PYTHON := $(VENV)/bin/python
RUN    := PYTHONDONTWRITEBYTECODE=1 $(PYTHON)
export CI

.DEFAULT_GOAL := help
.PHONY: help setup check lint types layers test fix clean

help: ## print this list
	@awk -F':.*## ' '/^[a-z-]+:.*## /{printf "  %-16s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: ## make .venv and install what is missing (apt when root, else it prints the command)
	@python3 scripts/setup.py

check: lint types layers test ## lint, types, layers and unit tests, in that order

lint: ## ruff and codespell
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/codespell

types: ## mypy, strict
	$(VENV)/bin/mypy

layers: ## the arrows of the house plan, as import-linter contracts
	$(VENV)/bin/lint-imports

test: ## unit and project tests: no root, no network, no KVM
	$(RUN) -m pytest -q

fix: ## let ruff repair what it can
	$(VENV)/bin/ruff check --fix .
	$(VENV)/bin/ruff format .

clean: ## remove what a build made (build/); .venv stays
	rm -rf build
