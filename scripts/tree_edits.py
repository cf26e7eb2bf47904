# SPDX-License-Identifier: GPL-2.0-only
"""List the edits of upstream's files that scripts/prepare-tree applies.

A row is one of

    edit(FILE, where=REGEX, add=TEXT)            insert TEXT after the match
    edit(FILE, where=REGEX, put=TEXT)            replace the match by TEXT
    edit(FILE, where=END,   add=TEXT)            append TEXT to the file
    cut(FILE, REGEX...)                          remove each match
    drop(FILE, NAME...)                          remove functions
    open_up(FILE, NAME...)                       make static functions or data global

REGEX is a Python regular expression; ^ and $ match at lines.  The rows apply in
their order, and each REGEX must match exactly once.  Otherwise prepare-tree stops,
names the file and the pattern, and changes nothing.  Keep the match short but
unique.  Use raw strings r'' for REGEX; prepare-tree inserts TEXT literally.

Each row is in a block `with trees('7.'):`, which selects versions of Linux by their
first characters.  Rows in a block `with trees('7.', emulator=True):` also apply to a
tree with the emulator alone.  `make tree` applies a new row at once, and `make
patches` adds it to the series.
"""

import re
from contextlib import contextmanager
from typing import NamedTuple

END = r'\Z'


class Edit(NamedTuple):
    linux: tuple
    emulator: bool
    path: str
    where: str
    add: str
    put: str


EDITS = []
_block = ()


@contextmanager
def trees(*linux, emulator=False):
    """Use the rows inside for trees whose version starts with one of @linux."""
    global _block
    _block = linux, emulator
    yield
    _block = ()


def edit(path, where, add=None, put=None):
    assert _block and (add is None) != (put is None)
    EDITS.append(Edit(*_block, path, where, add, put))


def cut(path, *wheres):
    for where in wheres:
        edit(path, where=where, put='')


# drop() also removes the comment right above a function.
COMMENT = r'(?:^/\*(?:(?!\*/)[\s\S])*\*/\n)?'


def drop(path, *names):
    cut(path, *(rf'{COMMENT}^static [^\n;]*\b{name}\([^;{{]*\)\n+\{{\n[\s\S]*?^\}}\n\n?'
                for name in names))


def open_up(path, *names):
    cut(path, *(rf'^static (?:__init )?(?=(?:[^\n;=]*[ *(])?{name}\b[^;]*[;{{=(])'
                for name in names))


with trees('7.', emulator=True):
    edit('arch/x86/Kconfig',
         where=r'^config INTEL_TDX_HOST\n(?:[ \t].*\n|\n(?=[ \t]))+',
         add='\nsource "arch/x86/virt/vmx/tdx/emulator/Kconfig"\n')
    edit('Documentation/dev-tools/index.rst',
         where=r'^   kunit/index$',
         add='\n   tdx-emulator')
    edit('arch/x86/virt/vmx/tdx/Makefile',
         where=END,
         add="""
obj-$(CONFIG_TDX_EMULATOR) += emulator/
ifdef CONFIG_TDX_EMULATOR
# A SEAMCALL cannot emulate an MSR and VMX operation.
CFLAGS_tdx.o += -include $(src)/emulator/hooks.h
endif
""")

with trees('7.'):
    # Add our options next to upstream's.
    edit('arch/x86/Kconfig',
         where=r'^source "arch/x86/virt/vmx/tdx/emulator/Kconfig"$',
         add='\nsource "arch/x86/virt/vmx/tdx/Kconfig"')
    edit('arch/x86/Kconfig',
         where=r'^config INTEL_TDX_HOST\n(?:\tdepends on .*\n|\tbool .*\n)+',
         add='\tselect LANEWORK\n')
    edit('init/Kconfig',
         where=r'^source "kernel/Kconfig\.locks"$',
         add='\n\nsource "kernel/Kconfig.lanework"')

    # Add our documents to the tables of contents.
    edit('Documentation/core-api/index.rst',
         where=r'^   workqueue$',
         add='\n   lanework')
    edit('Documentation/arch/x86/index.rst',
         where=r'^   tdx$',
         add='\n   tdx-bringup')
    edit('Documentation/admin-guide/kernel-parameters.txt',
         where=r'^(?=\ttest_suspend=\t\[SUSPEND\]$)',
         add="""\ttdx_host=	[X86,EARLY]
			When to initialize the TDX module of this host.
			Format: { ondemand | async | sync | off }
			ondemand: at the first request; KVM makes one when it is
				loaded with tdx=1 (default)
			async: at boot, in the background
			sync: at boot, and wait for it
			off: never, as on a host without TDX
			See Documentation/arch/x86/tdx-bringup.rst.

""")

    # Build our objects.
    edit('kernel/Makefile',
         where=r'^obj-\$\(CONFIG_PADATA\) \+= padata\.o$',
         add='\nobj-$(CONFIG_LANEWORK) += lanework.o'
             '\nobj-$(CONFIG_LANEWORK_KUNIT_TEST) += lanework_kunit.o')
    edit('arch/x86/virt/vmx/tdx/Makefile',
         where=r'^obj-y \+= .*\btdx\.o$',
         add="""
obj-y += enable.o request.o sysfs.o bringup.o attempt.o
obj-y += lps.o module.o layout.o pamt.o seam_status.o
obj-y += tdmr/check.o tdmr/plan.o tdmr/place.o
# For trace.h, which includes itself.
CFLAGS_bringup.o := -I$(src)
obj-$(CONFIG_TDX_BRINGUP_KUNIT_TEST) += tests/""")
    edit('arch/x86/virt/vmx/tdx/Makefile',
         where=r'^CFLAGS_tdx\.o \+= .*$',
         add="""
CFLAGS_lps.o += -include $(src)/emulator/hooks.h
CFLAGS_module.o += -include $(src)/emulator/hooks.h""")

    # Remove initialization at boot.  Bring-up has its own code for TDMRs, PAMTs, keys
    # and CPUs.
    cut('arch/x86/virt/vmx/tdx/tdx.c',
        r'^#include <linux/sort\.h>\n',
        r'^#include <linux/mutex\.h>\n',
        r'^#include <linux/syscore_ops\.h>\n',
        r'^struct tdx_module_state \{\n(?:\t.*\n)+\};\n\n',
        r'^#define TDMR_ALIGNMENT\t.*\n(?:#define TDMR_ALIGN_.*\n)+\n',
        r'^subsys_initcall\(tdx_enable\);\n\n',
        r'^static const struct syscore_ops tdx_syscore_ops = \{\n(?:.*\n)+?'
        r'^\t\.ops = &tdx_syscore_ops,\n\};\n\n')
    drop('arch/x86/virt/vmx/tdx/tdx.c',
         'tdx_online_cpu', 'tdx_shutdown', 'tdx_suspend', 'tdx_resume',
         'check_features', 'tdmr_end', 'fill_out_tdmrs', 'tdmr_get_pamt_sz',
         'tdmr_get_nid', 'tdmr_set_up_pamt', 'tdmr_do_pamt_func', 'free_pamt',
         'tdmr_free_pamt', 'tdmrs_free_pamt_all', 'tdmrs_set_up_pamt_all',
         'tdmr_quirk_reset_pamt', 'tdmrs_quirk_reset_pamt_all', 'tdmrs_count_pamt_kb',
         'tdmr_add_rsvd_area', 'tdmr_populate_rsvd_holes', 'tdmr_populate_rsvd_pamts',
         'rsvd_area_cmp_func', 'tdmr_populate_rsvd_areas',
         'tdmrs_populate_rsvd_areas_all', 'construct_tdmrs', 'do_global_key_config',
         'config_global_keyid', 'init_tdmr', 'init_tdmrs', 'init_tdx_module',
         'tdx_enable')

    # Bring-up calls the remaining functions.
    open_up('arch/x86/virt/vmx/tdx/tdx.c',
            'tdx_module_state', 'tdx_global_keyid', 'tdx_guest_keyid_pool',
            'tdx_lp_initialized', 'tdx_tdmr_list', 'tdx_memlist', 'tdx_sysinfo',
            'tdx_cpu_flush_cache', 'tdx_offline_cpu', 'tdx_shutdown_cpu',
            'free_tdx_memlist', 'build_tdx_memlist', 'read_sys_metadata_field',
            'alloc_tdmr_list', 'free_tdmr_list', 'tdmr_entry', 'config_tdx_module')
    edit('arch/x86/virt/vmx/tdx/tdx.c',
         where=r'^static __init (?=int tdmr_size_single\()', put='static ')
    # Align the parameters with the shorter first lines.
    for text in (
            'static int add_tdx_memblock(struct list_head *tmb_list, unsigned long start_pfn,\n'
            '\t\t\t    unsigned long end_pfn, int nid)',
            'int alloc_tdmr_list(struct tdmr_info_list *tdmr_list,\n'
            '\t\t    struct tdx_sys_info_tdmr *sysinfo_tdmr)',
            'struct tdmr_info *tdmr_entry(struct tdmr_info_list *tdmr_list, int idx)',
            'int config_tdx_module(struct tdmr_info_list *tdmr_list, u64 global_keyid)'):
        name = re.search(r'\w+(?=\()', text)[0]
        edit('arch/x86/virt/vmx/tdx/tdx.c',
             where=rf'^(?:static __init )?[\w *]+\b{name}\([^;{{)]*\)(?=\n\{{)', put=text)
    for name in ('features', 'tdmr', 'td_ctrl', 'td_conf'):
        edit('arch/x86/virt/vmx/tdx/tdx_global_metadata.c',
             where=rf'^static __init (?=int get_tdx_sys_info_{name}\()', put='static ')
    open_up('arch/x86/virt/vmx/tdx/tdx_global_metadata.c', 'get_tdx_sys_info')
    edit('arch/x86/virt/vmx/tdx/tdx.h',
         where=r'^int tdx_module_shutdown\(void\);$',
         put="""struct tdx_module_state {
	bool initialized;
	bool sysinit_done;
	int sysinit_ret;
};

extern struct tdx_module_state tdx_module_state;
extern u32 tdx_global_keyid;
extern struct ida tdx_guest_keyid_pool;
DECLARE_PER_CPU(bool, tdx_lp_initialized);
extern struct tdmr_info_list tdx_tdmr_list;
extern struct list_head tdx_memlist;
extern struct tdx_sys_info tdx_sysinfo;

/* enable.c */
bool tdx_host_off(void);
void tdx_host_updated(void);

/* tdx.c */
void tdx_cpu_flush_cache(void);
int tdx_offline_cpu(unsigned int cpu);
void tdx_shutdown_cpu(void *ign);
void free_tdx_memlist(struct list_head *tmb_list);
int build_tdx_memlist(struct list_head *tmb_list);
int read_sys_metadata_field(u64 field_id, u64 *data);
int get_tdx_sys_info(struct tdx_sys_info *sysinfo);
int alloc_tdmr_list(struct tdmr_info_list *tdmr_list,
		    struct tdx_sys_info_tdmr *sysinfo_tdmr);
void free_tdmr_list(struct tdmr_info_list *tdmr_list);
struct tdmr_info *tdmr_entry(struct tdmr_info_list *tdmr_list, int idx);
int config_tdx_module(struct tdmr_info_list *tdmr_list, u64 global_keyid);

/* module.c: repeat the SEAMCALL while it can succeed, and report an error */
int tdx_sys_rd(struct tdx_module_args *args);
int tdx_sys_config(struct tdx_module_args *args);

int tdx_module_shutdown(void);""")
    cut('arch/x86/virt/vmx/tdx/tdx.h',
        r'^/\* Warn if kernel has less than TDMR_NR_WARN .*\n#define TDMR_NR_WARN .*\n\n')
    edit('arch/x86/virt/vmx/tdx/tdx.h',
         where=r'^#include <linux/bits\.h>$',
         add="""
#include <linux/idr.h>
#include <linux/list.h>
#include <linux/percpu-defs.h>
#include <linux/types.h>

#include <asm/tdx_global_metadata.h>

struct tdx_module_args;""")
    edit('arch/x86/virt/vmx/tdx/tdx.c',
         where=r'^\tret = seamcall_prerr_ret\(TDH_SYS_RD, &args\);$',
         put='\tret = tdx_sys_rd(&args);')
    edit('arch/x86/virt/vmx/tdx/tdx.c',
         where=r'^\tret = seamcall_prerr\(TDH_SYS_CONFIG, &args\);$',
         put='\tret = tdx_sys_config(&args);')

    for path in 'drivers/virt/coco/tdx-host/tdx-host.c', 'arch/x86/kvm/vmx/tdx.c':
        edit(path,
             where=r'^#include <asm/tdx\.h>$',
             add='\n#include <asm/tdx_enable.h>')

    # tdx_host=off: treat the host like one without TDX.
    edit('arch/x86/virt/vmx/tdx/tdx.c',
         where=r'^void __init tdx_init\(void\)\n\{\n(?:\t.*;\n)+',
         add='\n\tif (tdx_host_off())\n\t\treturn;\n')

    # The PAMTs of a TDMR are not contiguous: the planner places the PAMTs for 4 KiB
    # pages of all TDMRs of a node first.
    edit('arch/x86/virt/vmx/tdx/tdx.c',
         where=r'^\t\tunsigned long base, size;\n\n'
               r'\t\ttdmr_get_pamt\(tdmr_entry\(tdmr_list, i\), &base, &size\);\n\n'
               r'\t\tif \(phys >= base && phys < \(base \+ size\)\)$',
         put="""		struct tdmr_info *tdmr = tdmr_entry(tdmr_list, i);

		if (in_range(phys, tdmr->pamt_4k_base, tdmr->pamt_4k_size) ||
		    in_range(phys, tdmr->pamt_2m_base, tdmr->pamt_2m_size) ||
		    in_range(phys, tdmr->pamt_1g_base, tdmr->pamt_1g_size))""")

    drop('arch/x86/virt/vmx/tdx/tdx.c', 'tdmr_get_pamt')

    # Bring-up runs at any time, so readers order what it publishes.
    edit('arch/x86/virt/vmx/tdx/tdx.c',
         where=r"^\tint i;\n\n\t/\* Ensure that all remote 'tdmr_list' writes are visible: \*/\n"
               r'\tsmp_rmb\(\);\n\n\t/\*\n(?:\t \*.*\n)+?'
               r'\tfor \(i = 0; i < tdmr_list->nr_consumed_tdmrs; i\+\+\) \{$',
         put='''	int i, nr;

	/* Pairs with tdx_steps_publish_pamts(). */
	nr = smp_load_acquire(&tdmr_list->nr_consumed_tdmrs);

	for (i = 0; i < nr; i++) {''')
    edit('arch/x86/virt/vmx/tdx/tdx.c',
         where=r'^\tif \(!tdx_module_state\.initialized\)\n'
               r'(?=\t\treturn NULL;\n\n\treturn \(const struct tdx_sys_info \*\)&tdx_sysinfo;)',
         put='''	/* Pairs with tdx_steps_run(). */
	if (!smp_load_acquire(&tdx_module_state.initialized))
''')

    # Report a failed update at run time: the host may have lost the module.
    edit('arch/x86/virt/vmx/tdx/seamldr.c',
         where=r'^\tret = stop_machine_cpuslocked\(do_seamldr_install_module, (?:.*\n)+?'
               r'\tcpus_read_unlock\(\);$',
         add='\n\ttdx_host_updated();')

    # tdx-host subscribes: loading it does not initialize TDX, and its device appears
    # when TDX is up.
    edit('drivers/virt/coco/tdx-host/tdx-host.c',
         where=r'^static int __init tdx_host_init\(void\)\n\{$',
         put="""static void tdx_host_ready(struct tdx_enable_request *req, int result)
{
	if (result)
		return;

	fdev = faux_device_create_with_groups(KBUILD_MODNAME, NULL,
					      &tdx_host_ops,
					      tdx_host_groups);
	if (!fdev)
		pr_err("%s: cannot create the device\\n", KBUILD_MODNAME);
}

static struct tdx_enable_request tdx_host_request;

static int __init tdx_host_init(void)
{""")
    edit('drivers/virt/coco/tdx-host/tdx-host.c',
         where=r'^\tif \(!x86_match_cpu\(tdx_host_ids\) \|\| !tdx_get_sysinfo\(\)\)\n'
               r'\t\treturn -ENODEV;\n\n\tfdev = (?:.*\n)+?\t\treturn -ENODEV;\n\n'
               r'\treturn 0;$',
         put="""	if (!x86_match_cpu(tdx_host_ids))
		return -ENODEV;

	tdx_enable_request_init(&tdx_host_request, tdx_host_ready);

	return tdx_enable_subscribe(&tdx_host_request);""")
    edit('drivers/virt/coco/tdx-host/tdx-host.c',
         where=r'^static void __exit tdx_host_exit\(void\)\n\{\n',
         add='\ttdx_enable_cancel(&tdx_host_request);\n')

    # KVM requests TDX when it is loaded, and does not wait.  The creation of a TD
    # waits; the first one checks the metadata.
    edit('arch/x86/kvm/vmx/tdx.c',
         where=r'^int tdx_vm_init\(struct kvm \*kvm\)\n\{\n(?:\t.*;\n)+',
         add="""	int ret;

	ret = tdx_module_setup();
	if (ret)
		return ret;
""")
    edit('arch/x86/kvm/vmx/tdx.c',
         where=r'^int tdx_vm_init\(struct kvm \*kvm\)$',
         put="""static struct tdx_enable_request tdx_module_request;

static int tdx_module_setup(void);

int tdx_vm_init(struct kvm *kvm)""")
    edit('arch/x86/kvm/vmx/tdx.c',
         where=r'^void tdx_hardware_unsetup\(void\)\n\{\n',
         add='\ttdx_enable_cancel(&tdx_module_request);\n')
    edit('arch/x86/kvm/vmx/tdx.c',
         where=r'^static int __init __tdx_hardware_setup\(void\)$',
         put='static int __tdx_hardware_setup(void)')
    edit('arch/x86/kvm/vmx/tdx.c',
         where=r'^int __init tdx_hardware_setup\(void\)$',
         put="""/* Do not wait: vendor_module_lock is held. */
static int __init tdx_module_start(void)
{
	int r;

	tdx_enable_request_init(&tdx_module_request, NULL);
	r = tdx_enable_async(&tdx_module_request);
	if (r)
		return r;

	/* Users can set limits for KeyIDs before the first TD. */
	r = misc_cg_set_capacity(MISC_CG_RES_TDX, tdx_get_nr_guest_keyids());
	if (r)
		tdx_enable_cancel(&tdx_module_request);

	return r;
}

/*
 * Wait for the module, for each TD.  After a failure, this tries again.  The first
 * TD checks the features of the module.  The caller must not hold a lock.
 */
static int tdx_module_setup(void)
{
	static DEFINE_MUTEX(lock);
	static bool done;
	int ret;

	ret = tdx_enable();
	if (ret)
		return ret;

	guard(mutex)(&lock);

	if (!done)
		ret = __tdx_hardware_setup();
	done = !ret;

	return ret;
}

int __init tdx_hardware_setup(void)""")
    edit('arch/x86/kvm/vmx/tdx.c',
         where=r'^\tr = __tdx_hardware_setup\(\);$',
         put='\tr = tdx_module_start();')
    edit('arch/x86/kvm/vmx/tdx.c',
         where=r'^\t\tpr_err(?=\("Disable TDX: MAX_VCPU_PER_TD )',
         put='\t\tpr_err_once')
