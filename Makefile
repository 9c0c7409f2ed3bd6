# make demo and make test set up all they need; nothing else is required on a Debian machine with python3.
SHELL := /bin/bash
.DELETE_ON_ERROR:

PERSONS ?= 2500

.PHONY: setup demo test test-long lint lint-python lint-sql bench handbook lock clean

setup: .venv/.ready

.venv/.ready: requirements.lock dashboards/requirements.lock pyproject.toml scripts/setup.sh
	bash scripts/setup.sh
	touch $@

demo: setup
	.venv/bin/reentry demo --persons $(PERSONS)

lint: setup
	@$(MAKE) --no-print-directory --jobs 2 --output-sync lint-python lint-sql

lint-python:
	.venv/bin/ruff check scripts tests dashboards
	.venv/bin/ruff format --check scripts tests dashboards
	.venv/bin/mypy
	.venv/bin/python scripts/lint_models.py

# macros and generic tests are Jinja first and SQL second: sqlfluff reads what is made of them
lint-sql:
	.venv/bin/sqlfluff lint models tests/dbt/*.sql

test: lint
	.venv/bin/pytest -n 2 --dist loadgroup --no-loadscope-reorder

# every long test with its full numbers: kills, mutated files, random windows
test-long: setup
	REENTRY_LONG=1 .venv/bin/pytest -n 2 --dist loadgroup --no-loadscope-reorder

bench: setup
	.venv/bin/reentry bench --out docs/benchmarks.md

# the rules as a page: a test says when it is out of date
handbook: setup
	.venv/bin/reentry handbook --out docs/规则手册.md

# the lock is a hashed requirements file; `make lock` is the only thing that changes it
lock:
	uv pip compile pyproject.toml --extra dev --universal --python-version 3.11 \
		--generate-hashes --no-header --no-annotate -o requirements.lock
	uv pip compile dashboards/requirements.in --universal --python-version 3.11 \
		--generate-hashes --no-header --no-annotate -o dashboards/requirements.lock

clean:
	rm -rf .venv .venv-superset .venv-uv target logs var var-demo-inbox
