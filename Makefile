# Each target is one or two plain commands; README.md shows them for people without make.
SCALE  = laptop
PYTHON = $(shell command -v python3.11 || command -v python3)
BIN    = .venv/bin
READY  = .venv/ready

.PHONY: course test lab notebooks bench

course: $(READY)     # every lesson headless: make course SCALE=smoke
	$(BIN)/course run --scale $(SCALE)

test: $(READY)       # lint, types, tests, and every notebook at smoke scale
	$(BIN)/ruff check . && $(BIN)/ruff format --check . && $(BIN)/mypy
	$(BIN)/pytest

lab: $(READY)        # JupyterLab on the first lesson
	$(BIN)/jupyter lab notebooks/00_start_here.ipynb

notebooks: $(READY)  # execute and clean the committed notebooks
	$(BIN)/python -m course_lib.studio.notebooks

bench: $(READY)      # problems per CPU second
	$(BIN)/python benchmarks/generator.py

$(READY): requirements.txt pyproject.toml
	$(PYTHON) -m venv .venv
	$(BIN)/pip install -e '.[export,cluster]'
	touch $@
