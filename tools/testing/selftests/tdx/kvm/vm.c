// SPDX-License-Identifier: GPL-2.0-only
/*
 * The VMs that KVM can create, for kvm.sh:
 *
 *	vm types	print the mask of the types of VM
 *	vm create TYPE	create the descriptor of a VM of this type, and keep it until
 *			the process is killed
 *	vm run A B	multiply in a VM until it halts, and print the product
 *
 * After an error, print the call and the errno; the exit status is 1.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/kvm.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

/* Headers in user space may be older than Linux 6.7. */
#ifndef KVM_CAP_VM_TYPES
#define KVM_CAP_VM_TYPES 235
#endif

/* Addresses in the memory of the VM */
#define MEM_SIZE	0x4000
#define CODE		0x1000
#define PRODUCT		0x2000

static const uint8_t code[] = {
	0xf7, 0xe3,				/* mul %bx */
	0xa3, PRODUCT & 0xff, PRODUCT >> 8,	/* mov %ax, PRODUCT */
	0xf4,					/* hlt */
};

static int failed(const char *what)
{
	printf("%s: %s\n", what, strerror(errno));
	return 1;
}

static int create(int kvm, unsigned long type)
{
	if (ioctl(kvm, KVM_CREATE_VM, type) < 0)
		return failed("KVM_CREATE_VM");

	puts("created");
	fflush(stdout);
	pause();

	return 0;
}

static int set_registers(int vcpu, unsigned int a, unsigned int b)
{
	struct kvm_regs regs = { .rip = CODE, .rflags = 2, .rax = a, .rbx = b };
	struct kvm_sregs sregs;

	if (ioctl(vcpu, KVM_GET_SREGS, &sregs))
		return failed("KVM_GET_SREGS");

	sregs.cs.base = 0;
	sregs.cs.selector = 0;
	sregs.ds.base = 0;
	sregs.ds.selector = 0;
	if (ioctl(vcpu, KVM_SET_SREGS, &sregs))
		return failed("KVM_SET_SREGS");
	if (ioctl(vcpu, KVM_SET_REGS, &regs))
		return failed("KVM_SET_REGS");

	return 0;
}

static int run_until_halt(int vcpu, struct kvm_run *run)
{
	struct kvm_regs regs;

	if (ioctl(vcpu, KVM_RUN, 0))
		return failed("KVM_RUN");
	if (run->exit_reason != KVM_EXIT_HLT) {
		printf("exit reason %u\n", run->exit_reason);
		return 1;
	}
	if (ioctl(vcpu, KVM_GET_REGS, &regs))
		return failed("KVM_GET_REGS");
	if (regs.rip != CODE + sizeof(code)) {
		printf("halted at 0x%llx\n", regs.rip);
		return 1;
	}

	return 0;
}

static int multiply(int kvm, unsigned int a, unsigned int b)
{
	struct kvm_userspace_memory_region region = { .memory_size = MEM_SIZE };
	int vm, vcpu, run_size;
	struct kvm_run *run;
	uint8_t *mem;

	vm = ioctl(kvm, KVM_CREATE_VM, 0);
	if (vm < 0)
		return failed("KVM_CREATE_VM");

	mem = mmap(NULL, MEM_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (mem == MAP_FAILED)
		return failed("mmap of the VM's memory");
	memcpy(mem + CODE, code, sizeof(code));
	region.userspace_addr = (uintptr_t)mem;
	if (ioctl(vm, KVM_SET_USER_MEMORY_REGION, &region))
		return failed("KVM_SET_USER_MEMORY_REGION");

	vcpu = ioctl(vm, KVM_CREATE_VCPU, 0);
	if (vcpu < 0)
		return failed("KVM_CREATE_VCPU");
	run_size = ioctl(kvm, KVM_GET_VCPU_MMAP_SIZE, 0);
	if (run_size < 0)
		return failed("KVM_GET_VCPU_MMAP_SIZE");
	run = mmap(NULL, run_size, PROT_READ | PROT_WRITE, MAP_SHARED, vcpu, 0);
	if (run == MAP_FAILED)
		return failed("mmap of kvm_run");

	if (set_registers(vcpu, a, b) || run_until_halt(vcpu, run))
		return 1;

	printf("%u\n", mem[PRODUCT] | mem[PRODUCT + 1] << 8);
	return 0;
}

int main(int argc, char **argv)
{
	int kvm;

	kvm = open("/dev/kvm", O_RDWR);
	if (kvm < 0)
		return failed("/dev/kvm");

	if (argc == 2 && !strcmp(argv[1], "types")) {
		int types = ioctl(kvm, KVM_CHECK_EXTENSION, KVM_CAP_VM_TYPES);

		if (types < 0)
			return failed("KVM_CAP_VM_TYPES");
		printf("0x%x\n", types);
		return 0;
	}
	if (argc == 3 && !strcmp(argv[1], "create"))
		return create(kvm, strtoul(argv[2], NULL, 0));
	if (argc == 4 && !strcmp(argv[1], "run"))
		return multiply(kvm, atoi(argv[2]), atoi(argv[3]));

	puts("usage: vm types|create TYPE|run A B");
	return 2;
}
