# Souffleur: the commands of the README and of CONTRIBUTING. `make run` and `make test` need Python >= 3.11 and nothing else.
.DEFAULT_GOAL := help
SHELL := /bin/bash
.SHELLFLAGS := -o pipefail -c
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check
# pip's own output is one line a package and more: shown as one line that moves.
PROGRESS := awk '/^Collecting/ { printf "\r  %d packages found (%s)\033[K", ++n, $$2; fflush() } /^Installing/ { printf "\r  %d packages, unpacking...\033[K", n; fflush() } END { printf "\r  %d packages installed\033[K\n", n }'
TORCH ?= torch==2.13.0
SUDO := $(shell [ "$$(id -u)" = 0 ] || command -v sudo)

.PHONY: help run test check format bench fuzz evals e2e lock panel clean torch browser asyncapi

help:
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Souffleur needs Python 3.11 or later: make PYTHON=/path/to/python3.11"; exit 1; }
	@$(PYTHON) -m venv $(VENV)

$(VENV)/.run: requirements/run.lock pyproject.toml | $(BIN)/python
	@echo "Installing the locked dependencies (once, a minute or two)..."
	@$(PIP) install --require-hashes -r requirements/run.lock | $(PROGRESS)
	@$(PIP) install --quiet --no-build-isolation --no-deps -e .
	@touch $@

$(VENV)/.dev: requirements/dev.lock pyproject.toml | $(BIN)/python
	@echo "Installing the locked development dependencies (once)..."
	@$(PIP) install --require-hashes -r requirements/dev.lock | $(PROGRESS)
	@$(PIP) install --quiet --no-build-isolation --no-deps -e .
	@touch $@ $(VENV)/.run

run: $(VENV)/.run ## start everything on 127.0.0.1:8080 and play the sample conversations
	@exec $(BIN)/souffleur demo

test: $(VENV)/.dev browser ## install what the tests need and run them all
	@$(BIN)/python -m pytest $(ARGS)

e2e: $(VENV)/.dev browser ## only the end-to-end tests, real browser included
	@$(BIN)/python -m pytest tests/e2e $(ARGS)

check: $(VENV)/.dev ## ruff, mypy --strict, import-linter, lock files, panel bundle, documents
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-cache | tail -n 8
	@$(BIN)/python -m pytest -q tests/docs tests/unit/gateway/test_panel_bundle.py

format: $(VENV)/.dev ## rewrite the sources in the project's style
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .

bench: $(VENV)/.dev ## the figures of the README and of the acceptance lines (takes about 10 minutes)
	@$(BIN)/souffleur models fetch >/dev/null
	@$(BIN)/python -m tests.bench.run $(ARGS)

evals: $(VENV)/.dev ## score the models again; fails when a score drops by more than its interval (--data DIR: public sets too)
	@$(BIN)/python -m tests.evals.gate $(ARGS)

fuzz: $(VENV)/.dev ## schemathesis over the whole REST interface, as every role, for five minutes
	@$(BIN)/python -m tests.bench.fuzz $(ARGS)

# Chromium for the panel's tests, espeak-ng to speak to the transcriber's.
browser:
	@{ command -v chromium || command -v chromium-browser || command -v google-chrome; } >/dev/null && command -v espeak-ng >/dev/null || { \
	  echo "Installing Chromium and espeak-ng for the tests..."; \
	  command -v apt-get >/dev/null || { echo "Install Chromium (or Chrome) and espeak-ng, then run this again."; exit 1; }; \
	  $(SUDO) apt-get update -qq && $(SUDO) env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq chromium espeak-ng >/dev/null; }

# torch has no hash here: which build is right depends on the accelerator.
torch: $(VENV)/.dev ## install the torch backend too, so that it is tested
	@echo "Installing the torch backend (once)..."
	@$(PIP) install --require-hashes -r requirements/gpu.lock | $(PROGRESS)
	@$(PIP) install $(TORCH) | $(PROGRESS)

panel: ## rebuild the panel's bundle (needs Node 20; users do not)
	@cd services/gateway/panel && npm ci --no-audit --no-fund && npm run build

asyncapi: $(VENV)/.dev ## hold /asyncapi.yaml to the AsyncAPI project's own parser (needs Node 20)
	@cd tests/asyncapi && npm ci --no-audit --no-fund --loglevel=error
	@$(BIN)/python -c 'from services.gateway.rest.asyncapi import written; print(written("0"))' | npm run --silent lint --prefix tests/asyncapi

lock: ## refresh the lock files
	@command -v uv >/dev/null || { echo "pip install uv, then run this again."; exit 1; }
	@uv pip compile pyproject.toml --group build --generate-hashes --universal --python-version 3.11 --no-emit-index-url --quiet --upgrade --custom-compile-command "make lock" -o requirements/run.lock
	@uv pip compile pyproject.toml --group build --group dev -c requirements/run.lock --generate-hashes --universal --python-version 3.11 --no-emit-index-url --quiet --upgrade --custom-compile-command "make lock" -o requirements/dev.lock
	@uv pip compile pyproject.toml --group transformers -c requirements/dev.lock --generate-hashes --universal --python-version 3.11 --no-emit-index-url --quiet --upgrade --custom-compile-command "make lock" -o requirements/gpu.lock

clean: ## remove what was built
	@rm -rf $(VENV) build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis
