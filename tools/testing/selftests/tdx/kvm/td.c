// SPDX-License-Identifier: GPL-2.0-only
/*
 * Build TDs as a VMM does, for tds.sh:
 *
 *	td build N	make the ioctls of QEMU for a TD with N vCPUs, in QEMU's order, and
 *			keep the TD until the process is killed
 *	td churn N V	build and close N TDs with V vCPUs each, and print the number of
 *			those that were rejected because TDX was off or out of KeyIDs
 *	td misuse	make wrong ioctls, and print the first whose result is not the expected
 *	td fail		print the call at which a TD cannot be built, its errno, and the
 *			status of the module
 *
 * QEMU also reads the CPUID of the TD (KVM_TDX_GET_CPUID), adds firmware to its memory
 * (KVM_TDX_INIT_MEM_REGION), and runs its vCPUs (KVM_RUN).  The emulated module has no
 * leaves for that.
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
#include <unistd.h>

#define MAX_CPUIDS	256
#define MAX_VCPUS	8

/* QEMU's: interrupts of devices go to the 24 pins of an I/O APIC in user space. */
#define NR_GSIS		24

/* The TSC of a slow emulator is below the minimum of the module. */
#define TSC_KHZ		1000000

#define CPUID_ADDRESSES	0x80000008
#define GUEST_PA_BITS	(48 << 16)	/* in EAX of this leaf */

#define XFAM_X87_SSE	3
#define XFAM_AVX512_HI	(3 << 6)	/* two of three parts */

struct td {
	int kvm;
	int vm;
	int vcpus[MAX_VCPUS];
	int nr_vcpus;
	uint64_t hw_error;
	const char *what;	/* the last call */
};

struct cpuid {
	struct kvm_cpuid2 head;
	struct kvm_cpuid_entry2 entries[MAX_CPUIDS];
};

static union {
	struct kvm_tdx_capabilities caps;
	char bytes[sizeof(struct kvm_tdx_capabilities) +
		   MAX_CPUIDS * sizeof(struct kvm_cpuid_entry2)];
} capabilities;

static union {
	struct kvm_tdx_init_vm init;
	char bytes[sizeof(struct kvm_tdx_init_vm) +
		   MAX_CPUIDS * sizeof(struct kvm_cpuid_entry2)];
} parameters;

static int td_ioctl(struct td *td, int fd, unsigned long request, const void *arg,
		    const char *what)
{
	td->what = what;

	return ioctl(fd, request, arg);
}

static int td_command(struct td *td, int fd, uint32_t id, uint32_t flags, const void *data,
		      const char *what)
{
	struct kvm_tdx_cmd command = {
		.id = id,
		.flags = flags,
		.data = (uintptr_t)data,
	};
	int ret = td_ioctl(td, fd, KVM_MEMORY_ENCRYPT_OP, &command, what);

	td->hw_error = command.hw_error;

	return ret;
}

static int td_create(struct td *td)
{
	struct kvm_enable_cap split = { .cap = KVM_CAP_SPLIT_IRQCHIP, .args = { NR_GSIS } };
	struct kvm_tdx_capabilities *caps = &capabilities.caps;

	td->nr_vcpus = 0;
	td->vm = td_ioctl(td, td->kvm, KVM_CREATE_VM, (void *)KVM_X86_TDX_VM, "KVM_CREATE_VM");
	if (td->vm < 0)
		return -1;

	caps->cpuid.nent = MAX_CPUIDS;
	if (td_ioctl(td, td->vm, KVM_ENABLE_CAP, &split, "KVM_CAP_SPLIT_IRQCHIP") ||
	    td_command(td, td->vm, KVM_TDX_CAPABILITIES, 0, caps, "KVM_TDX_CAPABILITIES"))
		return -1;

	return td_ioctl(td, td->vm, KVM_SET_TSC_KHZ, (void *)TSC_KHZ, "KVM_SET_TSC_KHZ");
}

/* Let the TD have no optional features, and addresses of 48 bits. */
static struct kvm_tdx_init_vm *td_parameters(void)
{
	const struct kvm_tdx_capabilities *caps = &capabilities.caps;
	struct kvm_tdx_init_vm *init = &parameters.init;
	uint32_t i;

	memset(&parameters, 0, sizeof(parameters));
	init->xfam = XFAM_X87_SSE;
	init->cpuid.nent = caps->cpuid.nent;
	for (i = 0; i < init->cpuid.nent; i++) {
		struct kvm_cpuid_entry2 *entry = &init->cpuid.entries[i];

		entry->function = caps->cpuid.entries[i].function;
		entry->index = caps->cpuid.entries[i].index;
		entry->flags = caps->cpuid.entries[i].flags;
		if (entry->function == CPUID_ADDRESSES)
			entry->eax = GUEST_PA_BITS;
	}

	return init;
}

static int td_init(struct td *td)
{
	return td_command(td, td->vm, KVM_TDX_INIT_VM, 0, td_parameters(), "KVM_TDX_INIT_VM");
}

/* KVM sets the mode of the APIC to x2APIC, which the CPUID of the vCPU has to allow. */
static int td_set_cpuid(struct td *td, int vcpu)
{
	static struct cpuid cpuid;

	cpuid.head.nent = MAX_CPUIDS;
	if (td_ioctl(td, td->kvm, KVM_GET_SUPPORTED_CPUID, &cpuid, "KVM_GET_SUPPORTED_CPUID"))
		return -1;

	return td_ioctl(td, vcpu, KVM_SET_CPUID2, &cpuid, "KVM_SET_CPUID2");
}

static int td_create_vcpu(struct td *td)
{
	int vcpu = td_ioctl(td, td->vm, KVM_CREATE_VCPU, (void *)(uintptr_t)td->nr_vcpus,
			    "KVM_CREATE_VCPU");

	if (vcpu < 0)
		return -1;
	td->vcpus[td->nr_vcpus++] = vcpu;

	return td_set_cpuid(td, vcpu);
}

static int td_init_vcpu(struct td *td, int vcpu)
{
	return td_command(td, vcpu, KVM_TDX_INIT_VCPU, 0, NULL, "KVM_TDX_INIT_VCPU");
}

static int td_finalize(struct td *td)
{
	return td_command(td, td->vm, KVM_TDX_FINALIZE_VM, 0, NULL, "KVM_TDX_FINALIZE_VM");
}

/* QEMU creates all vCPUs before it initializes the first. */
static int td_build(struct td *td, int nr_vcpus)
{
	int i;

	if (td_create(td) || td_init(td))
		return -1;
	for (i = 0; i < nr_vcpus; i++) {
		if (td_create_vcpu(td))
			return -1;
	}
	for (i = 0; i < nr_vcpus; i++) {
		if (td_init_vcpu(td, td->vcpus[i]))
			return -1;
	}

	return td_finalize(td);
}

static void td_close(struct td *td)
{
	while (td->nr_vcpus)
		close(td->vcpus[--td->nr_vcpus]);
	if (td->vm >= 0)
		close(td->vm);
}

static void td_print(const struct td *td)
{
	printf("%s: %s", td->what, strerror(errno));
	if (td->hw_error)
		printf(", status 0x%llx", (unsigned long long)td->hw_error);
	putchar('\n');
}

static int build(struct td *td, int nr_vcpus)
{
	if (td_build(td, nr_vcpus)) {
		td_print(td);
		return EXIT_FAILURE;
	}
	puts("built");
	fflush(stdout);
	pause();

	return EXIT_SUCCESS;
}

static int churn(struct td *td, int rounds, int nr_vcpus)
{
	int rejected = 0;

	while (rounds--) {
		if (td_build(td, nr_vcpus)) {
			/* TDX is off, and no KeyID is free. */
			if (errno != ESHUTDOWN && errno != ENOSPC) {
				td_print(td);
				return EXIT_FAILURE;
			}
			rejected++;
		}
		td_close(td);
	}
	printf("%d\n", rejected);

	return EXIT_SUCCESS;
}

static void expect(const struct td *td, int ret, int error, const char *why)
{
	if (error ? ret == -1 && errno == error : ret >= 0)
		return;

	printf("%s, %s: ", td->what, why);
	fputs(ret < 0 ? strerror(errno) : "succeeds", stdout);
	printf(", expected %s\n", error ? strerror(error) : "success");
	exit(EXIT_FAILURE);
}

static int init_with(struct td *td, const struct kvm_tdx_init_vm *init, uint32_t flags)
{
	return td_command(td, td->vm, KVM_TDX_INIT_VM, flags, init, "KVM_TDX_INIT_VM");
}

/* The module rejects parameters that KVM does not check, and the VM may try again. */
static void misuse_parameters(struct td *td)
{
	struct kvm_tdx_init_vm *init = td_parameters();
	uint32_t i;

	expect(td, init_with(td, init, 1), EINVAL, "unknown flag");
	init->reserved[0] = 1;
	expect(td, init_with(td, init, 0), EINVAL, "reserved field");
	init = td_parameters();
	init->attributes = ~0ULL;
	expect(td, init_with(td, init, 0), EINVAL, "all attributes");
	init = td_parameters();
	init->cpuid.nent = 0;
	expect(td, init_with(td, init, 0), EINVAL, "no CPUID");
	init->cpuid.nent = MAX_CPUIDS + 1;
	expect(td, init_with(td, init, 0), E2BIG, "too many CPUIDs");

	init = td_parameters();
	for (i = 0; i < init->cpuid.nent; i++) {
		if (init->cpuid.entries[i].function == 1)
			init->cpuid.entries[i].eax = 0x12345;
	}
	expect(td, init_with(td, init, 0), EINVAL, "another model of CPU");
	if (td->hw_error != 0xc000010000000045ULL) {
		td_print(td);
		exit(EXIT_FAILURE);
	}

	init = td_parameters();
	init->xfam |= XFAM_AVX512_HI;
	if ((capabilities.caps.supported_xfam & init->xfam) != init->xfam)
		return;
	expect(td, init_with(td, init, 0), EINVAL, "a part of AVX-512");
	if (td->hw_error != 0xc000010000000041ULL) {
		td_print(td);
		exit(EXIT_FAILURE);
	}
}

static int misuse(struct td *td)
{
	expect(td, td_create(td), 0, "first");
	expect(td, td_command(td, td->vm, 0xffff, 0, NULL, "unknown command"), EINVAL, "of a VM");
	expect(td, td_finalize(td), EINVAL, "before KVM_TDX_INIT_VM");
	expect(td, td_create_vcpu(td), EIO, "before KVM_TDX_INIT_VM");
	misuse_parameters(td);

	expect(td, td_init(td), 0, "after errors");
	expect(td, td_init(td), EINVAL, "twice");
	expect(td, td_create_vcpu(td), 0, "after KVM_TDX_INIT_VM");
	expect(td, td_command(td, td->vcpus[0], 0xffff, 0, NULL, "unknown command"), EINVAL,
	       "of a vCPU");
	expect(td, td_init_vcpu(td, td->vcpus[0]), 0, "first");
	expect(td, td_init_vcpu(td, td->vcpus[0]), EINVAL, "twice");
	expect(td, td_finalize(td), 0, "first");
	expect(td, td_finalize(td), EINVAL, "twice");
	expect(td, td_create_vcpu(td), EIO, "after KVM_TDX_FINALIZE_VM");
	td_close(td);
	puts("rejected");

	return EXIT_SUCCESS;
}

static int fail(struct td *td)
{
	if (!td_build(td, 1))
		puts("built");
	else
		td_print(td);
	td_close(td);

	return EXIT_SUCCESS;
}

int main(int argc, char **argv)
{
	struct td td = { .kvm = open("/dev/kvm", O_RDWR), .vm = -1 };

	if (td.kvm < 0) {
		perror("/dev/kvm");
		return EXIT_FAILURE;
	}

	if (argc == 3 && !strcmp(argv[1], "build") && atoi(argv[2]) <= MAX_VCPUS)
		return build(&td, atoi(argv[2]));
	if (argc == 4 && !strcmp(argv[1], "churn") && atoi(argv[3]) <= MAX_VCPUS)
		return churn(&td, atoi(argv[2]), atoi(argv[3]));
	if (argc == 2 && !strcmp(argv[1], "misuse"))
		return misuse(&td);
	if (argc == 2 && !strcmp(argv[1], "fail"))
		return fail(&td);

	puts("usage: td build N|churn N V|misuse|fail");
	return 2;
}
