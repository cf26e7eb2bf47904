// SPDX-License-Identifier: GPL-2.0-only
/* Checks of seam_status.c, against the table that KUnit uses in the kernel. */
#include <stdio.h>
#include <string.h>

#include "../../../../arch/x86/virt/vmx/tdx/tests/seam_status_cases.h"
#include "check.h"

CHECK(status_cases)
{
	char text[SEAM_TEXT_LEN], expected[SEAM_TEXT_LEN];
	const struct seam_case *c;
	bool same;
	int n;

	for (c = seam_cases; c < &seam_cases[ARRAY_SIZE(seam_cases)]; c++) {
		n = seam_status_describe(text, sizeof(text), c->leaf, c->status);
		seam_case_text(c, expected, sizeof(expected));
		same = EXPECT(!strcmp(text, expected));
		same &= EXPECT_EQ(n, strlen(expected));
		same &= EXPECT_EQ(seam_status_class(c->status), c->class);
		same &= EXPECT_EQ(seam_status_errno(c->leaf, c->status), c->error);
		if (!same)
			printf("# of %s: %s\n", expected, text);
	}
}

CHECK(status_every_known_code_has_a_case)
{
	EXPECT(seam_named(0xC0000A0000000000ULL));
	EXPECT_EQ(seam_code_without_case(), -1ULL);
}

/* The last byte of the buffer is a guard: a text must not reach it. */
CHECK(status_every_text_fits_into_its_length)
{
	char text[SEAM_TEXT_LEN * 2];
	int longest;

	text[sizeof(text) - 1] = 'g';
	longest = seam_longest_text(text, sizeof(text) - 1);
	EXPECT(longest > 0 && longest < SEAM_TEXT_LEN);
	EXPECT_EQ(text[sizeof(text) - 1], 'g');
}

CHECK(status_short_buffer_gets_the_beginning)
{
	static const u64 leaf = 45, status = 0xC0000A1200000102ULL;
	char whole[SEAM_TEXT_LEN], text[SEAM_TEXT_LEN + 1];
	int whole_len = seam_status_describe(whole, sizeof(whole), leaf, status);
	int len;

	for (len = 1; len <= whole_len + 1; len++) {
		memset(text, 'g', sizeof(text));
		EXPECT_EQ(seam_status_describe(text, len, leaf, status), len - 1);
		EXPECT(!memcmp(text, whole, len - 1) && !text[len - 1] && text[len] == 'g');
	}
	EXPECT_EQ(seam_status_describe(text, 0, leaf, status), 0);
	EXPECT_EQ(text[0], whole[0]);
}
