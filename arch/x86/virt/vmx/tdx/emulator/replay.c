// SPDX-License-Identifier: GPL-2.0-only
/*
 * Replay recorded vectors through the SEAMCALL instruction and its trap.
 *
 * While the file is open, the module runs on the platform and in the memory of a
 * vector, and all other SEAMCALLs fail.  The open fails unless the module is in
 * its state after boot.  The release restores this state, so the replay does not
 * affect the rest of the kernel.
 */
#include <linux/cleanup.h>
#include <linux/cpumask.h>
#include <linux/debugfs.h>
#include <linux/fs.h>
#include <linux/gfp.h>
#include <linux/init.h>
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
#include "replay.h"

/*
 * The machine of a vector.  There is only one, because a second open fails.
 *
 * Each operation holds @lock from beginning to end, including the trap of a call, in
 * which the module accesses the members.
 */
static struct {
	struct mutex lock;	/* protects all members */
	bool begun;		/* TDX_REPLAY_BEGIN has set a platform */
	struct xarray memory;	/* pages by page frame number; an absent page reads as 0 */
	bool out_of_memory;	/* the latest call lacked memory */
	u32 wrong_hkid;		/* PCONFIGs of the latest call with a wrong HKID */
	u8 lp_package[TDXMOD_MAX_LPS];
	struct tdx_replay_keyfail keyfail[TDXMOD_MAX_LPS];
} tdx_replay = {
	.lock	= __MUTEX_INITIALIZER(tdx_replay.lock),
	.memory	= XARRAY_INIT(tdx_replay.memory, 0),
};

static void *tdx_replay_add_page(unsigned long pfn, gfp_t gfp)
{
	void *page = (void *)get_zeroed_page(gfp);

	if (page && !xa_err(xa_store(&tdx_replay.memory, pfn, page, gfp)))
		return page;

	free_page((unsigned long)page);
	return NULL;
}

static void tdx_replay_free_memory(void)
{
	unsigned long pfn;
	void *page;

	xa_for_each(&tdx_replay.memory, pfn, page)
		free_page((unsigned long)page);
	xa_destroy(&tdx_replay.memory);
}

static ssize_t tdx_replay_read(struct file *file, char __user *to, size_t len, loff_t *pos)
{
	size_t offset = offset_in_page(*pos);
	void *page;

	guard(mutex)(&tdx_replay.lock);

	len = min(len, PAGE_SIZE - offset);
	page = xa_load(&tdx_replay.memory, PHYS_PFN(*pos));
	if (page ? copy_to_user(to, page + offset, len) : clear_user(to, len))
		return -EFAULT;

	*pos += len;
	return len;
}

static ssize_t tdx_replay_write(struct file *file, const char __user *from, size_t len, loff_t *pos)
{
	size_t offset = offset_in_page(*pos);
	void *page;

	guard(mutex)(&tdx_replay.lock);

	page = xa_load(&tdx_replay.memory, PHYS_PFN(*pos));
	if (!page)
		page = tdx_replay_add_page(PHYS_PFN(*pos), GFP_KERNEL);
	if (!page)
		return -ENOMEM;

	len = min(len, PAGE_SIZE - offset);
	if (copy_from_user(page + offset, from, len))
		return -EFAULT;

	*pos += len;
	return len;
}

/* The module calls this and the following functions in the trap, with interrupts off. */
static void *tdx_replay_page(void *ctx, u64 pa)
{
	void *page = xa_load(&tdx_replay.memory, PHYS_PFN(pa));

	if (!page)
		page = tdx_replay_add_page(PHYS_PFN(pa), GFP_ATOMIC);
	if (!page)
		tdx_replay.out_of_memory = true;
	return page;
}

static enum tdxmod_pconfig tdx_replay_pconfig(void *ctx, unsigned int lp, u32 hkid)
{
	struct tdx_replay_keyfail *fail = &tdx_replay.keyfail[lp];

	if (hkid != tdx_emu_module.hkid)
		tdx_replay.wrong_hkid++;
	if (!fail->count)
		return TDXMOD_PCONFIG_OK;

	fail->count--;
	return fail->result;
}

/* Vectors assume that RDRAND always succeeds and never returns 0. */
static bool tdx_replay_rdrand(void *ctx, u64 *value)
{
	*value = 1;
	return true;
}

static const struct tdxmod_ops tdx_replay_ops = {
	.page		= tdx_replay_page,
	.pconfig	= tdx_replay_pconfig,
	.rdrand		= tdx_replay_rdrand,
};

/* tdxmod_init() relies on these limits. */
static bool tdx_replay_platform_fits(const struct tdx_replay_platform *p)
{
	return p->nr_lps <= min_t(unsigned int, nr_cpu_ids, TDXMOD_MAX_LPS) &&
	       p->nr_packages <= TDXMOD_MAX_PACKAGES &&
	       p->init_lps <= p->nr_lps && p->nr_cmrs <= TDXMOD_MAX_CMRS &&
	       p->hkid_start <= TDXMOD_MAX_HKIDS &&
	       p->hkid_count <= TDXMOD_MAX_HKIDS - p->hkid_start;
}

static int tdx_replay_boot_module(const struct tdx_replay_platform *p)
{
	struct tdxmod_platform platform = {
		.nr_packages	= p->nr_packages,
		.nr_lps		= p->nr_lps,
		.lp_package	= tdx_replay.lp_package,
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
		tdx_replay.lp_package[lp] = lp * p->nr_packages / p->nr_lps;

	return tdxmod_init(&tdx_emu_module, &platform, &tdx_replay_ops, NULL) ? -EINVAL : 0;
}

/* Sets the state after SYS.INIT and LP.INIT, without their checks. */
static void tdx_replay_skip_init(unsigned int init_lps)
{
	tdx_emu_module.state = TDXMOD_SYSINIT_DONE;
	memset(tdx_emu_module.lp_done, true, init_lps);
	atomic_set(&tdx_emu_module.nr_init_lps, init_lps);
}

static int tdx_replay_begin(const void __user *arg)
{
	struct tdx_replay_platform p;
	int ret;

	if (copy_from_user(&p, arg, sizeof(p)))
		return -EFAULT;
	if (!tdx_replay_platform_fits(&p))
		return -EINVAL;

	tdx_replay.begun = false;
	tdx_replay_free_memory();
	memset(tdx_replay.keyfail, 0, sizeof(tdx_replay.keyfail));

	ret = tdx_replay_boot_module(&p);
	if (ret)
		return ret;
	if (p.sysinit)
		tdx_replay_skip_init(p.init_lps);

	tdx_replay.begun = true;
	return 0;
}

static int tdx_replay_set_keyfail(const void __user *arg)
{
	struct tdx_replay_keyfail k;

	if (copy_from_user(&k, arg, sizeof(k)))
		return -EFAULT;
	if (k.lp >= tdx_emu_module.platform.nr_lps || k.result > TDXMOD_PCONFIG_BUSY)
		return -EINVAL;

	tdx_replay.keyfail[k.lp] = k;
	return 0;
}

static int tdx_replay_set_lock(const void __user *arg)
{
	tdxmod_atomic_t *lock = &tdx_emu_module.global;
	struct tdxmod_tdmr *tdmr;
	struct tdx_replay_lock l;
	int from = 0, to = -1;

	if (copy_from_user(&l, arg, sizeof(l)))
		return -EFAULT;

	if (l.of_tdmr) {
		tdmr = tdxmod_find_tdmr(&tdx_emu_module, l.base);
		if (!tdmr)
			return -ENOENT;
		lock = &tdmr->lock;
		to = 1;
	}

	if (!l.hold)
		swap(from, to);
	return atomic_cmpxchg(lock, from, to) == from ? 0 : -EBUSY;
}

static int tdx_replay_make_call(struct tdx_replay_call *c)
{
	struct tdx_module_args *args = (void *)&c->regs.rcx;
	int ret;

	static_assert(offsetof(struct tdx_replay_call, lp) ==
		      sizeof(c->regs.rax) + sizeof(*args));

	guard(preempt)();

	if (smp_processor_id() != c->lp)
		return -EXDEV;

	ret = tdx_emulator_virt_get_ref(X86_FEATURE_VMX);
	if (ret)
		return ret;

	tdx_trap_admit(current);
	c->regs.rax = __seamcall_saved_ret(c->regs.rax, args);
	tdx_trap_admit(NULL);

	tdx_emulator_virt_put_ref(X86_FEATURE_VMX);
	return 0;
}

static int tdx_replay_do_call(void __user *arg)
{
	struct tdx_replay_call c;
	int ret;

	if (copy_from_user(&c, arg, sizeof(c)))
		return -EFAULT;

	tdx_replay.out_of_memory = false;
	tdx_replay.wrong_hkid = 0;

	ret = tdx_replay_make_call(&c);
	if (ret)
		return ret;
	if (tdx_replay.out_of_memory)
		return -ENOMEM;

	c.wrong_hkid = tdx_replay.wrong_hkid;
	return copy_to_user(arg, &c, sizeof(c)) ? -EFAULT : 0;
}

static long tdx_replay_ioctl(struct file *file, unsigned int cmd, unsigned long to)
{
	void __user *arg = (void __user *)to;

	guard(mutex)(&tdx_replay.lock);

	if (cmd == TDX_REPLAY_BEGIN)
		return tdx_replay_begin(arg);

	/* Before TDX_REPLAY_BEGIN, the module uses the memory of the real machine. */
	if (!tdx_replay.begun)
		return -EINVAL;

	switch (cmd) {
	case TDX_REPLAY_KEYFAIL:
		return tdx_replay_set_keyfail(arg);
	case TDX_REPLAY_LOCK:
		return tdx_replay_set_lock(arg);
	case TDX_REPLAY_CALL:
		return tdx_replay_do_call(arg);
	}

	return -ENOTTY;
}

/* Tests whether the module is in its state after boot, so that a reset loses no state. */
static bool tdx_replay_module_is_fresh(void)
{
	return tdx_emu_module.state == TDXMOD_SYSINIT_PENDING && !tdx_emu_module.dead &&
	       !tdx_emu_module.handoff_valid;
}

/* Fails while an LP is in the module, or while the file is open. */
static int tdx_replay_open(struct inode *inode, struct file *file)
{
	if (!tdx_trap_block())
		return -EBUSY;

	if (!tdx_replay_module_is_fresh()) {
		tdx_trap_unblock();
		return -EBUSY;
	}

	tdx_audit_pause(true);
	return 0;
}

/* Unblocks the module last, because the next open may succeed from then on. */
static int tdx_replay_release(struct inode *inode, struct file *file)
{
	tdx_replay.begun = false;
	tdx_replay_free_memory();
	tdx_platform_boot_module();
	tdx_calls_clear();
	tdx_audit_pause(false);
	tdx_trap_unblock();
	return 0;
}

static const struct file_operations tdx_replay_fops = {
	.owner		= THIS_MODULE,
	.open		= tdx_replay_open,
	.release	= tdx_replay_release,
	.read		= tdx_replay_read,
	.write		= tdx_replay_write,
	.unlocked_ioctl	= tdx_replay_ioctl,
};

void __init tdx_replay_debugfs(struct dentry *dir)
{
	debugfs_create_file("replay", 0600, dir, NULL, &tdx_replay_fops);
}
