// SPDX-License-Identifier: GPL-2.0-only
/*
 * Simulated CPUs.  Time is that of the simulation: it moves from one end of a
 * piece of work to the next, and in between all that run go on at the rate that
 * the memory of the node they write to lets them.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <ucontext.h>

#include "cpus.h"

#define STACK_SIZE	(64 * 1024)
/* Of a piece of work, that counting in binary leaves over. */
#define ROUNDING_NS	0.000001

struct task {
	struct task *next;
	jmp_buf where;
	ucontext_t begin;
	void *stack;
	void (*function)(void *arg);
	void *arg;
	int node;
	unsigned int cpu;
	bool begun;
	bool done;
	double there;
	int memory_node;
	double left;
	double bytes_per_ns;
	double ran;
};

struct cpu {
	int node;
	struct task *task;
	struct task *first;
	struct task *last;
	unsigned int nr;
};

/*
 * Tasks of a node: how many have started, and those that may not yet; and the
 * workers, of which there is one before any is needed.
 */
struct queue {
	unsigned int workers;
	unsigned int active;
	unsigned int max;
	struct task *first;
	struct task *last;
};

static struct cpus_options options;
static struct queue *queues;
static struct cpu *cpus;
static unsigned int nr_cpus;
/* CPUs with a task: few of many. */
static unsigned int *busy;
static unsigned int nr_busy;
/* What is being written to each node's memory. */
static double *traffic;
static double now;
/* When the last worker of any node was, or will be, there. */
static double last_worker;
static struct task *current;
static jmp_buf scheduler;
static ucontext_t scheduler_context;

static void *allocate(size_t nr, size_t size)
{
	void *p = calloc(nr, size);

	if (!p) {
		perror("tdx-simulate");
		exit(1);
	}
	return p;
}

void cpus_init(const struct cpus_options *o)
{
	unsigned int node, i, cpu = 0;

	options = *o;
	nr_cpus = 0;
	for (node = 0; node < o->nr_nodes; node++)
		nr_cpus += o->cpus[node];
	cpus = allocate(nr_cpus, sizeof(*cpus));
	busy = allocate(nr_cpus, sizeof(*busy));
	traffic = allocate(o->nr_nodes, sizeof(*traffic));
	queues = allocate(o->nr_nodes, sizeof(*queues));
	for (node = 0; node < o->nr_nodes; node++) {
		queues[node].workers = 1;
		for (i = 0; i < o->cpus[node]; i++)
			cpus[cpu++].node = node;
	}
	now = 0;
	last_worker = 0;
	nr_busy = 0;
}

void cpus_free(void)
{
	free(cpus);
	free(busy);
	free(traffic);
	free(queues);
}

unsigned int cpus_nr(void)
{
	return nr_cpus;
}

unsigned int cpus_nr_of(int node)
{
	return options.cpus[node];
}

double cpus_now(void)
{
	return now;
}

unsigned int cpus_here(void)
{
	return current ? current->cpu : 0;
}

int cpus_node_here(void)
{
	return cpus[cpus_here()].node;
}

void cpus_trace(const char *fmt, ...)
{
	va_list args;

	if (!options.trace)
		return;

	printf("       simulated-1       [%03u] .....  %.6f: ", cpus_here(), now / 1e9);
	va_start(args, fmt);
	vprintf(fmt, args);
	va_end(args);
	putchar('\n');
}

static void enqueue(struct cpu *cpu, struct task *task)
{
	task->next = NULL;
	task->cpu = cpu - cpus;
	if (cpu->first)
		cpu->last->next = task;
	else
		cpu->first = task;
	cpu->last = task;
	cpu->nr++;
}

static struct task *dequeue(struct cpu *cpu)
{
	struct task *task = cpu->first;

	if (task) {
		cpu->first = task->next;
		cpu->nr--;
	}
	return task;
}

/* CPUs with one task only are left alone. */
static struct task *pull(const struct cpu *idle)
{
	struct cpu *busiest = NULL;
	unsigned int i;

	for (i = 0; i < nr_busy; i++) {
		struct cpu *cpu = &cpus[busy[i]];

		if (cpu->node == idle->node && cpu->task && cpu->nr &&
		    (!busiest || cpu->nr > busiest->nr))
			busiest = cpu;
	}
	return busiest ? dequeue(busiest) : NULL;
}

static unsigned int load(const struct cpu *cpu)
{
	return cpu->nr + !!cpu->task;
}

static bool is_busy(const struct cpu *cpu)
{
	unsigned int i;

	for (i = 0; i < nr_busy; i++) {
		if (busy[i] == cpu - cpus)
			return true;
	}
	return false;
}

/* Workers are created one after another, and are not given back. */
static double worker_there(struct queue *queue)
{
	if (queue->active <= queue->workers)
		return now;

	queue->workers++;
	last_worker = (last_worker > now ? last_worker : now) + options.worker_ns;
	return last_worker;
}

/* On the CPU of the node with least to do, the first of such. */
static void place(struct task *task)
{
	struct cpu *best = NULL;
	unsigned int i;

	for (i = 0; i < nr_cpus; i++) {
		if (cpus[i].node == task->node &&
		    (!best || load(&cpus[i]) < load(best)))
			best = &cpus[i];
	}

	queues[task->node].active++;
	task->there = worker_there(&queues[task->node]);
	enqueue(best, task);
	if (!is_busy(best))
		busy[nr_busy++] = best - cpus;
}

static void wait_for_turn(struct queue *queue, struct task *task)
{
	if (queue->first)
		queue->last->next = task;
	else
		queue->first = task;
	queue->last = task;
}

/* At once, or when fewer than @max of @node are left. */
void cpus_start(int node, unsigned int max, void (*function)(void *), void *arg)
{
	struct task *task = allocate(1, sizeof(*task));

	task->function = function;
	task->arg = arg;
	task->node = node;
	task->memory_node = node;
	queues[node].max = max;
	if (queues[node].active < max)
		place(task);
	else
		wait_for_turn(&queues[node], task);
}

/* One of @queue is done. */
static void start_next(struct queue *queue)
{
	struct task *task = queue->first;

	queue->active--;
	if (!task || queue->active >= queue->max)
		return;

	queue->first = task->next;
	place(task);
}

/* In a task: let @ns pass, or more if memory takes @bytes no faster. */
void cpus_work(int memory_node, double ns, double bytes)
{
	current->memory_node = memory_node;
	current->left = ns;
	current->bytes_per_ns = ns ? bytes / ns : 0;
	if (!_setjmp(current->where))
		_longjmp(scheduler, 1);
}

static void begin(void)
{
	current->function(current->arg);
	current->done = true;
	_longjmp(scheduler, 1);
}

/* Until it works, or is done. */
static void resume(struct task *task)
{
	current = task;
	if (!_setjmp(scheduler)) {
		if (task->begun)
			_longjmp(task->where, 1);
		task->begun = true;
		task->stack = allocate(1, STACK_SIZE);
		getcontext(&task->begin);
		task->begin.uc_stack.ss_sp = task->stack;
		task->begin.uc_stack.ss_size = STACK_SIZE;
		makecontext(&task->begin, begin, 0);
		swapcontext(&scheduler_context, &task->begin);
	}
	current = NULL;
}

static void next_task(struct cpu *cpu)
{
	cpu->task = dequeue(cpu);
	if (!cpu->task)
		cpu->task = pull(cpu);
	if (!cpu->task)
		return;

	cpu->task->cpu = cpu - cpus;
	cpu->task->ran = 0;
	if (cpu->task->begun)
		return;

	if (cpu->task->there > now)
		cpu->task->left = cpu->task->there - now;
	else
		resume(cpu->task);
}

static void leave(struct cpu *cpu)
{
	struct queue *queue = &queues[cpu->task->node];

	free(cpu->task->stack);
	free(cpu->task);
	cpu->task = NULL;
	start_next(queue);
}

/* Who has nothing left to do, or has had its slice. */
static void schedule(struct cpu *cpu)
{
	while (cpu->task && cpu->task->done)
		leave(cpu);
	if (cpu->task && cpu->nr && cpu->task->ran >= options.slice_ns) {
		enqueue(cpu, cpu->task);
		cpu->task = NULL;
	}
	while (!cpu->task) {
		next_task(cpu);
		if (!cpu->task)
			return;
		if (cpu->task->done)
			leave(cpu);
	}
}

static void schedule_all(void)
{
	unsigned int i, nr = 0;

	for (i = 0; i < nr_busy; i++)
		schedule(&cpus[busy[i]]);
	for (i = 0; i < nr_busy; i++) {
		if (load(&cpus[busy[i]]))
			busy[nr++] = busy[i];
	}
	nr_busy = nr;
}

static double rate(const struct task *task)
{
	double wanted = traffic[task->memory_node];

	if (!options.bytes_per_ns || wanted <= options.bytes_per_ns)
		return 1;
	return options.bytes_per_ns / wanted;
}

static void sum_traffic(void)
{
	unsigned int i;

	for (i = 0; i < options.nr_nodes; i++)
		traffic[i] = 0;
	for (i = 0; i < nr_busy; i++) {
		const struct task *task = cpus[busy[i]].task;

		traffic[task->memory_node] += task->bytes_per_ns;
	}
}

static double until_next(void)
{
	double least = 0, ns;
	unsigned int i;

	for (i = 0; i < nr_busy; i++) {
		ns = cpus[busy[i]].task->left / rate(cpus[busy[i]].task);
		if (!i || ns < least)
			least = ns;
	}
	return least;
}

static void pass(double ns)
{
	unsigned int i;

	now += ns;
	for (i = 0; i < nr_busy; i++) {
		struct task *task = cpus[busy[i]].task;

		task->ran += ns;
		task->left -= ns * rate(task);
	}
	for (i = 0; i < nr_busy; i++) {
		if (cpus[busy[i]].task->left <= ROUNDING_NS)
			resume(cpus[busy[i]].task);
	}
}

/* Until no task is left. */
void cpus_run(void)
{
	schedule_all();
	while (nr_busy) {
		sum_traffic();
		pass(until_next());
		schedule_all();
	}
}
