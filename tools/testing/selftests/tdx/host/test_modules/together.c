// SPDX-License-Identifier: GPL-2.0-only
/* Many kernel threads that do the same at the same time. */
#include <linux/completion.h>
#include <linux/err.h>
#include <linux/kthread.h>
#include <linux/sched/task.h>
#include <linux/slab.h>

#include "tdx_test.h"

/* What the threads wait for, and then do. */
struct start {
	struct completion ready;
	struct completion go;
	int (*fn)(void *unused);
};

static int thread(void *data)
{
	struct start *start = data;

	complete(&start->ready);
	wait_for_completion(&start->go);

	return start->fn(NULL);
}

static unsigned int create_threads(struct task_struct **threads, unsigned int nr,
				   struct start *start)
{
	struct task_struct *task;
	unsigned int i;

	for (i = 0; i < nr; i++) {
		task = kthread_run(thread, start, "tdx_test/%u", i);
		if (IS_ERR(task))
			break;
		threads[i] = get_task_struct(task);
	}

	return i;
}

/* A thread that was not running yet would be stopped before it had asked. */
static void start_together(struct start *start, unsigned int nr)
{
	while (nr--)
		wait_for_completion(&start->ready);

	complete_all(&start->go);
}

/* Only when the threads are gone may this module go. */
static void collect_results(struct task_struct **threads, unsigned int nr,
			    int *results)
{
	unsigned int i;

	for (i = 0; i < nr; i++)
		results[i] = kthread_stop_put(threads[i]);
}

/**
 * tdx_test_together - have threads do something at the same time
 * @fn: what they do
 * @nr: how many they are
 * @results: out, what @fn has returned, for each
 * @nr_results: out, how many could be created
 *
 * Context: may sleep until all have done it.
 *
 * Return: 0, or -ENOMEM if not all could be created.
 */
int tdx_test_together(int (*fn)(void *), unsigned int nr, int *results,
		      unsigned int *nr_results)
{
	struct start start = { .fn = fn };
	struct task_struct **threads;

	threads = kvcalloc(nr, sizeof(*threads), GFP_KERNEL);
	if (!threads)
		return -ENOMEM;

	init_completion(&start.ready);
	init_completion(&start.go);
	*nr_results = create_threads(threads, nr, &start);
	start_together(&start, *nr_results);
	collect_results(threads, *nr_results, results);
	kvfree(threads);

	return *nr_results == nr ? 0 : -ENOMEM;
}
