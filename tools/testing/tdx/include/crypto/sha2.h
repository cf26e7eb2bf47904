/* SPDX-License-Identifier: GPL-2.0-only */
/* The kernel's SHA-384, by OpenSSL's. */
#ifndef _TDX_TEST_CRYPTO_SHA2_H
#define _TDX_TEST_CRYPTO_SHA2_H

#define OPENSSL_SUPPRESS_DEPRECATED
#include <openssl/sha.h>

#include <linux/types.h>

struct sha384_ctx {
	SHA512_CTX state;
};

static inline void sha384_init(struct sha384_ctx *ctx)
{
	openssl_sha384_init(&ctx->state);
}

static inline void sha384_update(struct sha384_ctx *ctx, const void *data, size_t len)
{
	openssl_sha384_update(&ctx->state, data, len);
}

static inline void sha384_final(struct sha384_ctx *ctx, u8 *out)
{
	openssl_sha384_final(out, &ctx->state);
}

#endif /* _TDX_TEST_CRYPTO_SHA2_H */
