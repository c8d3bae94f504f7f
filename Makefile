# Everything a person runs. `make demo` and `make test` need only Python 3.11 or later, git and make.
PY ?= $(shell for python in python3.11 python3; do \
	$$python -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null \
	&& echo $$python && break; done)
BIN := .venv/bin
PIP := $(BIN)/pip install -qq --disable-pip-version-check --no-input --require-hashes
LOCK := uv pip compile -q --generate-hashes --no-emit-index-url --no-emit-find-links --universal --python-version 3.11 --no-header
export PIP_ROOT_USER_ACTION := ignore

.PHONY: demo test check test-services faults bench words lock clean

.venv/.run: requirements.txt
	$(if $(PY),,$(error Python 3.11 or later with its venv module is needed; name it with `make PY=/path/to/python`))
	@echo "Installing the portal into .venv (half a minute, more on a slow line)"
	@$(PY) -m venv .venv
	@$(PIP) -r $<
	@touch $@

.venv/.dev: requirements-dev.txt .venv/.run
	@echo "Installing the test tools into .venv"
	@$(PIP) -r $<
	@touch $@

.venv/.heavy: requirements-heavy.txt .venv/.dev
	@echo "Installing the browser and S3 test tools into .venv"
	@$(PIP) -r $<
	@touch $@

demo: .venv/.run
	$(BIN)/python manage.py demo $(ARGS)

# Without a browser its tests are skipped, loudly; everything else runs.
test: .venv/.dev .venv/.heavy
	CHROMIUM="$$(.ci/chromium)" $(BIN)/python -m pytest -q -n auto --dist worksteal $(ARGS)

check: .venv/.dev
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache
	$(BIN)/python manage.py check
	$(BIN)/python manage.py makemigrations --check --dry-run

test-services: .venv/.dev .venv/.heavy
	CHROMIUM="$$(.ci/chromium)" $(BIN)/python .ci/services.py $(ARGS)

# Storage that is away needs an S3 server.
faults: .venv/.dev .venv/.heavy
	$(BIN)/python -m tests.faults $(ARGS)
	$(if $(ARGS),,$(BIN)/python -m tests.faults.machine)

bench: .venv/.dev
	$(BIN)/python -m tests.bench $(ARGS)

# Bring the catalogues of all languages up to date with the words in the code, and say what they lack.
words: .venv/.dev
	$(BIN)/python manage.py words $(ARGS)

# Maintainers only: needs uv. The lock files carry hashes and no index address.
lock:
	$(LOCK) requirements.in -o requirements.txt
	$(LOCK) requirements-dev.in -o requirements-dev.txt
	$(LOCK) requirements-heavy.in -o requirements-heavy.txt

clean:
	rm -rf .venv var
