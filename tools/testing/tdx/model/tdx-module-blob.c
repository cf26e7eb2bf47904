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
#include <err.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "../../../../arch/x86/virt/vmx/tdx/emulator/module_image.h"

#define BLOB_VERSION	0x200
#define PAGE_WORDS	(MODULE_IMAGE_PAGE / sizeof(u16))

/* The first page of a blob; a SIGSTRUCT and the image follow. */
struct blob_header {
	u16 version;
	u16 checksum;
	char signature[8];
	u32 nr_sigstruct_pages;
	u32 nr_pages;
	u8 reserved[4076];
} __packed;

static struct blob {
	struct blob_header header;
	union {
		struct pseamldr_sigstruct sigstruct;
		u8 sigstruct_page[MODULE_IMAGE_PAGE];
	};
	u8 image[PSEAMLDR_MAX_PAGES * MODULE_IMAGE_PAGE];
} blob;

struct request {
	struct tdxmod_build build;
	u32 nr_pages;
	u16 major_svn, minor_svn;
	int cpu;
	const char *damage;
};

static const char usage[] =
"tdx-module-blob [OPTION...] >FILE: a module for the emulated P-SEAMLDR\n"
"\n"
"	--version MAJOR.MINOR.UPDATE	1.5.2\n"
"	--pages N			4, of the image\n"
"	--svn MAJOR.MINOR		1.5, of the module that is there at boot\n"
"	--handoff-version MIN-MAX	0-0\n"
"	--cpu EAX			CPUID leaf 1; that of this CPU\n"
"	--damage WHAT			make something wrong of it:\n"
"		magic		what the file begins with\n"
"		length		the file is cut short\n"
"		signature	the SIGSTRUCT has another signature\n"
"		image		the image is not the one of the SIGSTRUCT\n"
"		format		the image is none of a module\n"
"		build		the module was not built for its SIGSTRUCT\n";

static void blob_make(const struct request *r)
{
	size_t words = (2 + r->nr_pages) * PAGE_WORDS, i;
	const u16 *word = (const u16 *)&blob;
	u16 sum = 0;

	blob.header.version = BLOB_VERSION;
	memcpy(blob.header.signature, "TDX-BLOB", sizeof(blob.header.signature));
	blob.header.nr_sigstruct_pages = 1;
	blob.header.nr_pages = r->nr_pages;
	blob.sigstruct.major_svn = r->major_svn;
	blob.sigstruct.minor_svn = r->minor_svn;
	module_image_make(&blob.sigstruct, blob.image, r->nr_pages, &r->build, r->cpu);

	/* All 16-bit words of the file together are zero. */
	for (i = 0; i < words; i++)
		sum += word[i];
	blob.header.checksum = -sum;
}

/* False if there is no such damage. */
static bool blob_damage(const struct request *r, size_t *size)
{
	struct tdxmod_image *image = (struct tdxmod_image *)blob.image;

	if (!strcmp(r->damage, "magic")) {
		blob.header.signature[0] ^= 1;
	} else if (!strcmp(r->damage, "length")) {
		*size -= 1;
	} else if (!strcmp(r->damage, "signature")) {
		blob.sigstruct.signature[0] ^= 1;
	} else if (!strcmp(r->damage, "image")) {
		blob.image[r->nr_pages * MODULE_IMAGE_PAGE - 1] ^= 1;
	} else if (!strcmp(r->damage, "format")) {
		blob.image[0] ^= 1;
		module_image_sign(&blob.sigstruct, blob.image, r->nr_pages);
	} else if (!strcmp(r->damage, "build")) {
		image->build.module_hv++;
		module_image_sign(&blob.sigstruct, blob.image, r->nr_pages);
	} else {
		return false;
	}
	return true;
}

/* The value is as long as what the format takes of it. */
static bool blob_parse(int option, const char *value, struct request *r)
{
	struct tdxmod_build *b = &r->build;
	int end = 0;

	switch (option) {
	case 'v':
		return sscanf(value, "%hu.%hu.%hu%n", &b->major_version, &b->minor_version,
			      &b->update_version, &end) == 3 && !value[end];
	case 'p':
		return sscanf(value, "%u%n", &r->nr_pages, &end) == 1 && !value[end] &&
		       r->nr_pages && r->nr_pages <= PSEAMLDR_MAX_PAGES;
	case 's':
		return sscanf(value, "%hu.%hu%n", &r->major_svn, &r->minor_svn, &end) == 2 &&
		       !value[end] && r->major_svn < 256 && r->minor_svn < 256;
	case 'h':
		return sscanf(value, "%hu-%hu%n", &b->min_update_hv, &b->module_hv, &end) == 2 &&
		       !value[end];
	case 'c':
		return sscanf(value, "%i%n", &r->cpu, &end) == 1 && !value[end];
	case 'd':
		r->damage = value;
		return true;
	}
	return false;
}

static bool blob_parse_all(int argc, char **argv, struct request *r)
{
	static const struct option options[] = {
		{ "version", required_argument, NULL, 'v' },
		{ "pages", required_argument, NULL, 'p' },
		{ "svn", required_argument, NULL, 's' },
		{ "handoff-version", required_argument, NULL, 'h' },
		{ "cpu", required_argument, NULL, 'c' },
		{ "damage", required_argument, NULL, 'd' },
		{}
	};
	int option;

	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (!blob_parse(option, optarg, r))
			return false;
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
	};
	unsigned int cpu = 0, unused;
	size_t size;

	__get_cpuid(1, &cpu, &unused, &unused, &unused);
	r.cpu = cpu;
	if (!blob_parse_all(argc, argv, &r)) {
		fputs(usage, stderr);
		return 2;
	}
	size = (2 + r.nr_pages) * MODULE_IMAGE_PAGE;
	blob_make(&r);
	if (r.damage && !blob_damage(&r, &size)) {
		fputs(usage, stderr);
		return 2;
	}
	if (fwrite(&blob, 1, size, stdout) != size || fflush(stdout))
		err(1, "standard output");
	return 0;
}
