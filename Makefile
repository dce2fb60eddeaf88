# SchoolStat: everything a person starts by hand. `make help` lists it.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
SCHOOLSTAT_HOME ?= .schoolstat
export SCHOOLSTAT_HOME
export DAGSTER_GRPC_TIMEOUT_SECONDS ?= 300

.DEFAULT_GOAL := help
.PHONY: help install demo test lint mutate ui clean

help: ## This list
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | awk -F':.*## ' '{printf "  make %-10s %s\n", $$1, $$2}'

install: $(STAMP) ## The environment alone, from the hashed lock, into .venv
	@$(BIN)/schoolstat prepare

$(STAMP): requirements.lock requirements-uv.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(0 if (3, 11) <= sys.version_info[:2] <= (3, 13) else "SchoolStat needs Python 3.11, 3.12 or 3.13: make PYTHON=python3.11 ...")'
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-uv.lock
	VIRTUAL_ENV=$(VENV) $(BIN)/uv pip install --quiet --require-hashes -r requirements.lock
	VIRTUAL_ENV=$(VENV) $(BIN)/uv pip install --quiet --no-deps --no-build-isolation -e .
	@touch $(STAMP)

demo: install ## The main job, on a small synthetic delivery that the project makes itself
	@$(BIN)/python -m synthetic $(SCHOOLSTAT_HOME)/inbox
	@$(BIN)/schoolstat refresh -c collaboratives/demo --inbox $(SCHOOLSTAT_HOME)/inbox

test: install ## All tests (real records: set SCHOOLSTAT_REAL_RECORDS)
	$(BIN)/python -m pytest -n 2 --dist loadfile

lint: install ## ruff, pyright, sqlfluff, import-linter, yamllint
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/pyright
	$(BIN)/lint-imports
	$(BIN)/sqlfluff lint dbt_project/models expectations/rules
	$(BIN)/yamllint --strict .

mutate: install ## Break each formula and each rule in turn: every one must be noticed
	$(BIN)/python -m tests.mutate

ui: install ## Dagster's UI and its daemon (schedules) on 127.0.0.1:3000
	@$(BIN)/schoolstat ui

clean: ## Remove the environment and generated files (never SCHOOLSTAT_HOME)
	rm -rf $(VENV) dbt_project/target *.egg-info
