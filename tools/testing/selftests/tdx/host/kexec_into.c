// SPDX-License-Identifier: GPL-2.0-only
/*
 * kexec_into load KERNEL INITRD CMDLINE
 * kexec_into go
 *
 * Load a kernel, and start it, in a guest without kexec-tools.
 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <linux/reboot.h>

static int explain(void)
{
	fprintf(stderr, "Usage: kexec_into load KERNEL INITRD CMDLINE | go\n");
	return 2;
}

static int load(const char *kernel, const char *initrd, const char *cmdline)
{
	int kernel_fd = open(kernel, O_RDONLY | O_CLOEXEC);
	int initrd_fd = open(initrd, O_RDONLY | O_CLOEXEC);

	if (kernel_fd < 0 || initrd_fd < 0) {
		perror(kernel_fd < 0 ? kernel : initrd);
		return 1;
	}

	if (syscall(SYS_kexec_file_load, kernel_fd, initrd_fd,
		    strlen(cmdline) + 1, cmdline, 0UL)) {
		perror("kexec_file_load");
		return 1;
	}

	return 0;
}

static int go(void)
{
	syscall(SYS_reboot, LINUX_REBOOT_MAGIC1, LINUX_REBOOT_MAGIC2,
		LINUX_REBOOT_CMD_KEXEC, NULL);
	perror("reboot");
	return 1;
}

int main(int argc, char **argv)
{
	if (argc == 5 && !strcmp(argv[1], "load"))
		return load(argv[2], argv[3], argv[4]);
	if (argc == 2 && !strcmp(argv[1], "go"))
		return go();

	return explain();
}
