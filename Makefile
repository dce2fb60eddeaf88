# SchoolStat: everything a person starts by hand. `make help` lists it.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
SCHOOLSTAT_HOME ?= .schoolstat
export SCHOOLSTAT_HOME
export DAGSTER_GRPC_TIMEOUT_SECONDS ?= 300

.DEFAULT_GOAL := help
AUDIT := $(VENV)/audit
.PHONY: help install demo test lint mutate fuzz chaos audit bench ui clean

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

demo: install ## Two nights of a made-up collaborative: twelve districts, their pupils, ledgers and mishaps
	@$(BIN)/schoolstat generate $(SCHOOLSTAT_HOME)/synthetic
	@$(BIN)/python -m synthetic $(SCHOOLSTAT_HOME)/synthetic/night_1
	@mkdir -p $(SCHOOLSTAT_HOME)/inbox
	@cp -R $(SCHOOLSTAT_HOME)/synthetic/night_1/. $(SCHOOLSTAT_HOME)/inbox/
	@$(BIN)/schoolstat refresh -c collaboratives/demo --inbox $(SCHOOLSTAT_HOME)/inbox
	@cp -R $(SCHOOLSTAT_HOME)/synthetic/night_2/. $(SCHOOLSTAT_HOME)/inbox/
	@$(BIN)/schoolstat refresh -c collaboratives/demo --inbox $(SCHOOLSTAT_HOME)/inbox
	@$(BIN)/schoolstat plot spending-against-need

test: install ## All tests (real records: set SCHOOLSTAT_REAL_RECORDS)
	$(BIN)/python -m pytest -n 2 --dist loadfile

lint: install ## ruff, pyright, sqlfluff, import-linter, yamllint
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/pyright
	$(BIN)/lint-imports
	$(BIN)/sqlfluff lint dbt_project/models expectations/rules semantic/models
	$(BIN)/yamllint --strict .

mutate: install ## Break each formula and each rule in turn: every one must be noticed
	$(BIN)/python -m tests.mutate

fuzz: install ## Any bytes at all for the readers of files, 20,000 runs for each form (RUNS=200000)
	set -e; for form in text fixed json parquet workbook archive; do $(BIN)/python -m tests.fuzz $$form $(RUNS); done

chaos: install ## Nights and publishers killed, readers across publishes, a full disk (READS=10000 KILLS=200)
	$(BIN)/python -m tests.chaos --reads $(or $(READS),10000) --kills $(or $(KILLS),200)

audit: install $(AUDIT)/.installed ## Bill of materials, licences, secrets, known vulnerabilities (into audit/)
	.ci/audit

$(AUDIT)/.installed: requirements-audit.lock | $(STAMP)
	$(PYTHON) -m venv $(AUDIT)
	VIRTUAL_ENV=$(AUDIT) $(BIN)/uv pip install --quiet --require-hashes -r requirements-audit.lock
	@touch $@

bench: install ## Whole nights against bare SQL, scales 0.01 and 0.1 (SCALE=1: a million pupils)
	$(BIN)/python -m synthetic.bench --table docs/benchmarks.md $(SCALE)

ui: install ## Dagster's UI and its daemon (schedules) on 127.0.0.1:3000
	@$(BIN)/schoolstat ui

clean: ## Remove the environment and generated files (never SCHOOLSTAT_HOME)
	rm -rf $(VENV) dbt_project/target *.egg-info
