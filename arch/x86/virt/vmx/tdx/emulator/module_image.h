/* SPDX-License-Identifier: GPL-2.0-only */
/* Make modules for the emulated P-SEAMLDR, for tests. */
#ifndef _TDX_EMULATOR_MODULE_IMAGE_H
#define _TDX_EMULATOR_MODULE_IMAGE_H

#include "seamldr.h"

#define MODULE_IMAGE_PAGE	4096

/**
 * module_image_make - make a signed module
 * @sig: SIGSTRUCT; the caller sets the SVNs, the function sets the other members
 * @pages: the image; the function writes struct tdxmod_image to its start
 * @nr_pages: 1 to PSEAMLDR_MAX_PAGES
 * @build: versions of the module
 * @cpu: EAX of CPUID leaf 1 of the only CPU that the module supports
 *
 * After any later change, the caller must call module_image_sign().
 */
void module_image_make(struct pseamldr_sigstruct *sig, void *pages, u32 nr_pages,
		       const struct tdxmod_build *build, u32 cpu);

/* Store the hash of the image in @sig, and sign @sig. */
void module_image_sign(struct pseamldr_sigstruct *sig, const void *pages, u32 nr_pages);

#endif /* _TDX_EMULATOR_MODULE_IMAGE_H */
