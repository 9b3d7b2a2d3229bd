PYTHON ?= python3
VENV   ?= .venv
WORKERS ?= 4
BIN    := $(VENV)/bin
LOCK := --quiet --generate-hashes --all-build-deps --allow-unsafe --strip-extras --no-header \
	--no-emit-index-url --no-emit-find-links --no-emit-trusted-host
INSTALL_SELF := $(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .

.PHONY: help demo test lint types unit long checkers bench torture sample lock clean

help:  ## say what can be made
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*##/\t/' | expand -t 12

$(VENV)/.runtime: requirements.lock pyproject.toml
	@echo "Installing into $(VENV) …"
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(INSTALL_SELF)
	@touch $@

$(VENV)/.dev: requirements-dev.lock pyproject.toml
	@echo "Installing into $(VENV) …"
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.lock
	$(INSTALL_SELF)
	@touch $@ $(VENV)/.runtime

demo: $(VENV)/.runtime  ## install, then show the whole product on the sample site in ./demo
	$(BIN)/publisher demo demo

test: lint types unit  ## lint, types and all tests but the long ones

lint: $(VENV)/.dev
	$(BIN)/ruff check publisher tests
	$(BIN)/ruff format --check --quiet publisher tests

types: $(VENV)/.dev
	$(BIN)/mypy

unit: $(VENV)/.dev
	$(BIN)/python -m pytest --quiet -m "not long" --numprocesses $(WORKERS) --dist loadfile

long: $(VENV)/.dev  ## the tests that take long: services over weeks, crashes, thousands of copies
	$(BIN)/python -m pytest --quiet -m long --numprocesses $(WORKERS) --dist loadfile

checkers: tests/mail/node_modules/.made  ## install what tests/mail checks the mail with; without it those tests skip

tests/mail/node_modules/.made: tests/mail/package-lock.json
	timeout 300 npm ci --prefix tests/mail --ignore-scripts --no-audit --no-fund --loglevel=error
	@touch $@

bench: $(VENV)/.dev  ## measure speed; prints figures, judges nothing
	$(BIN)/python -m tests.benchmarks

torture: $(VENV)/.dev  ## kill a thousand senders, and see that nobody is lost
	$(BIN)/python -m pytest --quiet --capture=no -p no:cacheprovider tests/faults/torture.py

sample: $(VENV)/.runtime  ## build feeds/ of this folder's own sample site anew, byte for byte
	$(BIN)/publisher collect --now 2026-11-23T15:00:00Z
	$(BIN)/publisher feeds build --now 2026-11-23T15:00:00Z

lock: $(VENV)/.dev  ## pin the dependencies of pyproject.toml anew
	$(PYTHON) -m venv $(VENV)-lock
	$(VENV)-lock/bin/pip install --quiet pip-tools
	$(VENV)-lock/bin/pip-compile $(LOCK) --extra dev -o requirements-dev.lock pyproject.toml
	$(VENV)-lock/bin/pip-compile $(LOCK) --extra postgresql -c requirements-dev.lock -o requirements.lock pyproject.toml

clean:  ## remove what make made
	rm -rf $(VENV) $(VENV)-lock demo
	rm -rf tests/mail/node_modules
