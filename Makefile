# make demo     install what is needed into .venv (once), start the page, say where to point the browser
# make test     the same for the tests, Chromium and nginx included; then lint and every test
# make lint     ruff for Python, Biome and tsc for the page     make format   rewrite the code as they want it
# make matrix   the tests outside the browser, with every Python and torch that ZeroGPU has
# make bench    timings, side by side             make clean    remove .venv
# make lock     renew requirements.lock           make audit    ask for known weaknesses in what it names
# make sbom     sbom.cdx.json: what it and the page's vendor/ name as a software bill of materials, CycloneDX
#
# PORT=8000 make demo        another port        PYTHON=python3.12 make demo   another Python (only when .venv is made)
# make test PYTEST_ARGS="tests/test_project.py -k readme"     WORKERS=4: test files at a time
# make matrix MATRIX='-k "py312 and torch29"'
# make bench BENCH=interaction

VENV ?= .venv
PYTHON_IN_VENV := $(VENV)/bin/python
BENCH ?= [!_]*
WORKERS ?= 2
NPM := PATH="$(abspath $(VENV))/bin:$$PATH" npm
export VENV

.PHONY: help demo test matrix bench lint format lock sbom audit clean installed installed-dev node system
.NOTPARALLEL:

help:
	@sed -n 's/^# \{0,1\}//p' Makefile

demo: installed
	@exec $(PYTHON_IN_VENV) app.py

test: installed-dev node system lint
	$(PYTHON_IN_VENV) -m pytest -n $(WORKERS) --dist loadfile --no-loadscope-reorder $(PYTEST_ARGS)

matrix: installed-dev
	$(PYTHON_IN_VENV) -m nox $(MATRIX)

lint: installed-dev node
	$(PYTHON_IN_VENV) -m ruff check .
	$(PYTHON_IN_VENV) -m ruff format --check .
	$(NPM) run --silent lint
	$(NPM) run --silent types

format: installed-dev node
	$(PYTHON_IN_VENV) -m ruff check --fix-only .
	$(PYTHON_IN_VENV) -m ruff format .
	$(NPM) run --silent format

bench: installed-dev system
	@for each in benchmarks/$(BENCH).py; do echo "== $$each"; $(PYTHON_IN_VENV) "$$each" || exit 1; done

lock: installed-dev
	$(VENV)/bin/uv pip compile requirements.txt --universal --python-version 3.10 --generate-hashes --upgrade --quiet \
		--no-emit-index-url --no-emit-find-links --custom-compile-command "make lock" --output-file requirements.lock

sbom: installed-dev
	$(VENV)/bin/uv tool run --from cyclonedx-bom==7.5.0 cyclonedx-py requirements requirements.lock \
		--output-reproducible --output-file sbom.cdx.json
	$(PYTHON_IN_VENV) scripts/sbom.py sbom.cdx.json

audit: installed-dev
	@sh scripts/audit.sh

clean:
	rm -rf "$(VENV)" node_modules

installed:
	@sh scripts/install.sh requirements.txt

installed-dev:
	@sh scripts/install.sh requirements.txt requirements-dev.txt

node: installed-dev
	@sh scripts/node.sh

system:
	@sh scripts/system.sh
