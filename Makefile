# Every target sets up what it needs, once. PYTHON=... chooses the interpreter (3.11 to 3.13).

PYTHON ?= $(shell for python in python3.11 python3.12 python3.13 python3; do \
	$$python -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' 2>/dev/null \
	&& { command -v $$python; break; }; done)
BIN := .venv/bin

VENV := .venv/stamp-venv
LIBRARIES := .venv/stamp-libraries
WINDOW := .venv/stamp-window
PEERS := .venv/stamp-peers

QT_PACKAGES := libglib2.0-0 libgl1 libegl1 libxkbcommon0 libfontconfig1 libdbus-1-3 \
	libxcb-cursor0 libxkbcommon-x11-0 libxcb-icccm4 libxcb-keysyms1 libxcb-shape0
TEST_PACKAGES := git dbus gnome-keyring xvfb

.PHONY: help run regtest test test-slow lint bench proto lock clean

help:
	@echo "make run        open the window (without a display: make the tour's pictures)"
	@echo "make regtest    a Bitcoin network of your own to try it on"
	@echo "make test       every test that fits 25 minutes on two cores"
	@echo "make test-slow  the long forms"
	@echo "make lint       ruff, mypy --strict, import contracts"
	@echo "make bench      the benchmarks, into build/bench.json"
	@echo "make proto      renew what is made of the .proto files"
	@echo "make lock       renew requirements.lock"
	@echo "make clean      remove all that make made"

run: $(WINDOW)
	@if [ -n "$$DISPLAY$$WAYLAND_DISPLAY" ] || [ "$$(uname)" = Darwin ]; then \
		exec $(BIN)/pillarbox; \
	else \
		$(BIN)/pillarbox tour --out build/tour && \
		echo "There is no display here. The tour's pictures are in $(CURDIR)/build/tour"; \
	fi

regtest: $(LIBRARIES) $(PEERS)
	@PYTHONPATH=tests/e2e $(BIN)/python -m peers.playground

test: $(WINDOW) $(PEERS)
	$(BIN)/python -m pytest -m "not slow"

test-slow: $(WINDOW) $(PEERS)
	$(BIN)/python -m pytest -m slow -o faulthandler_timeout=1800

lint: $(LIBRARIES)
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: $(WINDOW) $(PEERS)
	$(BIN)/python tests/bench/run.py

proto: $(LIBRARIES)
	PATH=$(CURDIR)/$(BIN):$$PATH $(BIN)/python -m grpc_tools.protoc -I core \
		--python_out=core --pyi_out=core --grpclib_python_out=core core/pillarbox/proto/*.proto

lock:
	$(PYTHON) -m venv build/lock
	build/lock/bin/pip install --quiet uv
	build/lock/bin/uv --native-tls pip compile --quiet --universal --python-version 3.11 --upgrade \
		--generate-hashes --no-annotate --no-header --no-emit-index-url --no-emit-find-links \
		--extra gui --extra server --extra bench --extra dev --output-file requirements.lock pyproject.toml

clean:
	rm -rf .venv build dist *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache

$(VENV):
	@[ -n "$(PYTHON)" ] || { echo "Pillarbox needs Python 3.11, 3.12 or 3.13. Install it, or name it: make PYTHON=..."; exit 1; }
	@$(PYTHON) -c 'import ensurepip' 2>/dev/null || tools/debian_packages.sh \
		$$($(PYTHON) -c 'import sys; print("python%d.%d-venv" % sys.version_info[:2])')
	$(PYTHON) -m venv .venv
	touch $@

$(LIBRARIES): $(VENV) requirements.lock pyproject.toml
	$(BIN)/python -m pip install --quiet --require-hashes --requirement requirements.lock
	$(BIN)/python -m pip install --quiet --no-deps --no-build-isolation --editable .
	touch $@

$(WINDOW): $(LIBRARIES) tools/debian_packages.sh
	tools/debian_packages.sh $(QT_PACKAGES)
	touch $@

$(PEERS): $(VENV) tools/debian_packages.sh
	tools/debian_packages.sh $(TEST_PACKAGES) $$(command -v npm >/dev/null || echo nodejs npm)
	touch $@
