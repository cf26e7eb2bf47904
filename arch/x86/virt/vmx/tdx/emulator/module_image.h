/* SPDX-License-Identifier: GPL-2.0-only */
/* Modules for the emulated P-SEAMLDR, in tests. */
#ifndef _TDX_EMULATOR_MODULE_IMAGE_H
#define _TDX_EMULATOR_MODULE_IMAGE_H

#include "seamldr.h"

#define MODULE_IMAGE_PAGE	4096

/**
 * module_image_make - make a signed module
 * @sig: SIGSTRUCT; the caller has set the SVNs, this fills in everything else
 * @pages: the image; this fills in its start
 * @nr_pages: 1 to PSEAMLDR_MAX_PAGES
 * @build: versions of the module
 * @cpu: EAX of CPUID leaf 1 of the only CPU that the module supports
 *
 * The caller must sign again after any later change.
 */
void module_image_make(struct pseamldr_sigstruct *sig, void *pages, u32 nr_pages,
		       const struct tdxmod_build *build, u32 cpu);

/* Put the hash of the image into @sig, and sign @sig with its present content. */
void module_image_sign(struct pseamldr_sigstruct *sig, const void *pages, u32 nr_pages);

#endif /* _TDX_EMULATOR_MODULE_IMAGE_H */
