// SPDX-License-Identifier: GPL-2.0-only
/*
 * Recorded vectors through the SEAMCALL instruction and its trap.
 *
 * While the file is open, the module runs on a platform and in memory that
 * the vector describes instead of the machine's, and nobody else gets in.
 * The module must be fresh before, and is again afterwards, so that the rest
 * of the kernel does not notice.
 */
#include <linux/cleanup.h>
#include <linux/cpumask.h>
#include <linux/debugfs.h>
#include <linux/fs.h>
#include <linux/gfp.h>
#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/mutex.h>
#include <linux/pfn.h>
#include <linux/preempt.h>
#include <linux/sched.h>
#include <linux/smp.h>
#include <linux/uaccess.h>
#include <linux/xarray.h>
#include <asm/cpufeatures.h>

#include "../seamcall_internal.h"
#include "internal.h"
#include "platform.h"
#include "replay.h"

/* The next @left PCONFIGs end as @result. */
struct keyfail {
	enum tdxmod_pconfig result;
	u64 left;
};

/*
 * What takes the machine's place.  There is one: the module is blocked for
 * whoever opens the file second.
 *
 * All is protected by @lock, also in the trap: the call that is trapped was
 * made with @lock held.
 */
static struct {
	struct mutex lock;	/* one operation at a time */
	bool begun;		/* there is a platform */
	struct xarray memory;	/* by page frame number; no page: zeros */
	bool out_of_memory;	/* in the latest call */
	u32 wrong_hkid;		/* in it, PCONFIGs for another than the global HKID */
	u8 lp_package[TDXMOD_MAX_LPS];
	struct keyfail keyfail[TDXMOD_MAX_LPS];
} replay = {
	.lock	= __MUTEX_INITIALIZER(replay.lock),
	.memory	= XARRAY_INIT(replay.memory, 0),
};

/* Memory */

static void *add_page(unsigned long pfn, gfp_t gfp)
{
	void *page = (void *)get_zeroed_page(gfp);

	if (page && !xa_err(xa_store(&replay.memory, pfn, page, gfp)))
		return page;

	free_page((unsigned long)page);
	return NULL;
}

static void free_memory(void)
{
	unsigned long pfn;
	void *page;

	xa_for_each(&replay.memory, pfn, page)
		free_page((unsigned long)page);
	xa_destroy(&replay.memory);
}

static ssize_t replay_read(struct file *file, char __user *to, size_t len, loff_t *pos)
{
	size_t offset = offset_in_page(*pos);
	void *page;

	guard(mutex)(&replay.lock);

	len = min(len, PAGE_SIZE - offset);
	page = xa_load(&replay.memory, PHYS_PFN(*pos));
	if (page ? copy_to_user(to, page + offset, len) : clear_user(to, len))
		return -EFAULT;

	*pos += len;
	return len;
}

static ssize_t replay_write(struct file *file, const char __user *from, size_t len, loff_t *pos)
{
	size_t offset = offset_in_page(*pos);
	void *page;

	guard(mutex)(&replay.lock);

	page = xa_load(&replay.memory, PHYS_PFN(*pos));
	if (!page)
		page = add_page(PHYS_PFN(*pos), GFP_KERNEL);
	if (!page)
		return -ENOMEM;

	len = min(len, PAGE_SIZE - offset);
	if (copy_from_user(page + offset, from, len))
		return -EFAULT;

	*pos += len;
	return len;
}

/* What the module finds around it, in the trap: interrupts are off. */

static void *module_page(void *ctx, u64 pa)
{
	void *page = xa_load(&replay.memory, PHYS_PFN(pa));

	if (!page)
		page = add_page(PHYS_PFN(pa), GFP_ATOMIC);
	if (!page)
		replay.out_of_memory = true;
	return page;
}

static enum tdxmod_pconfig module_pconfig(void *ctx, unsigned int lp, u32 hkid)
{
	struct keyfail *fail = &replay.keyfail[lp];

	if (hkid != tdx_emu_module.hkid)
		replay.wrong_hkid++;
	if (!fail->left)
		return TDXMOD_PCONFIG_OK;

	fail->left--;
	return fail->result;
}

/* Vectors know of no entropy: never without, and never 0. */
static bool module_rdrand(void *ctx, u64 *value)
{
	*value = 1;
	return true;
}

static const struct tdxmod_ops replay_ops = {
	.page		= module_page,
	.pconfig	= module_pconfig,
	.rdrand		= module_rdrand,
};

/* The operations */

/* What tdxmod_init() takes for granted. */
static bool is_platform(const struct tdx_replay_platform *p)
{
	return p->nr_lps <= min_t(unsigned int, nr_cpu_ids, TDXMOD_MAX_LPS) &&
	       p->nr_packages <= TDXMOD_MAX_PACKAGES &&
	       p->init_lps <= p->nr_lps && p->nr_cmrs <= TDXMOD_MAX_CMRS &&
	       p->hkid_start <= TDXMOD_MAX_HKIDS &&
	       p->hkid_count <= TDXMOD_MAX_HKIDS - p->hkid_start;
}

static int boot_module(const struct tdx_replay_platform *p)
{
	struct tdxmod_platform platform = {
		.nr_packages	= p->nr_packages,
		.nr_lps		= p->nr_lps,
		.lp_package	= replay.lp_package,
		.maxpa		= p->maxpa,
		.keyid_bits	= p->keyid_bits,
		.hkid_start	= p->hkid_start,
		.hkid_count	= p->hkid_count,
		.seamrr		= p->seamrr,
		.nr_cmrs	= p->nr_cmrs,
	};
	unsigned int lp;

	memcpy(platform.cmrs, p->cmrs, sizeof(platform.cmrs));
	for (lp = 0; lp < p->nr_lps; lp++)
		replay.lp_package[lp] = lp * p->nr_packages / p->nr_lps;

	return tdxmod_init(&tdx_emu_module, &platform, &replay_ops, NULL) ? -EINVAL : 0;
}

/* What SYS.INIT and LP.INIT leave behind, without their looking around. */
static void skip_init(unsigned int init_lps)
{
	tdx_emu_module.state = TDXMOD_SYSINIT_DONE;
	memset(tdx_emu_module.lp_done, true, init_lps);
	atomic_set(&tdx_emu_module.nr_init_lps, init_lps);
}

static int do_begin(const void __user *arg)
{
	struct tdx_replay_platform p;
	int ret;

	if (copy_from_user(&p, arg, sizeof(p)))
		return -EFAULT;
	if (!is_platform(&p))
		return -EINVAL;

	replay.begun = false;
	free_memory();
	memset(replay.keyfail, 0, sizeof(replay.keyfail));

	ret = boot_module(&p);
	if (ret)
		return ret;
	if (p.sysinit)
		skip_init(p.init_lps);

	replay.begun = true;
	return 0;
}

static int do_keyfail(const void __user *arg)
{
	struct tdx_replay_keyfail k;

	if (copy_from_user(&k, arg, sizeof(k)))
		return -EFAULT;
	if (k.lp >= tdx_emu_module.platform.nr_lps || k.result > TDXMOD_PCONFIG_BUSY)
		return -EINVAL;

	replay.keyfail[k.lp].result = k.result;
	replay.keyfail[k.lp].left = k.count;
	return 0;
}

/* Who finds a lock otherwise than expected leaves it so. */
static int move_lock(tdxmod_atomic_t *lock, int from, int to)
{
	return atomic_cmpxchg(lock, from, to) == from ? 0 : -EBUSY;
}

static int move_tdmr_lock(u64 base, int from, int to)
{
	struct tdxmod *m = &tdx_emu_module;
	unsigned int i;

	for (i = 0; i < m->nr_tdmrs; i++) {
		if (m->tdmrs[i].base == base)
			return move_lock(&m->tdmrs[i].lock, from, to);
	}

	return -ENOENT;
}

static int do_lock(const void __user *arg)
{
	struct tdx_replay_lock l;

	if (copy_from_user(&l, arg, sizeof(l)))
		return -EFAULT;

	if (l.of_tdmr)
		return move_tdmr_lock(l.base, !l.hold, !!l.hold);

	return move_lock(&tdx_emu_module.global, l.hold ? 0 : -1, l.hold ? -1 : 0);
}

static void args_in(struct tdx_module_args *args, const struct tdx_replay_call *c)
{
	*args = (struct tdx_module_args){
		.rcx = c->regs.rcx,
		.rdx = c->regs.rdx,
		.r8 = c->regs.r8,
		.r9 = c->regs.r9,
		.r10 = c->regs.r10,
		.r11 = c->regs.r11,
		.r12 = c->r12,
		.r13 = c->r13,
		.r14 = c->r14,
		.r15 = c->r15,
		.rbx = c->rbx,
		.rdi = c->rdi,
		.rsi = c->rsi,
	};
}

static void args_out(struct tdx_replay_call *c, const struct tdx_module_args *args)
{
	c->regs.rcx = args->rcx;
	c->regs.rdx = args->rdx;
	c->regs.r8 = args->r8;
	c->regs.r9 = args->r9;
	c->regs.r10 = args->r10;
	c->regs.r11 = args->r11;
	c->r12 = args->r12;
	c->r13 = args->r13;
	c->r14 = args->r14;
	c->r15 = args->r15;
	c->rbx = args->rbx;
	c->rdi = args->rdi;
	c->rsi = args->rsi;
}

static int make_call(struct tdx_replay_call *c)
{
	struct tdx_module_args args;
	int ret;

	args_in(&args, c);

	guard(preempt)();

	if (smp_processor_id() != c->lp)
		return -EXDEV;

	ret = tdx_emulator_virt_get_ref(X86_FEATURE_VMX);
	if (ret)
		return ret;

	tdx_trap_admit(current);
	c->regs.rax = __seamcall_saved_ret(c->regs.rax, &args);
	tdx_trap_admit(NULL);

	tdx_emulator_virt_put_ref(X86_FEATURE_VMX);

	args_out(c, &args);
	return 0;
}

static int do_call(void __user *arg)
{
	struct tdx_replay_call c;
	int ret;

	if (copy_from_user(&c, arg, sizeof(c)))
		return -EFAULT;

	replay.out_of_memory = false;
	replay.wrong_hkid = 0;

	ret = make_call(&c);
	if (ret)
		return ret;
	if (replay.out_of_memory)
		return -ENOMEM;

	c.wrong_hkid = replay.wrong_hkid;
	return copy_to_user(arg, &c, sizeof(c)) ? -EFAULT : 0;
}

static long replay_ioctl(struct file *file, unsigned int cmd, unsigned long to)
{
	void __user *arg = (void __user *)to;

	guard(mutex)(&replay.lock);

	if (cmd == TDX_REPLAY_BEGIN)
		return do_begin(arg);

	/* Before that, the module's memory is the machine's. */
	if (!replay.begun)
		return -EINVAL;

	switch (cmd) {
	case TDX_REPLAY_KEYFAIL:
		return do_keyfail(arg);
	case TDX_REPLAY_LOCK:
		return do_lock(arg);
	case TDX_REPLAY_CALL:
		return do_call(arg);
	}

	return -ENOTTY;
}

/* Nothing is lost when it forgets. */
static bool module_is_fresh(void)
{
	return tdx_emu_module.state == TDXMOD_SYSINIT_PENDING && !tdx_emu_module.dead &&
	       !tdx_emu_module.handoff_valid;
}

/* Fails while an LP is in the module, and so for whoever opens second. */
static int take_module(void)
{
	if (!tdx_trap_block())
		return -EBUSY;

	if (!module_is_fresh()) {
		tdx_trap_unblock();
		return -EBUSY;
	}

	tdx_audit_pause(true);
	return 0;
}

static void give_module_back(void)
{
	tdx_platform_boot_module();
	tdx_calls_clear();
	tdx_audit_pause(false);
	tdx_trap_unblock();
}

static int replay_open(struct inode *inode, struct file *file)
{
	return take_module();
}

/* Giving back comes last: then the next may open it. */
static int replay_release(struct inode *inode, struct file *file)
{
	replay.begun = false;
	free_memory();
	give_module_back();
	return 0;
}

static const struct file_operations replay_fops = {
	.owner		= THIS_MODULE,
	.open		= replay_open,
	.release	= replay_release,
	.read		= replay_read,
	.write		= replay_write,
	.unlocked_ioctl	= replay_ioctl,
};

void tdx_replay_debugfs(struct dentry *dir)
{
	debugfs_create_file("replay", 0600, dir, NULL, &replay_fops);
}
