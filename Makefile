# `make help` lists what there is. Each target sets up what it needs, and says so before it installs anything.

SHELL := /bin/bash
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

BIN := .venv/bin
STAMP := .venv/.set-up
SOURCES := src scripts tests $(wildcard bench demo)
TYPED := src/locum scripts $(wildcard bench demo)
DEMO_PACKAGES := openssh-client openssh-server sudo procps asciinema
TEST_PACKAGES := git $(DEMO_PACKAGES) postgresql mariadb-server zbar-tools curl jq softhsm2 rsync putty-tools chromium \
  ansible-core xauth
# The browser console, built where node and npm are.
CONSOLE := src/locum/console/built/index.html
CONSOLE_SOURCES := $(shell find console -path console/node_modules -prune -o -path console/src/api -prune -o -type f -print)
# The demo's and the tests' hosts are namespaces and mounts of their own, which only root can make.
AS_ROOT := $(if $(filter-out 0,$(shell id -u)),sudo env PYTHONDONTWRITEBYTECODE=1)
# More arguments for pytest, such as PYTEST_ARGS='-x tests/vault'.
PYTEST_ARGS ?=
# On three processes, as tests often wait; a file of tests stays in one of them, with its hosts and servers.
PYTEST := $(BIN)/pytest --numprocesses 3 --dist loadfile
# Then those that measure time by themselves. 5 is pytest's word for "none was chosen". Compiled before, because the
# tests start hundreds of processes, which compile everything anew where Python may not write what it compiled.
define run_tests
	@$(BIN)/python -m compileall -q src
	@$(AS_ROOT) $(PYTEST) -m "not alone$(1)" $(PYTEST_ARGS) || [ $$? -eq 5 ]
	@$(AS_ROOT) $(BIN)/pytest -m "alone$(1)" $(PYTEST_ARGS) || [ $$? -eq 5 ]
endef

.PHONY: help
help: ## List the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  %-14s %s\n", $$1, $$2 }' Makefile

.PHONY: setup
setup: $(STAMP) $(CONSOLE) ## Make .venv with everything Locum needs, a working .venv/bin/locum and the browser console
	@:

$(STAMP): pyproject.toml uv.lock scripts/setup.sh
	@scripts/setup.sh
	@touch $@

$(CONSOLE): scripts/build_console.sh $(CONSOLE_SOURCES)
	@scripts/build_console.sh

.PHONY: setup-demo
setup-demo: setup
	@scripts/install_packages.sh "Locum's demo" $(DEMO_PACKAGES)

.PHONY: setup-test
setup-test: setup ## Install what the tests need besides, such as an SSH server, PostgreSQL and MariaDB
	@scripts/install_packages.sh "Locum's tests" $(TEST_PACKAGES)

.PHONY: test
test: setup-test ## Run lint, types, structure and docs checks, then every test but the exhaustive matrices
	@$(MAKE) --keep-going lint types structure docs
	@$(if $(AS_ROOT),echo "The tests start hosts of their own and need root for it: running them with sudo.")
	$(call run_tests, and not full)

.PHONY: test-full
test-full: setup-test ## Run every check and every test, the exhaustive matrices too
	@$(MAKE) --keep-going lint types structure docs
	@$(if $(AS_ROOT),echo "The tests start hosts of their own and need root for it: running them with sudo.")
	$(call run_tests,)

.PHONY: lint
lint: setup ## Check style, formatting and which room imports which
	@$(BIN)/ruff check $(SOURCES)
	@$(BIN)/ruff format --check --quiet --diff $(SOURCES)
	@$(BIN)/lint-imports --no-logo

.PHONY: types
types: setup ## Check types (mypy --strict; the console's, against the OpenAPI document)
	@$(BIN)/mypy $(TYPED)
	@$(BIN)/python -m scripts.console_types

.PHONY: structure
structure: setup ## Check the rules of structure (scripts/check_structure.py)
	@$(BIN)/python -m scripts.check_structure

.PHONY: sizes
sizes: setup ## Print the longest files and functions
	@$(BIN)/python -m scripts.check_structure --report

.PHONY: docs
docs: setup ## Check help texts, commands and links in the documents; `make docs WRITE=1` refreshes the help texts
	@$(BIN)/python -m scripts.check_docs $(if $(WRITE),--write)

.PHONY: format
format: setup ## Format the code and sort the imports
	@$(BIN)/ruff check --quiet --fix-only --select I $(SOURCES)
	@$(BIN)/ruff format --quiet $(SOURCES)

.PHONY: mutation
mutation: setup ## Score the tests of identities, guards, vault and decisions on mutated code; `NAMES=signin` tries that module alone
	@nice -n 9 $(BIN)/python -m scripts.mutation $(foreach name,$(NAMES),'$(name)')

.PHONY: bench
bench: setup-test ## Measure against the figures Locum promises
	@$(AS_ROOT) $(BIN)/python -m bench

.PHONY: bench-short
bench-short: setup-test ## Measure with fewer rounds
	@$(AS_ROOT) $(BIN)/python -m bench --short

.PHONY: demo
demo: setup-demo ## Start Locum and two demo hosts on this machine, and print what to type next
	@$(if $(AS_ROOT),echo "The demo's hosts need root: using sudo.")
	@$(AS_ROOT) $(BIN)/python -m demo up

.PHONY: demo-run
demo-run: setup-demo ## Walk through the whole story and show evidence read from the host
	@$(if $(AS_ROOT),echo "The demo's hosts need root: using sudo.")
	@$(AS_ROOT) $(BIN)/python -m demo run

.PHONY: demo-stop
demo-stop: setup ## Stop the demo; .demo keeps what it made
	@$(if $(AS_ROOT),echo "The demo's hosts need root: using sudo.")
	@$(AS_ROOT) $(BIN)/python -m demo stop

.PHONY: screenshots
screenshots: setup-test ## Write a picture of every page of the console, in both themes and two widths, into .screenshots
	@$(AS_ROOT) $(BIN)/python -m demo.screenshots

.PHONY: burndown
burndown: setup ## Print how much of the contract is built
	@$(BIN)/python -m scripts.burndown

.PHONY: clean
clean: ## Remove .venv, caches and build leftovers
	@rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache .coverage dist mutants .screenshots console/node_modules console/src/api src/locum/console/built
	@find src scripts tests $(wildcard bench demo) -name __pycache__ -type d -prune -exec rm -rf {} +
