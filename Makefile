# Arrears early warning. `make` alone lists what there is to do.

# The first Python on the path that will do; PYTHON=/path/to/python make setup chooses another.
PYTHON ?= $(shell for python in python3 python3.13 python3.12 python3.11; do \
	$$python -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$python && break; done)
VENV := .venv/bin/python
ARREARS := $(VENV) -m arrears

SIZES := 100000 1000000

.PHONY: help setup run serve test drill lint bench features tools clean
.DEFAULT_GOAL := help

help: ## this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-8s %s\n", $$1, $$2 }' Makefile
	@echo
	@echo "  make run is the place to begin: a utility that does not exist, one night, and whom it warns of."
	@echo "  All state lies in .state/ (ARREARS_STATE); docs/operating.md says the rest."

setup: .venv/installed ## the Python environment in .venv; needs the network once

# Made anew when the lock or the project changes. The last line is what counts as done: half an install does not.
.venv/installed: requirements.lock pyproject.toml
	@test -n "$(PYTHON)" || { echo "No Python from 3.11 on with venv was found; set PYTHON to one." >&2; exit 1; }
	test -f $@ || "$(PYTHON)" -m venv --clear .venv
	$(VENV) -m pip install --quiet --disable-pip-version-check --no-input --require-hashes -r requirements.lock
	$(VENV) -m pip install --quiet --disable-pip-version-check --no-input --no-deps --no-build-isolation -e .
	@touch $@

run: setup ## make the demo's books, run one night through Airflow, show its warnings
	$(ARREARS) simulate
	$(ARREARS) night

serve: setup ## PostgreSQL and Airflow, every night at 02:00, until Ctrl-C
	@exec $(ARREARS) serve

test: tools lint ## lint, then all tests
	$(VENV) -m pytest -n 2 --dist loadfile

drill: setup tools ## all tests in their long forms: 10,000 histories of the law, a week through Airflow, more kills (hours)
	DRILL=1 $(VENV) -m pytest -n 2 --dist loadfile -o timeout=3600

lint: setup ## style, types and the direction of imports
	$(VENV) -m ruff check .
	$(VENV) -m ruff format --check .
	$(VENV) -m mypy --num-workers 2
	$(VENV) -c 'from importlinter.cli import lint_imports_command; lint_imports_command()'

bench: setup ## how long a night takes for 100,000 and 1,000,000 accounts (an hour, 30 GB), into docs/benchmarks.md
	$(VENV) -m pip install --quiet --disable-pip-version-check --no-input --require-hashes -r requirements-bench.lock
	$(VENV) -m bench.nightly $(SIZES)
	$(VENV) -m bench.backfill
	$(VENV) -m bench.pull
	$(VENV) -m bench.predictability
	$(VENV) -m bench.scorecard
	$(VENV) -m bench.notices
	$(VENV) -m bench.send 20000
	$(VENV) -m bench.web --keep .state/bench/web
	$(VENV) -m bench.web_server --keep .state/bench/web

features: setup ## docs/features.md from the declarations, with what the demo's last night knows of each feature
	$(VENV) -m bench.features --measure

# What tests look at letters and pages with. A machine where nobody may install is told what it lacks, and skips those tests.
tools: ## poppler-utils, qpdf and a chromium, by which tests look at letters and pages
	@missing=; for each in pdftotext:poppler-utils qpdf:qpdf chromium-headless-shell:chromium-headless-shell; do \
		command -v $${each%%:*} >/dev/null || missing="$$missing $${each##*:}"; done; \
	if test -z "$$missing"; then exit 0; fi; \
	if test "$$(id -u)" = 0 && command -v apt-get >/dev/null; then \
		echo "Installing$$missing"; \
		install() { DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends "$$@"; }; \
		(apt-get update -qq; install $$missing || install poppler-utils qpdf chromium) >/dev/null 2>&1 \
		|| echo "$$missing could not be installed: tests that need them are skipped, or take chromium." >&2; \
	else echo "Without$$missing some tests are skipped, or take chromium: apt-get install$$missing" >&2; fi

clean: ## caches; neither .venv nor .state, whose casebook nothing can rebuild
	rm -rf .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache *.egg-info
	find arrears dags plugins tests -name __pycache__ -prune -exec rm -rf {} +
