# `make demo` and `make test` are the quick start; `make check` is what CI runs.
SHELL := /bin/bash
PY := .venv/bin/python
UV := .venv/bin/uv

.PHONY: setup demo test serve check check-tools static format lint types contracts clean lock proof bench

setup: .venv/.ready .venv-aws/.ready

.venv/.ready: requirements/dev.lock pyproject.toml
	@test -x $(PY) || python3 -m venv .venv
	@test -x $(UV) || .venv/bin/pip install -q --disable-pip-version-check uv==0.13.9
	@$(UV) pip install -q --python $(PY) --require-hashes -r requirements/dev.lock
	@$(UV) pip install -q --python $(PY) --no-deps --no-build-isolation -e .
	@touch $@

# MiniStack pins botocore, so it lives in an environment of its own, never in the app's.
.venv-aws/.ready: requirements/ministack.lock .venv/.ready
	@test -x .venv-aws/bin/python || python3 -m venv --without-pip .venv-aws
	@$(UV) pip install -q --python .venv-aws/bin/python --require-hashes -r requirements/ministack.lock
	@touch $@

demo: setup
	@.venv/bin/otbill demo

test: setup
	@$(PY) -m pytest -n 2 --dist loadfile -m "not browser and not sshd and not package and not contract"

serve: setup
	@.venv/bin/otbill serve

format: setup
	@.venv/bin/ruff format --check .

lint: setup
	@.venv/bin/ruff check .

types: setup
	@.venv/bin/mypy

contracts: setup
	@.venv/bin/lint-imports

check-tools: setup
	@.ci/install-check-tools

static: check-tools
	@.venv/bin/bandit -q -c pyproject.toml -r chalicelib app.py infra

check: format lint types contracts test check-tools static
	@$(PY) -m pytest -m "browser or sshd or package or contract"

lock: setup
	@for name in runtime dev check ministack; do $(UV) pip compile -q --no-header --no-emit-find-links --no-emit-index-url \
	  --generate-hashes --python-version 3.11 requirements/$$name.in -o requirements/$$name.lock; done

# Correctness under crash, attack, concurrency and replay; figures in docs/figures/proof.jsonl. Minutes, not part of `make check`.
proof: setup
	@$(PY) -m tests.proof

# Speed, memory and rates beside their floors and peers; figures in docs/figures/bench.jsonl. Minutes, not part of `make check`.
bench: setup
	@$(PY) -m tests.bench claims scrub coverage portal
	@$(PY) -m tests.bench remits
	@.venv/bin/otbill bench x12 --growth --record docs/figures/bench.jsonl

clean:
	rm -rf .otbill .mypy_cache .ruff_cache
