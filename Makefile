# Daily commands. `make sandbox` and `make test` need Python 3.11+ and nothing else.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check -q

.PHONY: sandbox test quick crash-test check format words manifest data lock bench browser typescript clean

sandbox: $(VENV)/.sandbox  ## Try the whole app in a browser, without any account
	@echo "Starting the sandbox; its address comes in a few seconds…"
	@$(BIN)/lipsync-bot sandbox

test: $(VENV)/.dev browser typescript  ## Run every test
	$(BIN)/pytest

quick: $(VENV)/.dev typescript  ## The tests that need neither a browser, a PostgreSQL server, minutes nor millions of steps
	$(BIN)/pytest tests/unit tests/integration --hypothesis-profile quick -m "not (postgres or steps)"

crash-test: $(VENV)/.dev  ## A thousand orders, three hundred kills, bad networks; under twenty minutes
	$(BIN)/python -m tests.crash

check: $(VENV)/.dev  ## Formatting, lint, types, import contracts
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: $(VENV)/.dev
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

words: $(VENV)/.dev  ## Gather every text into the catalogue, merge it into each language and compile them
	$(BIN)/python -m tests.catalogue

manifest: $(VENV)/.dev  ## Write manifest.yml and docs/permissions.md anew from the code
	$(BIN)/python -m tests.manifest

data: $(VENV)/.dev  ## Write docs/data.md anew from the map of the data
	$(BIN)/python -m tests.data_map

bench: $(VENV)/.dev  ## Side-by-side figures against named peers
	$(BIN)/python -m benchmarks

browser: $(VENV)/.dev  ## Chromium for the browser tests
	$(BIN)/python -m tests.browser.chromium

typescript: tests/typescript_sdk/node_modules  ## sync.so's TypeScript SDK, for the tests of the fake

tests/typescript_sdk/node_modules: tests/typescript_sdk/package-lock.json $(VENV)/.dev
	cd $(@D) && $(CURDIR)/$(BIN)/npm ci --ignore-scripts --no-audit --no-fund --silent
	@touch $@

lock: $(VENV)/.dev  ## Pin every dependency with hashes
	$(BIN)/uv pip compile --universal --python-version 3.11 --generate-hashes --no-header -q pyproject.toml -o requirements.lock
	$(BIN)/uv pip compile --universal --python-version 3.11 --generate-hashes --no-header -q pyproject.toml --extra probe -o requirements-probe.lock
	$(BIN)/uv pip compile --universal --python-version 3.11 --generate-hashes --no-header -q pyproject.toml --extra sandbox --group build -o requirements-sandbox.lock
	$(BIN)/uv pip compile --universal --python-version 3.11 --generate-hashes --no-header -q pyproject.toml --extra sandbox --group dev -o requirements-dev.lock

$(VENV)/bin/python:
	$(PYTHON) -m venv $(VENV)

# The sandbox needs less than the tests; the dev set is a superset of it, so either stamp serves.
$(VENV)/.sandbox: requirements-sandbox.lock pyproject.toml | $(VENV)/bin/python
	@echo "Installing what the sandbox needs into $(VENV)/: about a minute the first time…"
	@test -e $(VENV)/.dev || $(PIP) install --require-hashes -r requirements-sandbox.lock
	@$(PIP) install --no-deps --no-build-isolation -e .
	@touch $@

$(VENV)/.dev: requirements-dev.lock pyproject.toml | $(VENV)/bin/python
	$(PIP) install --require-hashes -r requirements-dev.lock
	$(PIP) install --no-deps --no-build-isolation -e .
	touch $@

clean:
	rm -rf $(VENV) tests/typescript_sdk/node_modules .mypy_cache .pytest_cache .ruff_cache
