# What one can do here. Bare `make` prints every target; CI calls these and nothing else.

VENV   := .venv
PYTHON := $(VENV)/bin/python
RUN    := PYTHONDONTWRITEBYTECODE=1 $(PYTHON)
export CI

.DEFAULT_GOAL := help
.PHONY: help setup check lint types layers test coverage test-reference test-image test-kvm test-vm test-matrix test-vmm-nested test-debian test-fresh bench fuzz prove docs fix initramfs uki firmware-kernel size clean

help: ## print this list
	@awk -F':.*## ' '/^[a-z-]+:.*## /{printf "  %-16s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: ## make .venv and install what is missing (apt when root, else it prints the command; ARCH=riscv64)
	@python3 scripts/setup.py $(ARCH)

$(PYTHON):
	@python3 scripts/setup.py $(ARCH)

lint types layers test coverage test-reference test-image docs fix initramfs uki firmware-kernel size test-kvm test-vm test-matrix test-vmm-nested test-debian test-fresh bench fuzz prove: | $(PYTHON)

check: lint types layers test ## lint, types, layers and unit tests, in that order

lint: ## ruff and codespell
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/codespell

types: ## mypy, strict
	$(VENV)/bin/mypy

layers: ## the arrows of the house plan, as import-linter contracts; no import circles
	$(VENV)/bin/lint-imports
	$(RUN) scripts/circles.py

test: ## unit and project tests: no root, no network, no KVM
	$(RUN) -m pytest -q

# Children write where they stand, were this not a whole path.
coverage: export COVERAGE_FILE = $(CURDIR)/build/coverage/data
coverage: ## the same tests, and how many lines and branches they run, in children, too: a floor
	@rm -rf build/coverage && mkdir -p build/coverage
	$(RUN) -m coverage run -m pytest -q
	$(RUN) -m coverage combine -q
	$(RUN) -m coverage report --format=total

test-reference: ## the same cases on reference tools, over every device tree that Debian ships
	$(RUN) scripts/fetch_dtbs.py
	$(RUN) -m pytest -q -m reference

test-image: ## whole images, both runtimes: their sizes, the same bytes in two folders (a quarter of an hour)
	$(RUN) -m pytest -q -m image

test-kvm: ## boot the image in virtual machines: the quick cases (ARGS="-k NAME --engine qemu-tcg", ARCH=, KERNEL=)
	@$(RUN) scripts/test_kvm.py --arch $(ARCH) --kernel $(notdir $(KERNEL)) $(ARGS)

test-vm: ## every VM case, the slow ones, too (ARCH=arm64, riscv64)
	@$(RUN) scripts/test_kvm.py --arch $(ARCH) --kernel $(notdir $(KERNEL)) --all $(ARGS)

test-matrix: ## kexec from each kernel to each, ten times (two hours of processor time)
	@$(RUN) scripts/test_kvm.py -k matrix. --engine qemu-tcg --jobs 2 $(ARGS)

test-vmm-nested: ## our own VMM boots kernels, inside QEMU
	@$(RUN) scripts/test_kvm.py -k vmm. --engine qemu-tcg --jobs 2 $(ARGS)

test-debian: ## `boot` starts a complete Debian, down to its login prompt
	@$(RUN) scripts/test_kvm.py -k debian $(ARGS)

test-fresh: ## the two commands of the README in a bare Debian 12 and a bare Debian 13 (root)
	@$(MAKE) --no-print-directory -j2 -O fresh-bookworm fresh-trixie

fresh-%:
	@python3 scripts/fresh.py $*

bench: ## measure: start-up in a virtual machine, memory maps, device trees beside their peers
	@$(RUN) scripts/bench/startup.py $(ARGS)
	@$(RUN) scripts/bench/boot.py
	@$(RUN) scripts/bench/bootconfig.py $(BEFORE)
	@$(RUN) scripts/bench/memory.py
	@$(RUN) scripts/bench/regex.py
	@$(RUN) scripts/bench/kexec.py
	@$(RUN) scripts/bench/vmm.py
	@$(RUN) scripts/fetch_dtbs.py
	@$(RUN) scripts/bench/device_trees.py

fuzz: ## every parser for two minutes of processor time (SECONDS=600: a night; NAMES="tar shell")
	@$(RUN) -m pip install -q atheris
	@$(RUN) -m scripts.fuzz --seconds $(or $(SECONDS),120) $(NAMES)

prove: ## break each rule in a copy of the tree, and a sample of single places; gates and tests must notice (ARGS=--fresh)
	$(RUN) scripts/prove_gates.py $(ARGS)
	$(RUN) scripts/mutants.py --each 6

docs: ## write what the documents have of the tables
	$(RUN) scripts/docs.py

fix: ## let ruff repair what it can
	$(VENV)/bin/ruff check --fix .
	$(VENV)/bin/ruff format .

# The kernel that the tests boot, and what its image must be able to drive.
# The tree before boot configurations were read as their own loaders read them, for `make bench`.
BEFORE  ?= 8d2d866
ARCH    ?= $(patsubst aarch64,arm64,$(shell uname -m))
KERNEL  ?= build/kernels/$(if $(filter riscv64,$(ARCH)),riscv64,cloud-$(patsubst x86_64,amd64,$(ARCH)))
comma   := ,
MODULES ?= virtio_pci,virtio_mmio,virtio_blk,virtio_scsi,sd_mod,sr_mod,virtio_net,virtio_rng,nvme,loop,ext4,vfat,xfs,btrfs,isofs,nls_cp437,nls_ascii,nls_utf8,nls_iso8859_1,dm-mod,raid0,raid1,raid10,raid456,dm-crypt,xts,essiv$(if $(filter x86_64,$(ARCH)),$(comma)aesni-intel)
IMAGE   ?= build/initramfs-$(ARCH).cpio.zst

initramfs: ## build/initramfs-ARCH.cpio.zst: every applet, and the test kernel's modules (ARCH=arm64, riscv64)
	$(RUN) scripts/fetch_kernel.py $(notdir $(KERNEL))
	$(RUN) -m initramfs build --arch $(ARCH) -o $(IMAGE) --kernel-config $(KERNEL)/config --modules-dir $(KERNEL)/modules --module $(MODULES)

uki: initramfs ## build/uroot-x86_64.efi: the test kernel and the image as a program for EFI firmware
	$(RUN) -m initramfs uki --kernel $(KERNEL)/vmlinuz -o build/uroot-$(ARCH).efi $(IMAGE)

firmware-kernel: ## build/kernels/firmware: a small LinuxBoot kernel from Debian's source (20 minutes of processor time)
	$(RUN) scripts/build_firmware_kernel.py $(ARGS)

size: ## what in the image takes how much
	$(RUN) -m initramfs size $(IMAGE)

clean: ## remove what a build made (build/); .venv stays
	rm -rf build
