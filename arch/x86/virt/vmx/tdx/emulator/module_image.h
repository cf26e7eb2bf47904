/* SPDX-License-Identifier: GPL-2.0-only */
/* Modules that the emulated P-SEAMLDR takes.  For tests. */
#ifndef _TDX_EMULATOR_MODULE_IMAGE_H
#define _TDX_EMULATOR_MODULE_IMAGE_H

#include "seamldr.h"

#define MODULE_IMAGE_PAGE	4096

/**
 * module_image_make - a module, signed
 * @sig: SIGSTRUCT, its form, its size of hand-off data, its list of CPUs and
 *	what is not signed are filled in; the caller has set the SVNs
 * @pages: the image, of which the start is filled in
 * @nr_pages: 1 to PSEAMLDR_MAX_PAGES
 * @build: what the module is to tell of itself
 * @cpu: EAX of CPUID leaf 1 of the only CPU it runs on
 *
 * What the caller changes afterwards must be signed again.
 */
void module_image_make(struct pseamldr_sigstruct *sig, void *pages, u32 nr_pages,
		       const struct tdxmod_build *build, u32 cpu);

/* Put the hash of the image into @sig as it is, and sign it. */
void module_image_sign(struct pseamldr_sigstruct *sig, const void *pages, u32 nr_pages);

#endif /* _TDX_EMULATOR_MODULE_IMAGE_H */
