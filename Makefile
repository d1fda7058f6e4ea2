# Two commands matter: `make demo` and `make test`. Each makes .venv the first time it is called.
# The plain pip equivalents stand in README.md.

PYTHON := $(shell for p in python3.11 python3; do \
	command -v $$p >/dev/null 2>&1 && $$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null \
	&& { echo $$p; exit; }; done)
VENV := .venv
SEEDS := 2000
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check
# What an editable install does not: byte code, and what is kept beside it.
COMPILE := $(BIN)/python -m compileall -q controller drivers simulators springback \
	&& PYTHONDONTWRITEBYTECODE= $(BIN)/python -m springback.prepare
RUNTIME := $(VENV)/.runtime-installed
DEV := $(VENV)/.dev-installed
GUARD_TESTS := $(wildcard tests/unit/test_alarm*.py tests/unit/test_gate.py tests/unit/test_guard_*.py tests/unit/test_interlock*.py)

.PHONY: help setup demo test test-screens lint types arch docs screens picture check validate coverage mutate bench faults ladder killpoints kills campaign campaign-release lock clean

help:
	@echo 'make demo          both recipes on simulated instruments, in virtual time'
	@echo 'make test          lint, types, import contracts and tests; what continuous integration calls'
	@echo 'make setup         .venv with everything, from the locked list'
	@echo 'make test-screens  the tests that need a program of apt.txt; fails when one is missing'
	@echo 'make lint | types | arch   one part of make test'
	@echo 'make check         make test and make test-screens'
	@echo 'make faults        the long proofs: every fault at several instants, twenty processes per seed'
	@echo 'make coverage      every branch of controller/guard is taken by its own tests, or this fails'
	@echo 'make mutate        change every condition, limit and row of the interlocks and state tables, write docs/mutants.md'
	@echo 'make validate      compare the simulated physics with closed forms and published figures, write docs/validation.md'
	@echo 'make ladder        the n-th reply, timer, write or decoding fails, for every n of a short run'
	@echo 'make killpoints    the controller dies at every intent and state change of every shipped recipe (15 min); KILL_EVERY=10 samples'
	@echo 'make kills         kill -9 of 500 real processes at random instants; KILLS=50 for fewer; both write docs/kill-points.md'
	@echo 'make campaign      300 random recipes with random faults under the monitor'
	@echo 'make bench         measure speed and reactions (15 min), write docs/measurements.md and the demo in README.md'
	@echo 'make campaign-release   SEEDS=2000 of them, written to docs/campaign.md'
	@echo 'make docs          write the generated pages of docs/reference again'
	@echo 'make screens       draw docs/images/console-*.svg again'
	@echo 'make picture       draw docs/images/report.png again (needs chromium)'
	@echo 'make lock          resolve requirements/*.in again (needs pip-tools)'
	@echo 'make clean         remove .venv, caches and runs'

# ---------------------------------------------------------------------------------------------- environment
$(BIN)/python:
	@if [ -z "$(PYTHON)" ]; then \
		echo 'springback needs Python 3.11 or later; neither python3.11 nor python3 on the PATH is that.' >&2; \
		echo 'Install it (Debian, Ubuntu: apt install python3.11 python3.11-venv) and call make again.' >&2; exit 1; fi
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { \
		echo '$(PYTHON) has no venv module; on Debian and Ubuntu: apt install python3-venv' >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)

$(RUNTIME): requirements/runtime.lock pyproject.toml | $(BIN)/python
	$(PIP) install --quiet --require-hashes -r requirements/runtime.lock
	$(PIP) install --quiet --no-deps --no-build-isolation -e .
	@$(COMPILE)
	@touch $@

$(DEV): requirements/dev.lock pyproject.toml | $(BIN)/python
	$(PIP) install --quiet --require-hashes -r requirements/dev.lock
	$(PIP) install --quiet --no-deps --no-build-isolation -e .
	@$(COMPILE)
	@touch $@ $(RUNTIME)

setup: $(DEV)

# ---------------------------------------------------------------------------------------------- the two commands
demo: $(RUNTIME)
	@$(BIN)/springback demo

# The folders in their order: tests on real ports come first, so that nothing waits for them at the end.
test: lint types arch
	$(BIN)/python -m pytest -q -n auto --dist loadfile --no-loadscope-reorder

# ---------------------------------------------------------------------------------------------- parts and more
lint: $(DEV)
	$(BIN)/ruff check --quiet .
	$(BIN)/ruff format --check --quiet .

types: $(DEV)
	$(BIN)/mypy

arch: $(DEV)
	$(BIN)/lint-imports --no-logo 2>/dev/null || $(BIN)/lint-imports

test-screens: $(DEV)
	SPRINGBACK_NEED_PROGRAMS=1 $(BIN)/python -m pytest -q -m screens

check: test test-screens

faults: $(DEV)
	$(BIN)/python -m pytest -q -m long

bench: $(DEV)
	@$(COMPILE)
	$(BIN)/python bench/speed.py

validate: $(DEV)
	$(BIN)/python -m tests.validation.write

coverage: $(DEV)
	$(BIN)/python -m coverage run -m pytest -q -p no:xdist $(GUARD_TESTS)
	$(BIN)/python -m coverage report

mutate: $(DEV)
	$(BIN)/python -m tests.tables.write

docs: $(DEV)
	$(BIN)/python -m docs.generate

screens: $(DEV)
	$(BIN)/python docs/screens.py

picture: $(DEV)
	rm -rf build/picture && $(BIN)/springback run compress-release --out build/picture
	chromium --headless --no-sandbox --disable-gpu --hide-scrollbars --window-size=1200,1378 \
		--screenshot=docs/images/report.png file://$(CURDIR)/build/picture/report.html

ladder: $(DEV)
	$(BIN)/python -m pytest -q -m long tests/line/test_ladder.py

killpoints: $(DEV)
	$(BIN)/python -m tests.kills.write points

kills: $(DEV)
	$(BIN)/python -m tests.kills.write kills

campaign: $(RUNTIME)
	$(BIN)/springback campaign --seeds 300

campaign-release: $(RUNTIME)
	mkdir -p build
	$(BIN)/springback campaign --seeds $(SEEDS) --json > build/campaign.json; test $$? -le 1
	$(BIN)/python bench/campaign.py build/campaign.json

lock: $(BIN)/python
	$(PIP) install --quiet 'pip-tools>=7'
	cd requirements && for list in runtime dev; do \
		../$(BIN)/pip-compile --quiet --generate-hashes --allow-unsafe --strip-extras --no-header \
		--no-emit-index-url --no-emit-trusted-host --output-file $$list.lock $$list.in || exit 1; done

clean:
	rm -rf $(VENV) runs build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache .coverage*
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
