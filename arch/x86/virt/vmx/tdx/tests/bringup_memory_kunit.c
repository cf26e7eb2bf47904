// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tests of bring-up against memory hot-plug: what is looked at is there until it
 * is taken.
 */
#include <kunit/test.h>

#include <linux/completion.h>
#include <linux/delay.h>
#include <linux/err.h>
#include <linux/file.h>
#include <linux/gfp.h>
#include <linux/jiffies.h>
#include <linux/kthread.h>
#include <linux/memory_hotplug.h>
#include <linux/mm.h>
#include <linux/nodemask.h>
#include <linux/pageblock-flags.h>
#include <linux/pagemap.h>
#include <linux/pfn.h>
#include <linux/shmem_fs.h>
#include <linux/string.h>
#include <linux/swap.h>

#include "../bringup.h"
#include "bringup_fixture.h"

/* Longer than anything here takes, also where CPUs are emulated and shared. */
#define PATIENCE	(60 * HZ)

/* What is not done by then waits for something. */
#define A_WHILE		HZ

/*
 * What a task of its own does, and what the test does before and after that.
 * Static, because a task that hangs goes on using it.
 */
struct doing {
	const char *name;
	void (*act)(struct doing *doing);
	void (*before)(struct doing *doing);
	void (*after)(struct doing *doing);
	struct tdx_bringup *tb;
	u64 base;
	struct completion done;
};

static int act(void *data)
{
	struct doing *doing = data;

	doing->act(doing);
	complete_all(&doing->done);

	return 0;
}

static void start(struct kunit *test, struct doing *doing)
{
	init_completion(&doing->done);
	KUNIT_ASSERT_FALSE(test, IS_ERR(kthread_run(act, doing, "tdx-%s", doing->name)));
}

static void expect_waiting(struct kunit *test, struct doing *doing)
{
	KUNIT_EXPECT_EQ_MSG(test, wait_for_completion_timeout(&doing->done, A_WHILE), 0UL,
			    "%s does not wait", doing->name);
}

static void expect_done(struct kunit *test, struct doing *doing)
{
	KUNIT_ASSERT_GT_MSG(test, wait_for_completion_timeout(&doing->done, PATIENCE), 0UL,
			    "%s hangs", doing->name);
}

static void give_back(u64 base)
{
	free_contig_range(PHYS_PFN(base), 1);
}

static void find_page(struct doing *doing)
{
	doing->base = tdx_pamt_find(PAGE_SIZE, first_online_node);
	if (doing->base)
		give_back(doing->base);
}

/* Somebody else may have it by now: that is no matter here. */
static void take_page(struct doing *doing)
{
	if (!tdx_pamt_take_range(doing->base, PAGE_SIZE))
		give_back(doing->base);
}

static void claim(struct doing *doing)
{
	tdx_memory_claim(doing->tb);
}

static void release(struct doing *doing)
{
	tdx_memory_release(doing->tb);
}

static struct doing doings[] = {
	{ "take", take_page, .before = find_page },
	{ "find", find_page },
	{ "claim", claim, .after = release },
	{ "release", release, .before = claim },
};

static void doing_desc(struct doing *doing, char *desc)
{
	strscpy(desc, doing->name, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(doing, doings, doing_desc);

/* While memory comes or goes, none is listed, looked at or taken. */
static void memory_test_waits_for_hotplug(struct kunit *test)
{
	struct doing *doing = (struct doing *)test->param_value;

	if (!IS_ENABLED(CONFIG_MEMORY_HOTPLUG))
		kunit_skip(test, "needs CONFIG_MEMORY_HOTPLUG");

	doing->tb = test->priv;
	if (doing->before)
		doing->before(doing);

	mem_hotplug_begin();
	start(test, doing);
	expect_waiting(test, doing);
	mem_hotplug_done();

	expect_done(test, doing);
	if (doing->after)
		doing->after(doing);
}

static void hotplug(struct doing *doing)
{
	mem_hotplug_begin();
	mem_hotplug_done();
}

static struct doing taking = { "take", take_page };
static struct doing plugging = { "hot-plug", hotplug };

static void wait_for_waiter(struct kunit *test, struct folio *folio)
{
	unsigned long end = jiffies + PATIENCE;

	while (!folio_test_waiters(folio) && time_before(jiffies, end))
		usleep_range(1000, 2000);
	KUNIT_EXPECT_TRUE(test, folio_test_waiters(folio));
}

/* Give the pages to a file, from where they can be moved away. */
static int fill(struct address_space *mapping, unsigned long pfn, unsigned long nr)
{
	struct folio *folio;
	unsigned long i;
	int ret;

	for (i = 0; i < nr; i++) {
		folio = pfn_folio(pfn + i);
		ret = filemap_add_folio(mapping, folio, i, GFP_KERNEL);
		if (ret) {
			free_contig_range(pfn + i, nr - i);
			return ret;
		}
		folio_mark_uptodate(folio);
		folio_unlock(folio);
		folio_put(folio);
	}
	/* Those that are on their way to a list cannot be moved. */
	lru_add_drain_all();

	return 0;
}

/* The page has to be moved away, which takes until it is unlocked. */
static void take_slowly(struct kunit *test, unsigned long pfn)
{
	struct folio *folio = pfn_folio(pfn);

	taking.base = PFN_PHYS(pfn);
	folio_lock(folio);
	start(test, &taking);
	wait_for_waiter(test, folio);
	start(test, &plugging);
	expect_waiting(test, &plugging);

	folio_get(folio);
	folio_unlock(folio);
	folio_put(folio);
	expect_done(test, &taking);
	expect_done(test, &plugging);
}

/* No memory goes between the look at it and the end of its allocation. */
static void memory_test_hotplug_waits(struct kunit *test)
{
	const u64 size = pageblock_nr_pages * PAGE_SIZE;
	struct file *file;
	u64 base;
	int ret;

	if (!IS_ENABLED(CONFIG_MEMORY_HOTPLUG))
		kunit_skip(test, "needs CONFIG_MEMORY_HOTPLUG");

	/* All of the pageblock, or there might be others' pages that cannot be moved. */
	base = tdx_pamt_find(size, first_online_node);
	KUNIT_ASSERT_NE(test, base, 0ULL);
	file = shmem_file_setup("tdx-test", size, EMPTY_VMA_FLAGS);
	KUNIT_ASSERT_FALSE(test, IS_ERR(file));
	ret = fill(file->f_mapping, PHYS_PFN(base), pageblock_nr_pages);
	KUNIT_EXPECT_EQ(test, ret, 0);
	if (!ret)
		take_slowly(test, PHYS_PFN(base));
	truncate_inode_pages(file->f_mapping, 0);
	fput(file);
}

static struct kunit_case memory_cases[] = {
	KUNIT_CASE_PARAM(memory_test_waits_for_hotplug, doing_gen_params),
	KUNIT_CASE(memory_test_hotplug_waits),
	{}
};

static struct kunit_suite memory_suite = {
	.name = "tdx_bringup_memory",
	.init = bringup_fixture_init,
	.exit = bringup_fixture_exit,
	.test_cases = memory_cases,
};

kunit_test_suite(memory_suite);

MODULE_DESCRIPTION("KUnit tests of TDX bring-up while memory comes and goes");
MODULE_LICENSE("GPL");
