// SPDX-License-Identifier: GPL-2.0-only
/* Compute the digest of the signed part of a SIGSTRUCT: all but key and signature. */
#include <crypto/sha2.h>

#include "seamldr.h"

void tdxmod_image_digest(const struct pseamldr_sigstruct *sig,
			 u8 digest[PSEAMLDR_HASH_SIZE])
{
	const u8 *header = (const u8 *)sig, *body = sig->hash;
	struct sha384_ctx ctx;

	sha384_init(&ctx);
	sha384_update(&ctx, header, sig->modulus - header);
	sha384_update(&ctx, body, header + sizeof(*sig) - body);
	sha384_final(&ctx, digest);
}
