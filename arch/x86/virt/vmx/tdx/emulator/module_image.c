// SPDX-License-Identifier: GPL-2.0-only
/*
 * Make modules for the emulated P-SEAMLDR, for tests in the kernel and in user space.
 * A module consists of a page with the versions that the model then reports, any
 * number of other pages, and their SIGSTRUCT.
 */
#include <crypto/sha2.h>
#include <linux/string.h>

#include "module_image.h"

#define VENDOR_INTEL	0x8086

void module_image_sign(struct pseamldr_sigstruct *sig, const void *pages, u32 nr_pages)
{
	struct sha384_ctx ctx;

	sha384_init(&ctx);
	sha384_update(&ctx, pages, (size_t)nr_pages * MODULE_IMAGE_PAGE);
	sha384_final(&ctx, sig->hash);

	memset(sig->modulus, PSEAMLDR_MODEL_KEY, sizeof(sig->modulus));
	sig->exponent = PSEAMLDR_SIG_EXPONENT;
	memset(sig->signature, 0, sizeof(sig->signature));
	tdxmod_image_digest(sig, sig->signature);
}

void module_image_make(struct pseamldr_sigstruct *sig, void *pages, u32 nr_pages,
		       const struct tdxmod_build *build, u32 cpu)
{
	struct tdxmod_image *image = pages;

	image->magic = TDXMOD_IMAGE_MAGIC;
	image->build = *build;

	sig->header_type = PSEAMLDR_SIG_HEADER_TYPE;
	sig->header_length = PSEAMLDR_SIG_HEADER_LENGTH;
	sig->header_version = PSEAMLDR_SIG_HEADER_VERSION;
	sig->module_vendor = VENDOR_INTEL;
	sig->size = PSEAMLDR_SIG_SIZE;
	sig->key_size = PSEAMLDR_SIG_KEY_SIZE;
	sig->modulus_size = PSEAMLDR_SIG_KEY_SIZE;
	sig->exponent_size = PSEAMLDR_SIG_EXPONENT_SIZE;
	sig->date = build->date;
	sig->nr_cpuids = 1;
	sig->cpuids[0] = cpu;
	sig->module_hv = build->module_hv;
	sig->min_update_hv = build->min_update_hv;
	sig->no_downgrade = build->no_downgrade;
	sig->nr_handoff_pages = build->nr_handoff_pages;

	module_image_sign(sig, pages, nr_pages);
}
