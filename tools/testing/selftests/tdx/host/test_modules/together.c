// SPDX-License-Identifier: GPL-2.0-only
/* Kernel threads that all call the same function at the same time. */
#include <linux/completion.h>
#include <linux/err.h>
#include <linux/kthread.h>
#include <linux/sched/task.h>
#include <linux/slab.h>

#include "tdx_test.h"

#define MAX_THREADS	4000

struct together {
	struct completion ready;
	struct completion go;
	int (*fn)(void *unused);
};

static int together_thread(void *data)
{
	struct together *t = data;

	complete(&t->ready);
	wait_for_completion(&t->go);

	return t->fn(NULL);
}

static unsigned int together_create(struct together *t, struct task_struct **threads,
				    unsigned int nr)
{
	struct task_struct *task;
	unsigned int i;

	for (i = 0; i < nr; i++) {
		task = kthread_run(together_thread, t, "tdx_test/%u", i);
		if (IS_ERR(task))
			break;
		threads[i] = get_task_struct(task);
	}

	return i;
}

/* kthread_stop() would keep a thread that has not run yet from running at all. */
static void together_start(struct together *t, unsigned int nr)
{
	while (nr--)
		wait_for_completion(&t->ready);

	complete_all(&t->go);
}

/* The threads run code of this module: wait until the last one is gone. */
static int together_stop(struct task_struct **threads, unsigned int nr)
{
	int result, ret = 0;
	unsigned int i;

	for (i = 0; i < nr; i++) {
		result = kthread_stop_put(threads[i]);
		ret = ret ?: result;
	}

	return ret;
}

/**
 * tdx_test_together - have kernel threads call a function at the same time
 * @fn: the function
 * @nr: number of threads
 *
 * Context: may sleep until all calls have returned.
 *
 * Return: 0; the first error of a call; -ENOMEM if a thread could not be created;
 * -EINVAL without threads or for too many.
 */
int tdx_test_together(int (*fn)(void *), unsigned int nr)
{
	struct together t = { .fn = fn };
	struct task_struct **threads;
	unsigned int created;
	int ret;

	if (!nr || nr > MAX_THREADS)
		return -EINVAL;

	threads = kvcalloc(nr, sizeof(*threads), GFP_KERNEL);
	if (!threads)
		return -ENOMEM;

	init_completion(&t.ready);
	init_completion(&t.go);
	created = together_create(&t, threads, nr);
	together_start(&t, created);
	ret = together_stop(threads, created);
	kvfree(threads);

	return created == nr ? ret : -ENOMEM;
}
