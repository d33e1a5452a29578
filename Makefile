# Every command sets up what it needs: a virtual environment from the hash lock, with the interpreter's own pip.
# `make run` is all a new user types.
SHELL := /bin/bash
PYTHON ?= $(shell for p in python3.13 python3.12 python3.11 python3; do command -v $$p >/dev/null && $$p -c 'import sys; sys.exit(not (3,11) <= sys.version_info[:2] < (3,14))' 2>/dev/null && echo $$p && break; done)
VENV := .venv
BIN := $(VENV)/bin
# Spark (1 GB installed) has an environment of its own, made when it is asked for.
SPARK_VENV := .venv-spark
CAMPAGNE ?= 2024
ENGINE ?= duckdb
DATA := $(if $(MENTORAT_DATA),$(MENTORAT_DATA),data)
export DBT_SEND_ANONYMOUS_USAGE_STATS := false
export PIP_DISABLE_PIP_VERSION_CHECK := 1

.PHONY: run marts test test-spark ui lab bench lint format docs outil lock clean
.DEFAULT_GOAL := run

run: $(VENV)/.plateforme
	@[ -d "$(DATA)/depot/$(CAMPAGNE)" ] || $(BIN)/mentorat demo --campagne $(CAMPAGNE)
	@$(BIN)/mentorat run --campagne $(CAMPAGNE)

# The marts of CAMPAGNE from the lake as it stands, by ENGINE (duckdb or spark).
marts: $(if $(filter spark,$(ENGINE)),$(SPARK_VENV)/.spark,$(VENV)/.plateforme)
	@$(if $(filter spark,$(ENGINE)),$(SPARK_VENV),$(VENV))/bin/python -m orchestration.marts $(CAMPAGNE) $(ENGINE)

# All but the second engine, which needs Java and an environment of its own.
test: $(VENV)/.dev
	$(BIN)/python -m pytest --ignore=tests/spark

test-spark: $(VENV)/.dev $(SPARK_VENV)/.spark
	$(BIN)/python -m pytest -n 0 tests/spark

ui: $(VENV)/.plateforme
	$(BIN)/python -m orchestration.ui $(PORT)

lab: $(VENV)/.dev
	$(BIN)/jupyter lab --ip=127.0.0.1 --ServerApp.root_dir=notebooks --LabApp.news_url= --LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate

bench: $(VENV)/.dev
	$(BIN)/python -m benchmarks.run

lint: $(VENV)/.dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/sqlfluff lint --disable-progress-bar dbt_project/models dbt_project/tests dbt_project/macros

format: $(VENV)/.dev
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .
	$(BIN)/sqlfluff fix --disable-progress-bar dbt_project/models

# What dbt knows of the project (models, columns, tests, lineage) as one page without any request: docs/dbt.html.
docs: $(VENV)/.plateforme
	@$(BIN)/python -m orchestration.documentation

# The sender's tool as one file, for computers where nothing may be installed.
outil: $(VENV)/.plateforme
	@$(BIN)/python -m mentorat.identity.archive dist

# The dev lock is resolved first: its linters hold some shared packages lower than the platform alone would.
LOCK = UV_CUSTOM_COMPILE_COMMAND="make lock" uv pip compile --universal --generate-hashes --no-strip-extras \
	--no-emit-index-url --no-emit-find-links --python-version 3.11 -q pyproject.toml
lock:
	@command -v uv >/dev/null || { echo "uv is needed for make lock only: https://docs.astral.sh/uv/"; exit 2; }
	$(LOCK) --extra dev -o requirements-dev.lock >/dev/null
	$(LOCK) --extra plateforme -c requirements-dev.lock -o requirements.lock >/dev/null
	$(LOCK) --extra spark -c requirements-dev.lock -o requirements-spark.lock >/dev/null

clean:
	rm -rf $(VENV) $(SPARK_VENV) dbt_project/target dbt_project/logs

$(VENV)/bin/python $(SPARK_VENV)/bin/python:
	@[ -n "$(PYTHON)" ] || { echo "Python 3.11, 3.12 ou 3.13 est nécessaire et n'a pas été trouvé. Installez-le, ou indiquez-le : make run PYTHON=/chemin/vers/python3.11"; exit 2; }
	@echo "Création de l'environnement ($(@D:/bin=)), une fois pour toutes…"
	@$(PYTHON) -m venv $(@D:/bin=)

$(VENV)/.plateforme: requirements.lock pyproject.toml | $(VENV)/bin/python
	@echo "Installation des bibliothèques verrouillées (environ une minute)…"
	@$(BIN)/python -m pip install -q --require-hashes -r requirements.lock
	@$(BIN)/python -m pip install -q --no-deps --no-build-isolation -e .
	@touch $@

$(VENV)/.dev: requirements-dev.lock $(VENV)/.plateforme
	@echo "Installation des outils de test…"
	@$(BIN)/python -m pip install -q --require-hashes -r requirements-dev.lock
	@touch $@

$(SPARK_VENV)/.spark: requirements-spark.lock pyproject.toml | $(SPARK_VENV)/bin/python
	@echo "Installation de Spark (1 Go)…"
	@$(SPARK_VENV)/bin/python -m pip install -q --require-hashes -r requirements-spark.lock
	@$(SPARK_VENV)/bin/python -m pip install -q --no-deps --no-build-isolation -e .
	@touch $@
