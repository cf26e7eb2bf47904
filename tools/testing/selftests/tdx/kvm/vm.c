// SPDX-License-Identifier: GPL-2.0-only
/*
 * The VMs that KVM can create, for load.sh and tds.sh:
 *
 *	vm types	print the mask of the types of VM
 *	vm create TYPE	create the descriptor of a VM of this type, and keep it until
 *			the process is killed
 *	vm churn TYPE N	create and close N such descriptors, and check that TDX is up while
 *			there is one; print the number of those that were rejected
 *			because TDX was off
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

/* Addresses in the memory of the VM */
#define MEM_SIZE	0x4000
#define CODE		0x1000
#define PRODUCT		0x2000

static const uint8_t code[] = {
	0xf7, 0xe3,				/* mul %bx */
	0xa3, PRODUCT & 0xff, PRODUCT >> 8,	/* mov %ax, PRODUCT */
	0xf4,					/* hlt */
};

static int check(int ret, const char *what)
{
	if (ret < 0) {
		printf("%s: %s\n", what, strerror(errno));
		exit(EXIT_FAILURE);
	}

	return ret;
}

static void *map(int fd, size_t size, const char *what)
{
	void *at = mmap(NULL, size, PROT_READ | PROT_WRITE,
			fd < 0 ? MAP_SHARED | MAP_ANONYMOUS : MAP_SHARED, fd, 0);

	check(at == MAP_FAILED ? -1 : 0, what);

	return at;
}

static void create(int kvm, unsigned long type)
{
	check(ioctl(kvm, KVM_CREATE_VM, type), "KVM_CREATE_VM");
	puts("created");
	fflush(stdout);
	pause();
}

static void check_status(void)
{
	char status[32];
	int fd, n;

	fd = check(open("/sys/kernel/tdx/status", O_RDONLY), "status");
	n = check(read(fd, status, sizeof(status) - 1), "status");
	close(fd);
	status[n] = '\0';
	if (strcmp(status, "initialized\n")) {
		printf("status while there is a VM: %s", status);
		exit(EXIT_FAILURE);
	}
}

static void churn(int kvm, unsigned long type, int rounds)
{
	int vm, rejected = 0;

	srand(getpid());
	while (rounds--) {
		vm = ioctl(kvm, KVM_CREATE_VM, type);
		if (vm < 0 && errno == ESHUTDOWN) {
			rejected++;
		} else {
			check(vm, "KVM_CREATE_VM");
			check_status();
			close(vm);
		}
		/* Leave gaps in which root can switch TDX off. */
		usleep(rand() % 900000);
	}
	printf("%d\n", rejected);
}

static void set_registers(int vcpu, unsigned int a, unsigned int b)
{
	struct kvm_regs regs = { .rip = CODE, .rflags = 2, .rax = a, .rbx = b };
	struct kvm_sregs sregs;

	check(ioctl(vcpu, KVM_GET_SREGS, &sregs), "KVM_GET_SREGS");
	sregs.cs.base = 0;
	sregs.cs.selector = 0;
	sregs.ds.base = 0;
	sregs.ds.selector = 0;
	check(ioctl(vcpu, KVM_SET_SREGS, &sregs), "KVM_SET_SREGS");
	check(ioctl(vcpu, KVM_SET_REGS, &regs), "KVM_SET_REGS");
}

static void run_until_halt(int vcpu, const struct kvm_run *run)
{
	struct kvm_regs regs;

	check(ioctl(vcpu, KVM_RUN, 0), "KVM_RUN");
	check(ioctl(vcpu, KVM_GET_REGS, &regs), "KVM_GET_REGS");
	if (run->exit_reason != KVM_EXIT_HLT || regs.rip != CODE + sizeof(code)) {
		printf("exit reason %u at 0x%llx\n", run->exit_reason, regs.rip);
		exit(EXIT_FAILURE);
	}
}

static void multiply(int kvm, unsigned int a, unsigned int b)
{
	struct kvm_userspace_memory_region region = { .memory_size = MEM_SIZE };
	struct kvm_run *run;
	int vm, vcpu, size;
	uint8_t *mem;

	vm = check(ioctl(kvm, KVM_CREATE_VM, 0), "KVM_CREATE_VM");
	mem = map(-1, MEM_SIZE, "mmap of the VM's memory");
	memcpy(mem + CODE, code, sizeof(code));
	region.userspace_addr = (uintptr_t)mem;
	check(ioctl(vm, KVM_SET_USER_MEMORY_REGION, &region), "KVM_SET_USER_MEMORY_REGION");

	vcpu = check(ioctl(vm, KVM_CREATE_VCPU, 0), "KVM_CREATE_VCPU");
	size = check(ioctl(kvm, KVM_GET_VCPU_MMAP_SIZE, 0), "KVM_GET_VCPU_MMAP_SIZE");
	run = map(vcpu, size, "mmap of kvm_run");

	set_registers(vcpu, a, b);
	run_until_halt(vcpu, run);
	printf("%u\n", mem[PRODUCT] | mem[PRODUCT + 1] << 8);
}

int main(int argc, char **argv)
{
	int kvm = check(open("/dev/kvm", O_RDWR), "/dev/kvm");

	if (argc == 2 && !strcmp(argv[1], "types")) {
		printf("0x%x\n", check(ioctl(kvm, KVM_CHECK_EXTENSION, KVM_CAP_VM_TYPES),
				       "KVM_CAP_VM_TYPES"));
	} else if (argc == 3 && !strcmp(argv[1], "create")) {
		create(kvm, strtoul(argv[2], NULL, 0));
	} else if (argc == 4 && !strcmp(argv[1], "churn")) {
		churn(kvm, strtoul(argv[2], NULL, 0), atoi(argv[3]));
	} else if (argc == 4 && !strcmp(argv[1], "run")) {
		multiply(kvm, atoi(argv[2]), atoi(argv[3]));
	} else {
		puts("usage: vm types|create TYPE|churn TYPE N|run A B");
		return 2;
	}

	return EXIT_SUCCESS;
}
