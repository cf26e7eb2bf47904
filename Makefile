# SPDX-License-Identifier: GPL-2.0-only
#
# make help lists the targets.

# make kernel builds our kernel, or VARIANT=upstream.
VARIANT ?= ours

# The user's kernel tree, the version of Debian's source, the folder of downloads, and the folder of vectors.
export KSRC LINUX TDX_CACHE VECTORS

help:
	@echo 'make demo       build and boot the upstream kernel and ours, and compare them'
	@echo 'make test       run all tests; the last line counts the results'
	@echo 'make bench      compare the times with upstream in guests; takes up to an hour'
	@echo 'make test-debug run tests with KASAN, with KCSAN, without NUMA and without SMP;'
	@echo '                builds four more kernels'
	@echo 'make test-kvm   test the real kvm_intel in Bochs, which emulates VMX'
	@echo 'make tree       prepare our kernel tree in build/linux/tree'
	@echo 'make kernel     build our kernel; VARIANT=upstream: upstream with the emulator'
	@echo 'make deb        build Debian packages for a TDX host: a kernel, and tdxctl'
	@echo 'make test-deb   boot these packages in QEMU with the emulated TDX module'
	@echo 'make fuzz       plan 10 million random hosts (LAYOUT_HOSTS=), then fuzz calls,'
	@echo '                updates and hosts for an hour each (FUZZ_SECONDS=)'
	@echo 'make inventory  list the checks of the tests in guests in scripts/inventory.md'
	@echo 'make exercise   put a bug into upstream, and see the emulator report it'
	@echo 'make coverage   show the lines of the emulated module that tests reach'
	@echo 'make mutants    break the product in 400 random places (MUTANTS=, SEED=), and'
	@echo '                count the mutants that tests notice; PART=user or kernel'
	@echo 'make check      run checkpatch, sparse, W=1, kernel-doc, docutils, shellcheck'
	@echo 'make patches    write four patch series for a kernel git tree to build/patches'
	@echo 'make check-series compile each patch of the series, with all options on and off'
	@echo 'make clean      remove kernels, logs and test programs, but no source trees'
	@echo 'make distclean  remove the whole build directory'
	@echo
	@echo 'CONFIG=FILE     make deb: configure the kernel as in FILE, not as the running one;'
	@echo '                debian: as Debian does'
	@echo 'LOCALMODCONFIG=1 make deb: build only the modules that are loaded'
	@echo 'KSRC=DIR        use a copy of the kernel tree DIR, not the Debian source'
	@echo 'LINUX=7.2       use this version of the Debian source, not the newest'
	@echo 'VECTORS=DIR     replay the vectors in DIR, not those in tools/testing/tdx/vectors'
	@echo 'TDX_CACHE=DIR   keep downloads in DIR, not in ~/.cache/tdx-bringup'

demo:
	@scripts/kernel ours upstream
	@scripts/demo

test:
	@scripts/run-tests

test-debug:
	@scripts/run-tests debug

test-kvm:
	@scripts/run-tests kvm

# These targets build no kernel.
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

exercise:
	@scripts/exercise

tree:
	@scripts/tree

kernel:
	@scripts/kernel $(VARIANT)

deb:
	@scripts/deb $(if $(CONFIG),--config '$(CONFIG)') $(if $(LOCALMODCONFIG),--localmod)

test-deb:
	@scripts/test-deb

check:
	@scripts/check

patches:
	@scripts/patches

check-series:
	@scripts/check-series

clean:
	@for dir in build/*/tree; do \
		find "$${dir%/tree}" -mindepth 1 -maxdepth 1 ! -name tree -exec rm -rf {} + || exit; \
	done
	@rm -rf build/logs build/guests build/user build/patches build/mutants

distclean:
	@rm -rf build

.PHONY: help demo test test-debug test-kvm fuzz inventory coverage mutants bench exercise \
	tree kernel deb test-deb check patches check-series clean distclean
