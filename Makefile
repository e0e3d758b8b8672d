# `make help` lists what there is. Everything runs in .venv, which each target sets up itself.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
PROTOS := $(shell cd protos && find . -name '*.proto' | sort)

.DEFAULT_GOAL := help

.PHONY: help
help: ## list the targets
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

$(STAMP): pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade pip
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable '.[server,dev]'
	@touch $@

.PHONY: install
install: $(STAMP) ## set up .venv with both services and the development tools

.PHONY: protos
protos: $(STAMP) ## generate the stubs in planner/v1 and orchestrator/v1
	rm -f planner/v1/*_pb2* orchestrator/v1/*_pb2*
	cd protos && PATH="$(CURDIR)/$(BIN):$$PATH" && \
		../$(BIN)/python -m grpc_tools.protoc -I . --python_out=.. --mypy_out=quiet:.. $(PROTOS) && \
		../$(BIN)/python -m grpc_tools.protoc -I . --grpc_python_out=.. --mypy_grpc_out=quiet:.. \
			$(filter %_service.proto,$(PROTOS))

.PHONY: format
format: $(STAMP) ## format Python and protos
	$(BIN)/ruff check --fix --quiet . || true
	$(BIN)/ruff format --quiet .
	$(BIN)/buf format -w

.PHONY: demo
demo: $(STAMP) ## deploy a sample cluster with both services as processes
	@$(BIN)/python samples/pair.py demo

.PHONY: serve
serve: $(STAMP) ## run both services with the sample release and cluster loaded
	@$(BIN)/python samples/pair.py serve

.PHONY: test
test: $(STAMP) ## run all tests, on two processors
	$(BIN)/pytest --numprocesses 2 --dist loadfile

.PHONY: check
check: $(STAMP) ## lint, types, import contracts, protos, stubs
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/buf lint
	$(BIN)/buf format -d --exit-code
	$(MAKE) --no-print-directory protos
	git diff --exit-code -- planner/v1 orchestrator/v1
	@test -z "$$(git status --porcelain -- planner/v1 orchestrator/v1)" || \
		{ echo "stubs are not committed:"; git status --short -- planner/v1 orchestrator/v1; exit 1; }

.PHONY: bench
bench: $(STAMP) ## measure the hot paths; BENCH_JSON=out.json writes figures
	$(BIN)/python -m tests.bench $(if $(BENCH_JSON),--json $(BENCH_JSON))

.PHONY: clean
clean: ## remove what was installed and made
	rm -rf $(VENV) build dist *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis
