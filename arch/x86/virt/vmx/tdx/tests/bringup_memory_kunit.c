// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tests of bring-up against memory hot-plug: memory that bring-up looks at cannot
 * go offline before bring-up has allocated it.
 */
#include <kunit/test.h>

#include <linux/completion.h>
#include <linux/err.h>
#include <linux/file.h>
#include <linux/gfp.h>
#include <linux/iopoll.h>
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

#include "../enable.h"
#include "bringup_fixture.h"

/* No task here takes so long, even on emulated CPUs that guests share. */
#define PATIENCE	(60 * HZ)

/* A task that has not ended after this time is waiting for a lock. */
#define A_WHILE		HZ

/*
 * A task that a kthread runs, with actions of the test before and after it.
 * Instances are static, because a kthread that hangs goes on using its own.
 */
struct memory_task {
	const char *name;
	void (*act)(struct memory_task *task);
	void (*before)(struct memory_task *task);
	void (*after)(struct memory_task *task);
	struct tdx_bringup *tb;
	u64 base;
	struct completion done;
};

static int memory_task_run(void *data)
{
	struct memory_task *task = data;

	task->act(task);
	complete_all(&task->done);

	return 0;
}

static void memory_task_start(struct kunit *test, struct memory_task *task)
{
	init_completion(&task->done);
	KUNIT_ASSERT_FALSE(test, IS_ERR(kthread_run(memory_task_run, task, "tdx-%s", task->name)));
}

static void memory_expect_waiting(struct kunit *test, struct memory_task *task)
{
	KUNIT_EXPECT_EQ_MSG(test, wait_for_completion_timeout(&task->done, A_WHILE), 0UL,
			    "%s does not wait", task->name);
}

static void memory_expect_done(struct kunit *test, struct memory_task *task)
{
	KUNIT_ASSERT_GT_MSG(test, wait_for_completion_timeout(&task->done, PATIENCE), 0UL,
			    "%s hangs", task->name);
}

static void memory_give_back(u64 base)
{
	free_contig_range(PHYS_PFN(base), 1);
}

static void memory_find_page(struct memory_task *task)
{
	task->base = tdx_pamt_find(PAGE_SIZE, first_online_node);
	if (task->base)
		memory_give_back(task->base);
}

/* Another user may have allocated the page by now, which does not matter here. */
static void memory_take_page(struct memory_task *task)
{
	if (!tdx_pamt_take_range(task->base, PAGE_SIZE))
		memory_give_back(task->base);
}

static void memory_claim(struct memory_task *task)
{
	tdx_memory_claim(&task->tb->attempt, &task->tb->steps.layout, &task->tb->steps.module);
}

static void memory_release(struct memory_task *task)
{
	tdx_memory_release(&task->tb->steps.layout);
}

static struct memory_task memory_tasks[] = {
	{ "take", memory_take_page, .before = memory_find_page },
	{ "find", memory_find_page },
	{ "claim", memory_claim, .after = memory_release },
	{ "release", memory_release, .before = memory_claim },
};

KUNIT_ARRAY_PARAM_DESC(memory_task, memory_tasks, name);

/* While memory hot-plug runs, bring-up does not list, search or allocate memory. */
static void memory_test_waits_for_hotplug(struct kunit *test)
{
	struct memory_task *task = (struct memory_task *)test->param_value;

	if (!IS_ENABLED(CONFIG_MEMORY_HOTPLUG))
		kunit_skip(test, "needs CONFIG_MEMORY_HOTPLUG");

	task->tb = test->priv;
	if (task->before)
		task->before(task);

	mem_hotplug_begin();
	memory_task_start(test, task);
	memory_expect_waiting(test, task);
	mem_hotplug_done();

	memory_expect_done(test, task);
	if (task->after)
		task->after(task);
}

static void memory_hotplug(struct memory_task *task)
{
	mem_hotplug_begin();
	mem_hotplug_done();
}

static struct memory_task taking = { "take", memory_take_page };
static struct memory_task plugging = { "hot-plug", memory_hotplug };

/* Give the pages to a file: pages of a file can be migrated. */
static int memory_fill_file(struct address_space *mapping, unsigned long pfn, unsigned long nr)
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
		/* A clean page might be reclaimed instead. */
		folio_mark_dirty(folio);
		folio_unlock(folio);
		folio_put(folio);
	}
	/* Pages in the LRU batches of CPUs cannot be migrated. */
	lru_add_drain_all();

	return 0;
}

/* The allocation migrates the page first, and waits for the lock on it. */
static void memory_take_slowly(struct kunit *test, unsigned long pfn)
{
	struct folio *folio = pfn_folio(pfn);
	bool waits;

	taking.base = PFN_PHYS(pfn);
	folio_lock(folio);
	memory_task_start(test, &taking);
	KUNIT_EXPECT_EQ(test, 0, read_poll_timeout(folio_test_waiters, waits, waits, 1000,
						   BRINGUP_PATIENCE_US, false, folio));
	memory_task_start(test, &plugging);
	memory_expect_waiting(test, &plugging);

	folio_get(folio);
	folio_unlock(folio);
	folio_put(folio);
	memory_expect_done(test, &taking);
	memory_expect_done(test, &plugging);
}

/* Memory hot-plug waits for an allocation that is in flight. */
static void memory_test_hotplug_waits(struct kunit *test)
{
	const u64 size = pageblock_nr_pages * PAGE_SIZE;
	struct file *file;
	u64 base;
	int ret;

	if (!IS_ENABLED(CONFIG_MEMORY_HOTPLUG))
		kunit_skip(test, "needs CONFIG_MEMORY_HOTPLUG");

	/* A whole pageblock, so that no unmovable page of another user is in it. */
	base = tdx_pamt_find(size, first_online_node);
	KUNIT_ASSERT_NE(test, base, 0ULL);
	file = shmem_file_setup("tdx-test", size, EMPTY_VMA_FLAGS);
	KUNIT_ASSERT_FALSE(test, IS_ERR(file));
	ret = memory_fill_file(file->f_mapping, PHYS_PFN(base), pageblock_nr_pages);
	KUNIT_EXPECT_EQ(test, ret, 0);
	if (!ret)
		memory_take_slowly(test, PHYS_PFN(base));
	truncate_inode_pages(file->f_mapping, 0);
	fput(file);
}

static struct kunit_case memory_cases[] = {
	KUNIT_CASE_PARAM(memory_test_waits_for_hotplug, memory_task_gen_params),
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
