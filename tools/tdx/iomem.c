// SPDX-License-Identifier: GPL-2.0-only
/*
 * What /proc/iomem says of memory.
 *
 *	00100000-bfffffff : System RAM
 *	  01000000-022090c7 : Kernel code
 *	c0000000-cfffffff : Reserved
 *	2080000000-307fffffff : CXL Window 0
 *	  2080000000-307fffffff : dax0.0
 *	    2080000000-307fffffff : System RAM (kmem)
 *
 * Memory that was there at boot is at the outmost level; what a driver added
 * is below what it comes from, and named after the driver.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <linux/array_size.h>
#include <linux/sizes.h>

#include "iomem.h"
#include "sysfile.h"

#define FIRST_MIB	0x100000ULL

struct line {
	u64 start;
	u64 end;	/* exclusive */
	const char *name;
};

static bool parse(char *text, struct line *line)
{
	char *end;

	text[strcspn(text, "\n")] = '\0';
	errno = 0;
	line->start = strtoull(text, &end, 16);
	if (end == text || *end != '-')
		return false;
	text = end + 1;
	line->end = strtoull(text, &end, 16) + 1;
	if (errno || end == text || strncmp(end, " : ", 3))
		return false;
	line->name = end + 3;

	return true;
}

static bool is_firmware(const char *name)
{
	static const char *const names[] = {
		"Reserved", "ACPI Tables", "ACPI Non-volatile Storage",
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(names); i++) {
		if (!strcmp(name, names[i]))
			return true;
	}

	return false;
}

/* Whole pages; the first MiB is never convertible. */
static void add_ram(struct iomem *m, const struct line *line)
{
	u64 start = (line->start + SZ_4K - 1) & ~(SZ_4K - 1ULL);
	u64 end = line->end & ~(SZ_4K - 1ULL);

	if (start < FIRST_MIB)
		start = FIRST_MIB;
	if (start >= end)
		return;

	ranges_add(&m->ram, start, end, 0);
	if (strcmp(line->name, "System RAM"))
		m->added += end - start;
}

static void add_line(struct iomem *m, const struct line *line)
{
	bool ram = !strcmp(line->name, "System RAM") ||
		   !strncmp(line->name, "System RAM (", strlen("System RAM ("));

	/* Who may not see addresses sees 0-0 everywhere. */
	if (ram && line->start == 0 && line->end == 1)
		m->hidden = true;
	else if (ram)
		add_ram(m, line);
	else if (is_firmware(line->name))
		ranges_add(&m->firmware, line->start, line->end, 0);
}

/**
 * iomem_read - read /proc/iomem
 * @m: out, to be given to iomem_free()
 *
 * Return: false if it cannot be read.
 */
bool iomem_read(struct iomem *m)
{
	FILE *stream = sysfile_open("/proc/iomem");
	char *text = NULL;
	struct line line;
	size_t size = 0;

	*m = (struct iomem) {};
	if (!stream)
		return false;

	while (getline(&text, &size, stream) >= 0) {
		if (parse(text, &line))
			add_line(m, &line);
	}
	free(text);
	fclose(stream);

	ranges_tidy(&m->ram);
	ranges_tidy(&m->firmware);
	return true;
}

void iomem_free(struct iomem *m)
{
	ranges_free(&m->ram);
	ranges_free(&m->firmware);
}
