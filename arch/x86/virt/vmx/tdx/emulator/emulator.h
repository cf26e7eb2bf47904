/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The interface of the emulated TDX module for tests and hooks.h.  TDX host code
 * includes only hooks.h, and only through its Makefile.
 */
#ifndef _TDX_EMULATOR_H
#define _TDX_EMULATOR_H

#include <linux/types.h>

/**
 * enum tdx_audit - rules of the module's interface whose violation the audit
 *	reports
 * @TDX_AUDIT_CACHE_FLUSH: KEY.CONFIG without WBINVD on all CPUs since the last
 *	write of the host to a PAMT
 * @TDX_AUDIT_PAMT_FREED: the host freed a PAMT page of the module
 * @TDX_AUDIT_PAMT_WRITTEN: a PAMT differs from the bytes that the module wrote
 * @TDX_AUDIT_LP_NOT_INIT: SEAMCALL on an LP without the LP.INIT that it needs
 * @TDX_AUDIT_KEY_CONTENDED: KEY.CONFIG failed because the global lock was held
 * @TDX_AUDIT_TDMR_BUSY: TDMR.INIT failed because the lock of its TDMR was held
 * @TDX_AUDIT_NESTED: SEAMCALL from an interrupt inside a SEAMCALL
 * @TDX_AUDIT_SHUTDOWN: at shutdown a CPU is in VMX operation for TDX, or may
 *	have lines of the module in its cache
 * @TDX_AUDIT_TD_PAGE: the host freed a page of a TD, or disabled a module with TDs
 * @TDX_AUDIT_TD_KEYID: the host used a KeyID that it had freed, or freed it too early
 * @TDX_AUDIT_NR: number of rules
 */
enum tdx_audit {
	TDX_AUDIT_CACHE_FLUSH,
	TDX_AUDIT_PAMT_FREED,
	TDX_AUDIT_PAMT_WRITTEN,
	TDX_AUDIT_LP_NOT_INIT,
	TDX_AUDIT_KEY_CONTENDED,
	TDX_AUDIT_TDMR_BUSY,
	TDX_AUDIT_NESTED,
	TDX_AUDIT_SHUTDOWN,
	TDX_AUDIT_TD_PAGE,
	TDX_AUDIT_TD_KEYID,
	TDX_AUDIT_NR,
};

/**
 * struct tdx_emulator_fault - an injected answer
 * @leaf: RAX of the calls
 * @match_rdx: RDX of the calls (a field of SYS.RD), unless @any_rdx
 * @any_rdx: ignore @match_rdx
 * @skip: number of matching calls that the module answers first
 * @count: number of calls that get this answer afterwards
 * @status: RAX; %TDX_FAULT_VMFAIL, %TDX_FAULT_UD and %TDX_FAULT_GP make the
 *	instruction itself fail
 * @value: R8 if @status is 0 (the value of a field of SYS.RD)
 */
struct tdx_emulator_fault {
	u64 leaf;
	u64 match_rdx;
	bool any_rdx;
	unsigned int skip;
	unsigned int count;
	u64 status;
	u64 value;
};

/* The SEAMCALL wrapper of Linux returns these values for the three failures. */
#define TDX_FAULT_VMFAIL	0x8000FF00FFFF0000ULL
#define TDX_FAULT_UD		0x8000FF0000000006ULL
#define TDX_FAULT_GP		0x8000FF000000000DULL

bool tdx_emulator_active(void);
int tdx_emulator_reset(void);
void tdx_emulator_set_reset(int (*reset)(void));
u64 tdx_emulator_calls(u64 leaf);
u64 tdx_emulator_calls_on(unsigned int cpu, u64 leaf);
u64 tdx_emulator_total_calls(void);
u64 tdx_emulator_audit(enum tdx_audit rule);
u64 tdx_emulator_audit_total(void);
int tdx_emulator_inject(const struct tdx_emulator_fault *fault);
void tdx_emulator_inject_clear(void);
void tdx_emulator_audit_shutdown(void);

/* Replacements for hooks.h */
u64 tdx_emulator_rdmsrq(u32 msr);
int tdx_emulator_rdmsrq_safe(u32 msr, u64 *val);
int tdx_emulator_virt_get_ref(int feat);
void tdx_emulator_virt_put_ref(int feat);

#endif /* _TDX_EMULATOR_H */
