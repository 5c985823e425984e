# A thin front: CMake does the work.
.DEFAULT_GOAL := build
.PHONY: build
build: ## build the programs into build/release/bin
	cmake --preset release
	cmake --build --preset release
