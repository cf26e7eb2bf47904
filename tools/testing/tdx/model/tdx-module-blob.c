// SPDX-License-Identifier: GPL-2.0-only
/*
 * Writes a module for the emulated P-SEAMLDR to standard output, in the format
 * that Linux takes for an update:
 *
 *	tdx-module-blob >module.bin
 *	echo 1 >/sys/class/firmware/tdx_module/loading
 *	cat module.bin >/sys/class/firmware/tdx_module/data
 *	echo 0 >/sys/class/firmware/tdx_module/loading
 */
#include <cpuid.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <linux/array_size.h>

#include "../../../../arch/x86/virt/vmx/tdx/emulator/module_image.h"

#define BLOB_VERSION	0x200

/* The first page of a blob; a SIGSTRUCT and the image follow. */
struct blob_header {
	u16 version;
	u16 checksum;
	char signature[8];
	u32 nr_sigstruct_pages;
	u32 nr_pages;
	u8 reserved[4076];
} __packed;

#define PAGE_WORDS	(MODULE_IMAGE_PAGE / sizeof(u16))

struct blob {
	struct blob_header header;
	union {
		struct pseamldr_sigstruct sigstruct;
		u8 sigstruct_page[MODULE_IMAGE_PAGE];
	};
	u8 image[PSEAMLDR_MAX_PAGES * MODULE_IMAGE_PAGE];
};

static struct blob blob;

struct damage;

struct request {
	struct tdxmod_build build;
	u32 nr_pages;
	u16 major_svn, minor_svn;
	u32 cpu;
	const struct damage *damage;
};

static const char usage[] =
"tdx-module-blob [OPTION...] >FILE: a module for the emulated P-SEAMLDR\n"
"\n"
"	--version MAJOR.MINOR.UPDATE	1.5.2\n"
"	--build-date YYYYMMDD		20250101\n"
"	--pages N			4, of the image\n"
"	--svn MAJOR.MINOR		1.5, of the module that is there at boot\n"
"	--handoff-version MIN-MAX	0-0\n"
"	--cpu EAX			CPUID leaf 1; that of this CPU\n"
"	--damage WHAT			make something wrong of it:\n"
"		magic		what the file begins with\n"
"		length		the file is cut short\n"
"		signature	the SIGSTRUCT is not signed so\n"
"		image		the image is not the one of the SIGSTRUCT\n"
"		format		the image is none of a module\n"
"		build		the module was not built for its SIGSTRUCT\n";

static u32 this_cpu(void)
{
	unsigned int eax = 0, ebx, ecx, edx;

	__get_cpuid(1, &eax, &ebx, &ecx, &edx);
	return eax;
}

/* All 16-bit words of the file together are zero. */
static void set_checksum(const struct request *r)
{
	size_t words = (2 + r->nr_pages) * PAGE_WORDS, i;
	const u16 *word = (const u16 *)&blob;
	u16 sum = 0;

	for (i = 0; i < words; i++)
		sum += word[i];
	blob.header.checksum = -sum;
}

static void make(const struct request *r)
{
	blob.header.version = BLOB_VERSION;
	memcpy(blob.header.signature, "TDX-BLOB", sizeof(blob.header.signature));
	blob.header.nr_sigstruct_pages = 1;
	blob.header.nr_pages = r->nr_pages;

	blob.sigstruct.major_svn = r->major_svn;
	blob.sigstruct.minor_svn = r->minor_svn;
	module_image_make(&blob.sigstruct, blob.image, r->nr_pages, &r->build, r->cpu);
	set_checksum(r);
}

static void damage_magic(const struct request *r, size_t *size)
{
	blob.header.signature[0] ^= 1;
}

static void damage_length(const struct request *r, size_t *size)
{
	*size -= 1;
}

static void damage_signature(const struct request *r, size_t *size)
{
	blob.sigstruct.signature[0] ^= 1;
}

static void damage_image(const struct request *r, size_t *size)
{
	blob.image[r->nr_pages * MODULE_IMAGE_PAGE - 1] ^= 1;
}

/* In these two the signature is right. */
static void damage_format(const struct request *r, size_t *size)
{
	blob.image[0] ^= 1;
	module_image_sign(&blob.sigstruct, blob.image, r->nr_pages);
}

static void damage_build(const struct request *r, size_t *size)
{
	struct tdxmod_image *image = (struct tdxmod_image *)blob.image;

	image->build.module_hv++;
	module_image_sign(&blob.sigstruct, blob.image, r->nr_pages);
}

static const struct damage {
	const char *name;
	void (*do_it)(const struct request *r, size_t *size);
} damages[] = {
	{ "magic", damage_magic },
	{ "length", damage_length },
	{ "signature", damage_signature },
	{ "image", damage_image },
	{ "format", damage_format },
	{ "build", damage_build },
};

static const struct damage *find_damage(const char *name)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(damages); i++) {
		if (!strcmp(name, damages[i].name))
			return &damages[i];
	}
	return NULL;
}

/* @fmt takes it all: "%n" at its end. */
static bool parse_two(const char *value, const char *fmt, u16 *a, u16 *b)
{
	int end = -1;

	return sscanf(value, fmt, a, b, &end) == 2 && end >= 0 && !value[end];
}

static bool parse_svn(const char *value, struct request *r)
{
	return parse_two(value, "%hu.%hu%n", &r->major_svn, &r->minor_svn) &&
	       r->major_svn < 256 && r->minor_svn < 256;
}

static bool parse_version(const char *value, struct tdxmod_build *build)
{
	int end = -1;

	return sscanf(value, "%hu.%hu.%hu%n", &build->major_version, &build->minor_version,
		      &build->update_version, &end) == 3 && end >= 0 && !value[end];
}

static bool parse_number(const char *value, u32 max, u32 *number)
{
	unsigned long parsed;
	char *end;

	parsed = strtoul(value, &end, 0);
	*number = parsed;
	return end != value && !*end && parsed <= max;
}

static bool parse_damage(const char *value, struct request *r)
{
	r->damage = find_damage(value);
	return r->damage;
}

static bool parse(int option, const char *value, struct request *r)
{
	switch (option) {
	case 'v':
		return parse_version(value, &r->build);
	case 'b':
		return parse_number(value, ~0U, &r->build.date);
	case 'p':
		return parse_number(value, PSEAMLDR_MAX_PAGES, &r->nr_pages) && r->nr_pages;
	case 's':
		return parse_svn(value, r);
	case 'h':
		return parse_two(value, "%hu-%hu%n", &r->build.min_update_hv, &r->build.module_hv);
	case 'c':
		return parse_number(value, ~0U, &r->cpu);
	case 'd':
		return parse_damage(value, r);
	}
	return false;
}

static bool parse_all(int argc, char **argv, struct request *r)
{
	static const struct option options[] = {
		{ "version", required_argument, NULL, 'v' },
		{ "build-date", required_argument, NULL, 'b' },
		{ "pages", required_argument, NULL, 'p' },
		{ "svn", required_argument, NULL, 's' },
		{ "handoff-version", required_argument, NULL, 'h' },
		{ "cpu", required_argument, NULL, 'c' },
		{ "damage", required_argument, NULL, 'd' },
		{}
	};
	int option;

	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (option == '?')
			return false;
		if (!parse(option, optarg, r)) {
			fprintf(stderr, "tdx-module-blob: not understood: %s\n", optarg);
			return false;
		}
	}
	return optind == argc;
}

int main(int argc, char **argv)
{
	struct request r = {
		.build = {
			.date = 20250101,
			.major_version = 1,
			.minor_version = 5,
			.update_version = 2,
			.nr_handoff_pages = 13,
		},
		.nr_pages = 4,
		.major_svn = 1,
		.minor_svn = 5,
		.cpu = this_cpu(),
	};
	size_t size;

	if (!parse_all(argc, argv, &r)) {
		fputs(usage, stderr);
		return 2;
	}
	size = (2 + r.nr_pages) * MODULE_IMAGE_PAGE;
	make(&r);
	if (r.damage)
		r.damage->do_it(&r, &size);
	if (fwrite(&blob, 1, size, stdout) != size || fflush(stdout)) {
		perror("tdx-module-blob");
		return 1;
	}
	return 0;
}
