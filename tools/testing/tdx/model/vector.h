/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Files of test vectors for the TDX module: one event a line.  The reader
 * gives one well-formed event after the other; order and form are checked
 * here, what an event means is the user's business.
 */
#ifndef _TDX_TEST_VECTOR_H
#define _TDX_TEST_VECTOR_H

#include <stdio.h>

#include <linux/compiler.h>
#include <linux/types.h>

/* Longest line, in numbers and in bytes. */
#define VECTOR_MAX_NUMBERS	1024
#define VECTOR_MAX_LINE		(32 * VECTOR_MAX_NUMBERS)
#define VECTOR_MAX_FILE		(256UL << 20)
/* In place of init_lps where the vector gives none. */
#define VECTOR_ALL_LPS		(~0ULL)

enum vector_kind {
	VECTOR_EOF,
	VECTOR_BEGIN,		/* name */
	VECTOR_PLATFORM,	/* number[]: enum vector_platform */
	VECTOR_STATE,		/* number[]: sysinit, init_lps */
	VECTOR_SEAMRR,		/* number[]: base, size */
	VECTOR_CMR,		/* number[]: base, size */
	VECTOR_MEM,		/* number[]: address, words */
	VECTOR_FILL,		/* number[]: address, count, word */
	VECTOR_KEYFAIL,		/* number[]: LP, count; busy */
	VECTOR_HOLD_GLOBAL,
	VECTOR_RELEASE_GLOBAL,
	VECTOR_HOLD_TDMR,	/* number[]: base */
	VECTOR_RELEASE_TDMR,	/* number[]: base */
	VECTOR_CALL,		/* number[]: count (1 for call), LP; regs */
	VECTOR_RET,		/* regs; for call and repeat */
	VECTOR_PAMT,		/* number[]: address, words */
	VECTOR_PAMTRUN,		/* number[]: address, count, word, word */
	VECTOR_END,
};

enum vector_platform {
	VECTOR_PACKAGES,
	VECTOR_LPS,
	VECTOR_MAXPA,
	VECTOR_KEYID_BITS,
	VECTOR_HKID_START,
	VECTOR_HKID_COUNT,
	VECTOR_NR_PLATFORM,
};

enum vector_reg {
	VECTOR_RAX,
	VECTOR_RCX,
	VECTOR_RDX,
	VECTOR_R8,
	VECTOR_R9,
	VECTOR_R10,
	VECTOR_R11,
	VECTOR_NR_REGS,
};

struct vector_event {
	enum vector_kind kind;
	const char *name;
	bool busy;
	unsigned int nr;		/* of numbers */
	u64 number[VECTOR_MAX_NUMBERS];
	unsigned int named;		/* bit for each register given */
	u64 reg[VECTOR_NR_REGS];	/* 0 where not given */
};

struct vector_file;

/* Opens @path; says why not on standard error and gives NULL. */
struct vector_file *vector_open(const char *path);
void vector_close(struct vector_file *f);

/*
 * The next event, VECTOR_EOF after the last.  False when the file is not
 * well-formed, said on standard error.
 */
bool vector_next(struct vector_file *f, struct vector_event *e);

/* Says what is wrong with the line last read. */
__printf(2, 3)
void vector_error(const struct vector_file *f, const char *format, ...);

/* Where it stands, for messages. */
const char *vector_path(const struct vector_file *f);
unsigned int vector_line(const struct vector_file *f);

extern const char *const vector_reg_names[VECTOR_NR_REGS];

#endif /* _TDX_TEST_VECTOR_H */
