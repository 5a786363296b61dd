# SPDX-License-Identifier: MIT
# The tasks, by name. What each does is in scripts/, tests/ and bench/.

.PHONY: help setup kernel userspace image run demo console test kunit lint bench clean

help:
	@echo 'make run        build all, boot it, play the story, leave a console'
	@echo 'make demo       the same story, unattended'
	@echo 'make test       every test; ends with N passed, N failed, N skipped'
	@echo 'make bench      every benchmark, in instructions'
	@echo 'make lint       checkpatch, sparse, clang-format, cppcheck'
	@echo 'make console    boot it to a shell, without the story'
	@echo 'make kernel | userspace | image | kunit | clean'

setup:
	@scripts/host-setup

kernel: setup
	@scripts/kernel

userspace: setup
	@scripts/userspace

image: userspace
	@scripts/image

run: kernel image
	@scripts/run

console: kernel image
	@scripts/vm

demo: kernel image
	@scripts/vm -- /usr/lib/coconut/story

test: kernel image
	@tests/run

kunit: setup
	@scripts/kernel --kunit

lint: setup
	@scripts/lint

bench: kernel image
	@bench/run

clean:
	rm -rf out
