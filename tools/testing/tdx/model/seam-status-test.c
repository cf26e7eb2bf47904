// SPDX-License-Identifier: GPL-2.0-only
/*
 * arch/x86/virt/vmx/tdx/seam_status.c in user space, against the table that
 * KUnit uses in the kernel.  Speaks TAP; exit 0 only if every test passed.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../../../arch/x86/virt/vmx/tdx/tests/seam_status_cases.h"

static int nr_tests, nr_failed;

static void report(bool ok, const char *what)
{
	printf("%sok %d - %s\n", ok ? "" : "not ", ++nr_tests, what);
	nr_failed += !ok;
}

static void test_case(const struct seam_case *c)
{
	enum seam_class class = seam_status_class(c->status);
	int error = seam_status_errno(c->leaf, c->status);
	char text[SEAM_TEXT_LEN];
	int n = seam_status_describe(text, sizeof(text), c->leaf, c->status);
	bool ok = !strcmp(text, c->text) && n == (int)strlen(c->text) &&
		  class == c->class && error == c->error;

	report(ok, c->text);
	if (ok)
		return;
	printf("# got      class %d error %d %s\n", class, error, text);
	printf("# expected class %d error %d %s\n", c->class, c->error, c->text);
}

static void test_complete(void)
{
	u64 code = seam_code_without_case();

	report(seam_nr_named() && code == -1ULL, "every known code has a case");
	if (code != -1ULL)
		printf("# none for 0x%llx\n", code);
}

static void test_unknown(void)
{
	report(!seam_status_name(0xC000050100000000ULL) && !seam_leaf_name(5) &&
	       !seam_leaf_name(0x8000000000000002ULL),
	       "what is not known has no name");
}

/* The last byte of the buffer is a guard: a text must not reach it. */
static void test_length(void)
{
	char text[SEAM_TEXT_LEN * 2];
	int longest;

	text[sizeof(text) - 1] = 'g';
	longest = seam_longest_text(text, sizeof(text) - 1);
	report(longest > 0 && longest < SEAM_TEXT_LEN &&
	       text[sizeof(text) - 1] == 'g',
	       "every text fits into SEAM_TEXT_LEN");
	printf("# the longest has %d characters\n", longest);
}

static bool truncates_at(int len, const char *whole, u64 leaf, u64 status)
{
	char text[SEAM_TEXT_LEN + 1];
	int n;

	memset(text, 'g', sizeof(text));
	n = seam_status_describe(text, len, leaf, status);

	return n == len - 1 && !memcmp(text, whole, len - 1) &&
	       !text[len - 1] && text[len] == 'g';
}

static void test_truncation(void)
{
	static const u64 leaf = 45, status = 0xC0000A1200000102ULL;
	char whole[SEAM_TEXT_LEN];
	int whole_len = seam_status_describe(whole, sizeof(whole), leaf, status);
	int len = 1;

	while (len <= whole_len + 1 && truncates_at(len, whole, leaf, status))
		len++;
	report(len == whole_len + 2, "a short buffer gets the beginning");
}

static void test_no_buffer(void)
{
	char text = 'g';

	report(!seam_status_describe(&text, 0, 33, 0) && text == 'g',
	       "no buffer, no text");
}

int main(void)
{
	size_t i;

	printf("TAP version 13\n1..%zu\n", ARRAY_SIZE(seam_cases) + 5);
	for (i = 0; i < ARRAY_SIZE(seam_cases); i++)
		test_case(&seam_cases[i]);
	test_complete();
	test_unknown();
	test_length();
	test_truncation();
	test_no_buffer();

	return nr_failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
