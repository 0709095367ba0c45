# Needs Python 3.10 or newer and a package registry; everything goes into .venv.
#   make demo                read a sample document with the base package
#   make test                all fast tests
#   make test-slow           the proofs that take minutes
#   make test-webui          a real Open WebUI in a browser; needs Chromium and installs 3 GB once
#   make lint                ruff and mypy
#   make bench DATA=folder   score reading on pages with known text, beside plain RapidOCR
#   make ablation DATA=folder   what each part of --effort max is worth
#   make calibrate DATA=folder  fit confidences anew on pages with known text
#   make benchmark-reading DATA=folder   speed and errors beside other programs
#   make benchmark-engine    InternVL3's engine beside transformers, on random weights
#   make benchmark-serving   the server under load, beside the same pages read offline

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/$(if $(filter Windows_NT,$(OS)),Scripts,bin)
PEERS := .venv-peers
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet install
SAMPLE ?= samples/scan-zh.pdf
DEMO_DIR := out/demo

.DEFAULT_GOAL := help
.PHONY: help demo test test-slow test-webui lint bench ablation calibrate benchmark-reading benchmark-engine \
  benchmark-serving has-data clean

help:
	@sed -n 's/^#   //p' Makefile

demo: $(VENV)/.base
	@echo "Reading $(SAMPLE)"
	@$(BIN)/shuowen read $(SAMPLE) -o $(DEMO_DIR) --to md --to overlay
	@echo
	@cat $(DEMO_DIR)/$(basename $(notdir $(SAMPLE))).md
	@echo
	@echo "The text above is in $(DEMO_DIR)/$(basename $(notdir $(SAMPLE))).md."
	@echo "What was found where, drawn on the page: $(DEMO_DIR)/$(basename $(notdir $(SAMPLE))).overlay-0001.png"

test: $(VENV)/.dev
	$(BIN)/python -m pytest -m "not slow and not webui"

test-slow: $(VENV)/.dev
	$(BIN)/python -m pytest -m slow

test-webui: $(VENV)/.dev
	@$(PIP) playwright
	$(BIN)/python -m pytest tests/webui -m webui -s

lint: $(VENV)/.dev
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy

bench: has-data $(VENV)/.dev $(PEERS)/.installed
	$(BIN)/shuowen bench $(DATA) --effort max --engine shuowen --engine rapidocr --baseline rapidocr \
	  --peer-python $(PEERS)/bin/python -o out/bench

ablation: has-data $(VENV)/.dev
	$(BIN)/python benchmarks/ablation.py $(DATA)

calibrate: has-data $(VENV)/.dev
	$(BIN)/python benchmarks/calibrate.py $(DATA)

benchmark-reading: has-data $(VENV)/.dev
	$(BIN)/python benchmarks/reading.py $(DATA)

benchmark-engine: $(VENV)/.dev
	$(BIN)/python benchmarks/engine.py

benchmark-serving: $(VENV)/.dev
	$(BIN)/python benchmarks/serving.py --requests 2000

has-data:
	@test -n "$(DATA)" || { echo "Say where the pages are: make $(MAKECMDGOALS) DATA=folder"; exit 2; }

clean:
	rm -rf $(VENV) $(PEERS) out

# Installed once, and again when the dependencies change; -e, so that the code is always the checkout's.
$(VENV)/.base: $(VENV)/.python pyproject.toml
	@echo "Installing shuowen into $(VENV), which takes a minute or two the first time"
	@$(PIP) -e .
	@touch $@

$(VENV)/.dev: $(VENV)/.python pyproject.toml
	@echo "Installing shuowen and what its tests need into $(VENV), which takes a minute or two the first time"
	@$(PIP) -e ".[dev]"
	@touch $@ $(VENV)/.base

# Other people's programs, to be measured beside ours.
$(PEERS)/.installed:
	@echo "Installing RapidOCR into $(PEERS), to be measured beside"
	@$(PYTHON) -m venv $(PEERS)
	@$(PEERS)/bin/python -m pip --disable-pip-version-check --quiet install rapidocr==3.10.0 onnxruntime
	@touch $@

$(VENV)/.python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 10))' || \
	  { echo "Shuowen needs Python 3.10 or newer. Name one: make PYTHON=python3.12 $(MAKECMDGOALS)"; exit 2; }
	@$(PYTHON) -m venv $(VENV)
	@touch $@
