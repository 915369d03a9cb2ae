# Everything here is a shortcut; what it does is in packaging/dev/.
VENV ?= .venv
WORKSPACE ?= $(CURDIR)
export VENV
# Compiled modules are kept, whatever the environment says: without them a daemon takes twice as long to start.
export PYTHONDONTWRITEBYTECODE=
PYTEST_ARGS ?=
# Most tests wait for something: three at once keep two cores busy.
TEST_WORKERS ?= 3
# What the unit tests reach is counted: counting slows a test down to half its speed, and the integration tests run
# most of the product in processes of their own.
COVERAGE = $(if $(PYTEST_ARGS),,--cov --cov-report=term:skip-covered)

.PHONY: help setup run test lint test-floor test-system deb image dist bench bench-engine bench-fleet chaos soak fuzz vscode test-vscode clean

help:  ## this list
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' Makefile | expand -t 14

setup:  ## .venv/bin/obsd and .venv/bin/obsctl; quick when they are there
	@packaging/dev/setup.sh

run: setup  ## obsd in the foreground for WORKSPACE=path (this checkout), live activity, Ctrl-C ends it
	@exec $(VENV)/bin/python packaging/dev/run.py "$(WORKSPACE)"

lint: setup  ## ruff, mypy, the layers of imports, spelling, shell scripts
	@$(VENV)/bin/ruff check .
	@$(VENV)/bin/ruff format --quiet --check . || { echo "hint: ruff format ."; exit 1; }
	@$(VENV)/bin/mypy obsd obsctl packaging tests benchmarks
	@contracts=$$($(VENV)/bin/lint-imports --no-cache) || { echo "$$contracts"; exit 1; }
	@$(VENV)/bin/codespell
	@packaging/dev/shellcheck.sh

test: lint  ## lint, then the tests of an ordinary user, and how much they cover; PYTEST_ARGS="-k name" chooses
	@$(VENV)/bin/python -m pytest -n $(TEST_WORKERS) --dist loadgroup --durations=10 $(COVERAGE) $(PYTEST_ARGS)

test-floor:  ## the tests with the oldest versions that are supported
	@packaging/dev/test-floor.sh $(PYTEST_ARGS)

test-system: setup  ## the packages on booted Debian 12 and 13, a real Prometheus and its kin; as root
	@$(VENV)/bin/python -m pytest tests/system -o timeout=1200 --durations=10 $(PYTEST_ARGS)

deb:  ## dist/deb/*.deb, built in a clean Debian 12 (as root) or with what is installed
	@packaging/dev/deb.sh dist/deb

image:  ## localhost/obsd:VERSION, from dist/deb, by podman or docker; docs/containers.md
	@packaging/dev/image.sh

dist: setup  ## dist/*.whl and dist/*.tar.gz
	@mkdir -p dist
	@$(VENV)/bin/python -c 'import setuptools.build_meta as b; b.build_sdist("dist"); b.build_wheel("dist")' >/dev/null
	@ls dist/*.whl dist/*.tar.gz

bench: setup  ## idle cost, memory and latency, as a table
	@$(VENV)/bin/python -m benchmarks

bench-engine: setup  ## the watching engine against inotifywait, watchman and the Python libraries
	@$(VENV)/bin/python -m benchmarks engine

bench-fleet: setup  ## a thousand machines' series in VictoriaMetrics, its rules and queries; FLEET_ARGS="--machines 200"
	@$(VENV)/bin/python -m benchmarks.fleet $(FLEET_ARGS)

chaos: setup  ## kills, power cuts, full disks, hostile repositories, with known totals; CHAOS_ARGS="--seconds 600 --seed 7"
	@$(VENV)/bin/python -m tests.chaos $(CHAOS_ARGS)

soak: setup  ## days of work in minutes: memory, descriptors and series must stop growing; SOAK_ARGS="--minutes 30"
	@$(VENV)/bin/python -m benchmarks.soak $(SOAK_ARGS)

fuzz: setup  ## mutated input against all that reads what others write; FUZZ_ARGS="--seconds 600 --seed 7"
	@$(VENV)/bin/python -m tests.fuzz $(FUZZ_ARGS)

vscode:  ## dist/obsd-vscode-*.vsix, the extension for VS Code; needs npm
	@packaging/dev/vscode.sh build

test-vscode: setup  ## the extension: unit tests, then the real editor in a headless browser (installs 800 MB, once)
	@packaging/dev/vscode.sh test
	@packaging/dev/vscode.sh build
	@packaging/dev/vscode-editor.sh
	@$(VENV)/bin/python -m pytest tests/vscode -o timeout=600 $(PYTEST_ARGS)

clean:  ## what can be made again
	rm -rf .venv .run build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis .coverage*
	rm -rf packaging/vscode/node_modules packaging/vscode/out
	rm -f obsd/v1/*_pb2*
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
