/* SPDX-License-Identifier: GPL-2.0-only */
/* Functions that the files of this module share. */
#ifndef _TDX_TEST_H
#define _TDX_TEST_H

struct dentry;

/* together.c */
int tdx_test_together(int (*fn)(void *), unsigned int nr);

/* request.c */
void tdx_test_request_init(struct dentry *dir);
void tdx_test_request_exit(void);

/* latency.c */
void tdx_test_latency_init(struct dentry *dir);

/* mixed.c */
void tdx_test_mixed_init(struct dentry *dir);

/* sleep.c */
void tdx_test_sleep_init(struct dentry *dir);
void tdx_test_sleep_exit(void);

#endif /* _TDX_TEST_H */
