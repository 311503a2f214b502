# `make` lists the targets; `make check` is the definition of done.
.DEFAULT_GOAL := help
.PHONY: help install demo test coverage check lint types imports fmt bench chaos soak lock clean

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP_INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check

# Tests start hundreds of our commands, and each would compile all of it anew.
unexport PYTHONDONTWRITEBYTECODE

help: ## list the targets
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*##/\t/' | expand -t 10

install: $(VENV)/.installed ## make .venv with the command `sellersync` in it

# `--no-deps`: the lock files name everything, and pip cannot fit an extra (`coverage[toml]`)
# to a pinned package once a newer version of it is out.
$(VENV)/.installed: requirements.lock pyproject.toml
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(PIP_INSTALL) --no-deps --require-hashes -r requirements.lock
	$(PIP_INSTALL) --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/.installed-dev: $(VENV)/.installed requirements-dev.lock
	$(PIP_INSTALL) --no-deps --require-hashes -r requirements-dev.lock
	@touch $@

demo: install ## see it all work against the built-in sandbox
	$(BIN)/sellersync demo

# Four at a time: many tests wait for a process or a timeout, not for a core.
test: $(VENV)/.installed-dev ## unit, contract, integration and acceptance tests
	$(BIN)/pytest -n 4 --dist worksteal

# Not a part of every run, as counting lines takes a fifth of its time.
coverage: $(VENV)/.installed-dev ## the same, and which lines they reach
	$(BIN)/pytest -n 4 --dist worksteal --cov

check: lint types imports test ## everything CI runs

lint: $(VENV)/.installed-dev
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .

types: $(VENV)/.installed-dev
	$(BIN)/mypy

imports: $(VENV)/.installed-dev
	$(BIN)/lint-imports

fmt: $(VENV)/.installed-dev ## format and fix what can be fixed
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

bench: $(VENV)/.installed-dev ## speed and memory, printed as tables
	$(BIN)/python -m bench

chaos: $(VENV)/.installed-dev ## kill, freeze and cut everything, and time each recovery; nine minutes
	$(BIN)/python -m tests.chaos
	$(BIN)/python -m tests.chaos.full_disk

soak: $(VENV)/.installed-dev ## three days of work in half an hour (SOAK_SECONDS): does anything grow?
	$(BIN)/python -m tests.chaos.soak

lock: $(VENV)/.installed-dev ## renew the two lock files
	$(BIN)/uv pip compile pyproject.toml --extra build $(LOCK) -o requirements.lock
	$(BIN)/uv pip compile pyproject.toml --extra build --extra dev -c requirements.lock $(LOCK) -o requirements-dev.lock

LOCK := --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --no-annotate

clean: ## remove what the build made
	rm -rf $(VENV) build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
