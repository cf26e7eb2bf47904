# SPDX-License-Identifier: GPL-2.0-only
#
# What there is to do: make help

# With CONFIG_TDX_BRINGUP=n, upstream's own initialisation at boot.
kernel_variant := $(if $(filter n,$(CONFIG_TDX_BRINGUP)),upstream,ours)

# A kernel tree of one's own, and the folder of what is downloaded.
export KSRC TDX_CACHE VECTORS

help:
	@echo 'make demo       fetch and build what is needed, boot upstream and ours, compare'
	@echo 'make test       all tests; the last line counts them'
	@echo 'make bench      time it against upstream in guests, up to an hour'
	@echo 'make test-debug tests with KASAN and KCSAN: builds two more kernels'
	@echo 'make test-kvm   tests of the real kvm_intel in Bochs, which has VMX'
	@echo 'make tree       prepare the kernel tree: build/linux/tree'
	@echo 'make kernel     build our kernel; CONFIG_TDX_BRINGUP=n: with the path of upstream'
	@echo 'make fuzz       10 million memory maps (LAYOUT_MAPS=), then calls, updates and'
	@echo '                maps that a fuzzer makes up, an hour each (FUZZ_SECONDS=)'
	@echo 'make inventory  what the tests in guests check: scripts/inventory.md'
	@echo 'make coverage   lines of the emulated module that tests and vectors reach'
	@echo 'make mutants    break the product in 400 places (MUTANTS=), drawn by SEED=, and'
	@echo '                count what the tests notice; PART=user or kernel'
	@echo 'make check      checkpatch, sparse, W=1, kernel-doc, docutils, shellcheck'
	@echo 'make patches    the series for a kernel git tree: build/patches/*.patch'
	@echo 'make clean      remove kernels, logs and tests; make distclean: trees too'
	@echo
	@echo 'KSRC=DIR        use the kernel tree in DIR, which is only read'
	@echo 'VECTORS=DIR     replay the vectors in DIR, not those in tools/testing/tdx/vectors'
	@echo 'TDX_CACHE=DIR   keep the download there (~/.cache/tdx-bringup)'

demo:
	@scripts/kernel ours upstream
	@scripts/demo

test:
	@scripts/run-tests

test-debug:
	@scripts/run-tests debug

test-kvm:
	@scripts/run-tests kvm

# User space only: no kernel is built.
USER_TESTS := $(MAKE) -C tools/testing/tdx O=$(CURDIR)/build/user \
	      $(if $(VECTORS),VECTORS=$(abspath $(VECTORS)))

fuzz: FUZZ_SECONDS ?= 3600
fuzz:
	@$(USER_TESTS) random
	@$(USER_TESTS) fuzz FUZZ_SECONDS=$(FUZZ_SECONDS)

inventory:
	@scripts/inventory

coverage:
	@$(USER_TESTS) coverage

mutants:
	@scripts/mutants $(PART) $(if $(SEED),--seed $(SEED)) $(if $(MUTANTS),--mutants $(MUTANTS))

bench:
	@scripts/kernel ours upstream
	@scripts/bench

tree:
	@scripts/tree

kernel:
	@scripts/kernel $(kernel_variant)

check:
	@scripts/check

patches:
	@scripts/patches

clean:
	@for dir in build/*/tree; do \
		find "$${dir%/tree}" -mindepth 1 -maxdepth 1 ! -name tree -exec rm -rf {} + || exit; \
	done
	@rm -rf build/logs build/guests build/user build/patches build/bench build/mutants

distclean:
	@rm -rf build

.PHONY: help demo test test-debug test-kvm fuzz inventory coverage mutants bench tree kernel \
	check patches clean distclean
