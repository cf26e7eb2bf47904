// SPDX-License-Identifier: GPL-2.0-only
/* The image of a module: measured, and taken for the module that answers. */
#include <crypto/sha2.h>

#include "model_internal.h"

static const void *image_page(const struct tdxmod *m, u64 n)
{
	static const u8 zeros[SZ_4K];

	const void *page = tdxmod_memory(m, m->loader.params.page_pas[n]);

	return page ? page : zeros;
}

static bool hash_is_good(const struct tdxmod *m)
{
	u8 hash[PSEAMLDR_HASH_SIZE];
	struct sha384_ctx ctx;
	u64 i;

	sha384_init(&ctx);
	for (i = 0; i < m->loader.params.nr_pages; i++)
		sha384_update(&ctx, image_page(m, i), SZ_4K);
	sha384_final(&ctx, hash);
	return !memcmp(hash, m->loader.sigstruct.hash, sizeof(hash));
}

/* SYS.INIT compares what the module was built for with what it is told. */
static bool fits_sigstruct(const struct tdxmod_build *build,
			   const struct pseamldr_sigstruct *sig)
{
	return build->module_hv == sig->module_hv &&
	       build->min_update_hv == sig->min_update_hv &&
	       build->nr_handoff_pages == sig->nr_handoff_pages &&
	       build->no_downgrade == sig->no_downgrade;
}

u64 tdxmod_load_image(struct tdxmod *m)
{
	const struct tdxmod_image *image;

	if (!hash_is_good(m))
		return PSEAMLDR_EBADHASH;

	image = image_page(m, 0);
	if (image->magic != TDXMOD_IMAGE_MAGIC)
		return PSEAMLDR_EBADPARAM;

	m->build = image->build;
	m->misfit = !fits_sigstruct(&image->build, &m->loader.sigstruct);
	tdxmod_forget(m);
	return TDX_SUCCESS;
}
