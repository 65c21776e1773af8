# grokyolo: `make demo` shows a grok, `make test` runs everything.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
PINS := constraints.txt
TORCH := torch==2.14.1 torchvision==0.29.1 ultralytics==8.4.190

.PHONY: demo test lint format constraints schema counts benchmark clean

demo: $(VENV)/.installed
	@run=$$($(BIN)/grokyolo train --recipe grok-modular-addition | sed -n 's/^done: //p') && \
	test -n "$$run" && $(BIN)/grokyolo gap "$$run" --plot

test: $(VENV)/.tests
	$(BIN)/python -m pytest -n auto --maxprocesses 4 --dist worksteal

lint: $(VENV)/.lint
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: $(VENV)/.lint
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

constraints:  # new pins for every Python from 3.10 on, around the torch and ultralytics named above
	$(PYTHON) -m venv .venv-pins && .venv-pins/bin/pip install --quiet uv
	echo $(TORCH) | tr ' ' '\n' > .venv-pins/torch.txt
	echo '# The versions that grokyolo is tested with, for every supported Python. Made by `make constraints`.' > $(PINS)
	.venv-pins/bin/uv pip compile pyproject.toml --all-extras --universal --python-version 3.10 \
		-c .venv-pins/torch.txt --no-header --no-annotate --quiet >> $(PINS)
	rm -r .venv-pins

schema: $(VENV)/.installed  # for editors; a test compares it with the code
	$(BIN)/grokyolo recipes schema > recipes/recipe.schema.json

counts: $(VENV)/.installed  # of Ultralytics' own architectures, for a new release of it
	$(BIN)/python benchmarks/counts.py

benchmark: $(VENV)/.tests
	$(BIN)/python benchmarks/verdict.py

clean:
	rm -rf $(VENV) build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis

$(BIN)/python:
	$(PYTHON) -m venv $(VENV)

$(VENV)/.installed: pyproject.toml $(PINS) | $(BIN)/python
	$(BIN)/python -m pip install --quiet -c $(PINS) -e .
	@touch $@

# MLflow stands apart: wherever Ultralytics finds it every training uses it, and without its database warns of it
$(VENV)/.tests: $(VENV)/.installed
	$(BIN)/python -m pip install --quiet -c $(PINS) -e '.[test]'
	$(BIN)/python -m pip install --quiet -c $(PINS) --upgrade --target $(VENV)/mlflow mlflow-skinny
	@touch $@

$(VENV)/.lint: $(VENV)/.tests
	$(BIN)/python -m pip install --quiet -c $(PINS) -e '.[test,lint]'
	@touch $@
