/* SPDX-License-Identifier: GPL-2.0-only */
/* Declarations shared by the files of the emulated TDX module. */
#ifndef _TDX_EMULATOR_INTERNAL_H
#define _TDX_EMULATOR_INTERNAL_H

#include <linux/types.h>

#include "emulator.h"
#include "model.h"

struct dentry;
struct seq_file;
struct task_struct;

/* Bits of RAX of a call.  LEAF_* are the leaf numbers. */
#define TDX_EMU_SEAMLDR		BIT_ULL(63)
#define TDX_EMU_LEAF(rax)	((rax) & 0xffff)

/* Statuses of the module.  The low half is the number of the operand, 1 for RCX. */
#define TDX_EMU_INTERRUPTED_RESUMABLE	0x8000000300000000ULL
#define TDX_EMU_SYS_BUSY		0x8000020200000000ULL
#define TDX_EMU_OPERAND_BUSY_RCX	0x8000020000000001ULL
#define TDX_EMU_WBCACHE_NOT_COMPLETE	0x8000081700000000ULL
#define TDX_EMU_HKID_NOT_FREE		0xC000082000000000ULL

/**
 * struct tdx_emu_params - tdx_emulator.* options of the kernel command line
 * @on: start the emulator
 * @pw_mce: the CPU has the partial write erratum
 * @mktme_keyids: shared KeyIDs
 * @tdx_keyids: private KeyIDs
 * @tdmr_ns: time of TDH.SYS.TDMR.INIT
 * @key_ns: time of TDH.SYS.KEY.CONFIG
 * @config_ns: time of TDH.SYS.CONFIG
 * @disable_ns: time of one TDH.SYS.DISABLE
 * @other_ns: time of all other calls
 * @dilation: factor on all times
 * @features0: TDX_FEATURES0
 * @max_vcpus: MAX_VCPUS_PER_TD
 * @max_tdmrs: MAX_TDMRS
 * @differences: differences from TDX 1.5.01, TDXMOD_*
 * @nr_cmrs: number of @cmrs; 0 to use the memory map
 * @cmrs: CMRs
 *
 * Constant after boot, except numbers that tests change.  A call during such a
 * change uses the old or the new number.
 */
struct tdx_emu_params {
	bool on;
	bool pw_mce;
	u64 mktme_keyids;
	u64 tdx_keyids;
	u64 tdmr_ns;
	u64 key_ns;
	u64 config_ns;
	u64 disable_ns;
	u64 other_ns;
	u64 dilation;
	u64 features0;
	u64 max_vcpus;
	u64 max_tdmrs;
	u32 differences;
	unsigned int nr_cmrs;
	struct tdxmod_range cmrs[TDXMOD_MAX_CMRS];
};

/* params.c */
extern struct tdx_emu_params tdx_emu_params;
bool tdx_params_read(void);
void tdx_params_debugfs(const char *name, struct dentry *dir);

/* platform.c */
extern struct tdxmod tdx_emu_module;
int tdx_platform_boot_module(void);
void *tdx_platform_page(u64 pa);
bool tdx_platform_in_vmx(void);
unsigned int tdx_platform_nr_in_vmx(void);

/* trap.c */
int tdx_trap_start(void);
bool tdx_trap_block(void);
void tdx_trap_unblock(void);
void tdx_trap_admit(struct task_struct *task);

/* timing.c */
void tdx_timing_start(void);
u64 tdx_timing_now(void);
void tdx_timing_pay(const struct tdxmod_regs *in, u64 status, u64 start, bool may_halt);

/* control.c */
void tdx_calls_count(u64 rax);
void tdx_calls_clear(void);
int tdx_faults_parse(const char *text);
bool tdx_faults_take(struct tdxmod_regs *regs, u64 *status);

/* audit.c */
int tdx_audit_start(void);
void tdx_audit_nested(u64 rax);
bool tdx_audit_before(unsigned int lp, const struct tdxmod_regs *in);
void tdx_audit_after(unsigned int lp, const struct tdxmod_regs *in, u64 status);
void tdx_audit_release_pamts(void);
void tdx_audit_expect_frees(bool expected);
void tdx_audit_pause(bool pause);
void tdx_audit_clear(void);
int tdx_audit_show(struct seq_file *m, void *unused);
bool tdx_audit_is_paused(void);
__printf(2, 3) void tdx_audit_report(enum tdx_audit rule, const char *fmt, ...);

/* audit_td.c */
void tdx_audit_set_page_type(u64 pa, u8 type);
void tdx_audit_forget_tds(void);
void tdx_audit_after_td(const struct tdxmod_regs *in, u64 status);
int tdx_tds_show(struct seq_file *m, void *unused);

/* replay.c */
void tdx_replay_debugfs(struct dentry *dir);

#endif /* _TDX_EMULATOR_INTERNAL_H */
