// SPDX-License-Identifier: GPL-2.0-only
/*
 * Simulated CPUs.  The simulated time jumps from the end of one piece of work to the end
 * of the next.  In between, each task proceeds at the rate that the CPUs of its node, and
 * the memory of the node it writes to, allow.
 */
#include <err.h>
#include <setjmp.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/queue.h>
#include <ucontext.h>

#include "cpus.h"

#define CPUS_STACK_SIZE		(64 * 1024)
/* Of a piece of work, that counting in binary leaves over. */
#define CPUS_ROUNDING_NS	0.000001

struct cpus_task {
	STAILQ_ENTRY(cpus_task) next;
	jmp_buf where;
	ucontext_t begin;
	void *stack;
	void (*function)(void *arg);
	void *arg;
	int node;
	bool done;
	int memory_node;
	double left;		/* ns of its work, or until its worker is there */
	double bytes_per_ns;
	double rate;		/* of @left in a ns */
};

STAILQ_HEAD(cpus_list, cpus_task);

/*
 * Tasks of a node: how many have started, how many may, and those that wait until they
 * may.  Its workers, of which there is one before any is needed.
 */
struct cpus_node {
	unsigned int active;
	unsigned int max;
	struct cpus_list waiting;
	unsigned int workers;
	double traffic;		/* what is being written to its memory, bytes/ns */
};

static struct cpus_options cpus_options;
static struct cpus_node *cpus_nodes;
/* The tasks that have started, of all nodes. */
static struct cpus_list cpus_active = STAILQ_HEAD_INITIALIZER(cpus_active);
static double cpus_time;
/* When the last worker of any node was, or will be, there. */
static double cpus_last_worker;
static struct cpus_task *cpus_current;
static jmp_buf cpus_scheduler;
static ucontext_t cpus_scheduler_context;

static void *cpus_alloc(size_t nr, size_t size)
{
	void *p = calloc(nr, size);

	if (!p)
		err(1, "calloc");
	return p;
}

void cpus_init(const struct cpus_options *options)
{
	unsigned int node;

	cpus_options = *options;
	cpus_nodes = cpus_alloc(options->nr_nodes, sizeof(*cpus_nodes));
	for (node = 0; node < options->nr_nodes; node++) {
		cpus_nodes[node].workers = 1;
		STAILQ_INIT(&cpus_nodes[node].waiting);
	}
}

unsigned int cpus_nr(void)
{
	unsigned int node, nr = 0;

	for (node = 0; node < cpus_options.nr_nodes; node++)
		nr += cpus_options.cpus[node];
	return nr;
}

unsigned int cpus_nr_of(int node)
{
	return cpus_options.cpus[node];
}

double cpus_now(void)
{
	return cpus_time;
}

/* Workers are created one after another, and are not given back. */
static void cpus_activate(struct cpus_task *task)
{
	struct cpus_node *node = &cpus_nodes[task->node];

	if (++node->active > node->workers) {
		node->workers++;
		if (cpus_last_worker < cpus_time)
			cpus_last_worker = cpus_time;
		cpus_last_worker += cpus_options.worker_ns;
		task->left = cpus_last_worker - cpus_time;
	}
	STAILQ_INSERT_TAIL(&cpus_active, task, next);
}

/* At once, or when fewer than @max of @node are left. */
void cpus_start(int node, unsigned int max, void (*function)(void *), void *arg)
{
	struct cpus_task *task = cpus_alloc(1, sizeof(*task));

	task->function = function;
	task->arg = arg;
	task->node = node;
	task->memory_node = node;
	cpus_nodes[node].max = max;
	if (cpus_nodes[node].active < max)
		cpus_activate(task);
	else
		STAILQ_INSERT_TAIL(&cpus_nodes[node].waiting, task, next);
}

/* In a task: let @ns pass, or more if memory takes @bytes no faster. */
void cpus_work(int memory_node, double ns, double bytes)
{
	cpus_current->memory_node = memory_node;
	cpus_current->left = ns;
	cpus_current->bytes_per_ns = ns ? bytes / ns : 0;
	if (!_setjmp(cpus_current->where))
		_longjmp(cpus_scheduler, 1);
}

/* In a task: hold @lock for @ns.  Tasks get the lock in the order in which they ask. */
void cpus_hold(struct cpus_lock *lock, double ns)
{
	if (lock->free_at < cpus_time)
		lock->free_at = cpus_time;
	lock->free_at += ns;
	cpus_work(cpus_current->node, lock->free_at - cpus_time, 0);
}

static void cpus_begin(void)
{
	cpus_current->function(cpus_current->arg);
	cpus_current->done = true;
	_longjmp(cpus_scheduler, 1);
}

/* Until it works, or is done. */
static void cpus_resume(struct cpus_task *task)
{
	cpus_current = task;
	if (_setjmp(cpus_scheduler))
		return;
	if (task->stack)
		_longjmp(task->where, 1);

	task->stack = cpus_alloc(1, CPUS_STACK_SIZE);
	getcontext(&task->begin);
	task->begin.uc_stack.ss_sp = task->stack;
	task->begin.uc_stack.ss_size = CPUS_STACK_SIZE;
	makecontext(&task->begin, cpus_begin, 0);
	swapcontext(&cpus_scheduler_context, &task->begin);
}

/* What part of a CPU a task has. */
static double cpus_share(const struct cpus_task *task)
{
	unsigned int cpus = cpus_options.cpus[task->node], active = cpus_nodes[task->node].active;

	return active <= cpus ? 1 : (double)cpus / active;
}

static void cpus_set_rates(void)
{
	double limit = cpus_options.bytes_per_ns, wanted;
	struct cpus_task *task;
	unsigned int node;

	for (node = 0; node < cpus_options.nr_nodes; node++)
		cpus_nodes[node].traffic = 0;
	STAILQ_FOREACH(task, &cpus_active, next) {
		task->rate = cpus_share(task);
		cpus_nodes[task->memory_node].traffic += task->bytes_per_ns * task->rate;
	}
	STAILQ_FOREACH(task, &cpus_active, next) {
		wanted = cpus_nodes[task->memory_node].traffic;
		if (task->bytes_per_ns && limit && wanted > limit)
			task->rate *= limit / wanted;
	}
}

/* Until the first task has nothing left to do. */
static void cpus_pass(void)
{
	struct cpus_task *task = STAILQ_FIRST(&cpus_active);
	double ns = task->left / task->rate;

	STAILQ_FOREACH(task, &cpus_active, next) {
		if (task->left < ns * task->rate)
			ns = task->left / task->rate;
	}
	cpus_time += ns;
	STAILQ_FOREACH(task, &cpus_active, next)
		task->left -= ns * task->rate;
}

static void cpus_finish(struct cpus_task *task)
{
	struct cpus_node *node = &cpus_nodes[task->node];

	free(task->stack);
	free(task);
	node->active--;
	task = STAILQ_FIRST(&node->waiting);
	if (task && node->active < node->max) {
		STAILQ_REMOVE_HEAD(&node->waiting, next);
		cpus_activate(task);
	}
}

/* Until no task is left. */
void cpus_run(void)
{
	struct cpus_list now = STAILQ_HEAD_INITIALIZER(now);
	struct cpus_task *task;

	while (!STAILQ_EMPTY(&cpus_active)) {
		cpus_set_rates();
		cpus_pass();
		/* Those that start now are not done yet. */
		STAILQ_CONCAT(&now, &cpus_active);
		while ((task = STAILQ_FIRST(&now))) {
			STAILQ_REMOVE_HEAD(&now, next);
			if (task->left <= CPUS_ROUNDING_NS)
				cpus_resume(task);
			if (task->done)
				cpus_finish(task);
			else
				STAILQ_INSERT_TAIL(&cpus_active, task, next);
		}
	}
}
