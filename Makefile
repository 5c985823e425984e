# A thin front: CMake does the work. `make help` lists what there is.
.DEFAULT_GOAL := build
SEEDS ?= 40
.PHONY: help build test torture demo bench install-dependencies clean

help: ## list the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /\1\t/' | expand -t 24

build: install-dependencies ## build the programs into build/release/bin
	cmake --preset release
	cmake --build --preset release

test: build ## run every test on the release build
	ctest --test-dir build/release --output-on-failure -j 2

torture: build ## the crash tests at length, then ten minutes of kill -9: about an hour, SEEDS=40
	ROWAN_SEEDS=$(SEEDS) build/release/tests/crash_tests
	ROWAN_SEEDS=$(SEEDS) build/release/tests/sql_crash_tests --gtest_filter='SqlCrash.*'
	ROWAN_FLIPS=10000 build/release/tests/sql_crash_tests --gtest_filter='Damage*'
	build/release/bin/rowan torture build/release --seconds 600

demo: build ## the hospital: create, load, ask, delete, fail, roll back, explain, reopen
	tests/demo/run build/release/bin/rowan

bench: build ## measure small statements against SQLite
	build/release/bin/rowan-bench

install-dependencies: ## install what is missing (Debian packages, with sudo when not root)
	@.ci/install

clean: ## remove all builds
	rm -rf build
