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
first characters.  A block `with trees('7.', kinds=KINDS, patch='emulator'):` applies to the named kinds
of tree: ours, upstream with the emulator alone, or the exercise, which is upstream with
a bug.  `make tree` applies a new row at once, and `make patches` adds it to the series.
"""

import re
from contextlib import contextmanager
from typing import NamedTuple

END = r'\Z'
KINDS = 'ours', 'upstream', 'exercise'


class Edit(NamedTuple):
    linux: tuple
    kinds: tuple
    patch: str
    path: str
    where: str
    add: str
    put: str


EDITS = []
_block = ()


@contextmanager
def trees(*linux, kinds=('ours',), patch=None):
    """Use the rows inside for trees of @kinds whose version starts with one of @linux."""
    global _block
    _block = linux, kinds, patch
    yield
    _block = ()


def edit(path, where, add=None, put=None):
    assert _block and (add is None) != (put is None)
    EDITS.append(Edit(*_block, path, where, add, put))


def cut(path, *wheres):
    for where in wheres:
        edit(path, where=where, put='')


# drop() also removes the comment right above a function, and its export.
COMMENT = r'(?:^/\*(?:(?!\*/)[\s\S])*\*/\n)?'


def drop(path, *names):
    cut(path, *(rf'{COMMENT}^\w[^\n;]*\b{name}\([^;{{]*\)\n+\{{\n[\s\S]*?^\}}\n'
                r'(?:EXPORT_.*\n)?\n?' for name in names))


def open_up(path, *names):
    cut(path, *(rf'^static (?:__init )?(?=(?:[^\n;=]*[ *(])?{name}\b[^;]*[;{{=(])'
                for name in names))


with trees('7.', kinds=KINDS, patch='emulator'):
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

# The emulator replaces rdmsrq_safe(), which Linux uses here since 7.3.
with trees('7.2', kinds=KINDS, patch='emulator'):
    edit('arch/x86/virt/vmx/tdx/tdx.c',
         where=r'^\tu32 _nr_mktme_keyids, _tdx_keyid_start, _nr_tdx_keyids;\n',
         add='\tu64 val;\n')
    edit('arch/x86/virt/vmx/tdx/tdx.c',
         where=r'^\tret = rdmsr_safe\(MSR_IA32_MKTME_KEYID_PARTITIONING, &_nr_mktme_keyids,\n'
               r'\t\t\t&_nr_tdx_keyids\);\n',
         put="""	ret = rdmsrq_safe(MSR_IA32_MKTME_KEYID_PARTITIONING, &val);
	_nr_mktme_keyids = val;
	_nr_tdx_keyids = val >> 32;
""")

with trees('7.', patch='lanework'):
    # The entry of TDX covers all files with tdx in their paths.
    edit('MAINTAINERS',
         where=r'^(?=LANTIQ / MAXLINEAR / INTEL Ethernet DSA drivers$)',
         add="""LANES OF WORK (LANEWORK)
L:	linux-coco@lists.linux.dev
S:	Supported
F:	Documentation/core-api/lanework.rst
F:	include/linux/lanework.h
F:	include/trace/events/lanework.h
F:	kernel/Kconfig.lanework
F:	kernel/lanework*

""")
    edit('init/Kconfig',
         where=r'^source "kernel/Kconfig\.locks"$',
         add='\n\nsource "kernel/Kconfig.lanework"')
    edit('kernel/Makefile',
         where=r'^obj-\$\(CONFIG_PADATA\) \+= padata\.o$',
         add='\nobj-$(CONFIG_LANEWORK) += lanework.o'
             '\nobj-$(CONFIG_LANEWORK_KUNIT_TEST) += lanework_kunit.o')
    edit('Documentation/core-api/index.rst',
         where=r'^   workqueue$',
         add='\n   lanework')

with trees('7.', patch='objects'):
    # Makefiles in a series lack the objects that a later patch adds.
    edit('arch/x86/Kconfig',
         where=r'^source "arch/x86/virt/vmx/tdx/emulator/Kconfig"$',
         add='\nsource "arch/x86/virt/vmx/tdx/Kconfig"')
    edit('arch/x86/Kconfig',
         where=r'^config INTEL_TDX_HOST\n(?:\tdepends on .*\n|\tbool .*\n)+',
         add='\tselect LANEWORK\n')
    edit('arch/x86/virt/vmx/tdx/Makefile',
         where=r'^obj-y \+= .*\btdx\.o$',
         add="""
obj-y += enable.o request.o off.o sysfs.o bringup.o attempt.o
obj-y += lps.o module.o layout.o pamt.o seam_status.o
obj-y += tdmr/check.o tdmr/plan.o tdmr/place.o
# For trace.h, which includes itself.
CFLAGS_lps.o := -I$(src)
obj-$(CONFIG_TDX_BRINGUP_KUNIT_TEST) += tests/""")
    edit('arch/x86/virt/vmx/tdx/Makefile',
         where=r'^CFLAGS_tdx\.o \+= .*$',
         add="""
CFLAGS_lps.o += -include $(src)/emulator/hooks.h
CFLAGS_module.o += -include $(src)/emulator/hooks.h""")

with trees('7.', patch='open'):
    # Bring-up calls these functions.
    cut('arch/x86/virt/vmx/tdx/tdx.c',
        r'^struct tdx_module_state \{\n(?:\t.*\n)+\};\n\n')
    open_up('arch/x86/virt/vmx/tdx/tdx.c',
            'tdx_module_state', 'tdx_global_keyid', 'tdx_guest_keyid_pool',
            'tdx_lp_initialized', 'tdx_tdmr_list', 'tdx_memlist', 'tdx_sysinfo',
            'tdx_cpu_flush_cache', 'tdx_offline_cpu', 'tdx_shutdown_cpu',
            'free_tdx_memlist', 'build_tdx_memlist', 'add_tdx_memblock', 'read_sys_metadata_field',
            'alloc_tdmr_list', 'free_tdmr_list', 'tdmr_entry', 'config_tdx_module')
    edit('arch/x86/virt/vmx/tdx/tdx.c',
         where=r'^static __init (?=int tdmr_size_single\()', put='static ')
    # Align the parameters with the shorter first lines.
    for text in (
            'int add_tdx_memblock(struct list_head *tmb_list, unsigned long start_pfn,\n'
            '\t\t     unsigned long end_pfn, int nid)',
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

/* tdx.c */
void tdx_cpu_flush_cache(void);
int tdx_offline_cpu(unsigned int cpu);
void tdx_shutdown_cpu(void *ign);
void free_tdx_memlist(struct list_head *tmb_list);
int build_tdx_memlist(struct list_head *tmb_list);
int add_tdx_memblock(struct list_head *tmb_list, unsigned long start_pfn,
		     unsigned long end_pfn, int nid);
int read_sys_metadata_field(u64 field_id, u64 *data);
int get_tdx_sys_info(struct tdx_sys_info *sysinfo);
int alloc_tdmr_list(struct tdmr_info_list *tdmr_list,
		    struct tdx_sys_info_tdmr *sysinfo_tdmr);
void free_tdmr_list(struct tdmr_info_list *tdmr_list);
struct tdmr_info *tdmr_entry(struct tdmr_info_list *tdmr_list, int idx);
int config_tdx_module(struct tdmr_info_list *tdmr_list, u64 global_keyid);

int tdx_module_shutdown(void);""")
    edit('arch/x86/virt/vmx/tdx/tdx.h',
         where=r'^#include <linux/bits\.h>$',
         add="""
#include <linux/idr.h>
#include <linux/list.h>
#include <linux/percpu-defs.h>
#include <linux/types.h>

#include <asm/tdx_global_metadata.h>

struct tdx_module_args;""")

with trees('7.', patch='calls'):
    edit('arch/x86/virt/vmx/tdx/tdx.h',
         where=r'^(?=int tdx_module_shutdown\(void\);$)',
         add="""/* module.c: repeat the SEAMCALL while it can succeed, and report an error */
int tdx_sys_rd(struct tdx_module_args *args);
int tdx_sys_config(struct tdx_module_args *args);

""")

with trees('7.', patch='boot'):
    edit('arch/x86/virt/vmx/tdx/tdx.h',
         where=r'^(?=int tdx_module_shutdown\(void\);$)',
         add="""/* enable.c */
bool tdx_host_off(void);

""")
    # Remove initialization at boot.  Bring-up has its own code for TDMRs, PAMTs, keys
    # and CPUs.
    cut('arch/x86/virt/vmx/tdx/tdx.c',
        r'^#include <linux/sort\.h>\n',
        r'^#include <linux/mutex\.h>\n',
        r'^#include <linux/syscore_ops\.h>\n',
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
    edit('arch/x86/virt/vmx/tdx/tdx.c',
         where=r'^\tret = seamcall_prerr_ret\(TDH_SYS_RD, &args\);$',
         put='\tret = tdx_sys_rd(&args);')
    edit('arch/x86/virt/vmx/tdx/tdx.c',
         where=r'^\tret = seamcall_prerr\(TDH_SYS_CONFIG, &args\);$',
         put='\tret = tdx_sys_config(&args);')
    cut('arch/x86/virt/vmx/tdx/tdx.h',
        r'^/\* Warn if kernel has less than TDMR_NR_WARN .*\n#define TDMR_NR_WARN .*\n\n')
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
         put='''	/* Pairs with tdx_steps_set_up(). */
	if (!smp_load_acquire(&tdx_module_state.initialized))
''')
    # Say why memory stays offline.
    edit('arch/x86/virt/vmx/tdx/tdx.c',
         where=r'^(?=\treturn NOTIFY_BAD;$)',
         add="""	pr_err_ratelimited("memory [0x%llx, 0x%llx) stays offline, no TDMR has it: disable TDX, online the memory, enable TDX\\n",
			   (u64)PFN_PHYS(mn->start_pfn),
			   (u64)PFN_PHYS(mn->start_pfn + mn->nr_pages));

""")
    edit('Documentation/admin-guide/kernel-parameters.txt',
         where=r'^(?=\ttest_suspend=\t\[SUSPEND\]$)',
         add="""\ttdx_host=	[X86,EARLY]
			When to initialize the TDX module of this host.
			Format: { sync | async | off }
			sync: at boot, and wait for it (default)
			async: at boot, in the background
			off: never, as on a host without TDX
			See Documentation/arch/x86/tdx-bringup.rst.

""")
    edit('Documentation/arch/x86/index.rst',
         where=r'^   tdx$',
         add='\n   tdx-bringup')
    edit('Documentation/arch/x86/tdx.rst',
         where=r'^  \[\.\.\] virt/tdx: module not loaded$',
         put='  [..] virt/tdx: TDX-Module initialization failed (-19): CPU 2: '
             'TDH.SYS.INIT: TDX_SEAMCALL_VMFAILINVALID ...')
    edit('Documentation/arch/x86/tdx.rst',
         where=r'^are not trivial\.  The kernel initializes the TDX module at runtime on\ndemand\.$',
         put="""are not trivial.  Documentation/arch/x86/tdx-bringup.rst says when and how
the kernel initializes the TDX module.""")

with trees('7.', patch='update'):
    edit('arch/x86/virt/vmx/tdx/tdx.h',
         where=r'^bool tdx_host_off\(void\);\n',
         add="""int tdx_host_update_begin(void);
void tdx_host_update_end(void);
""")
    # TDX cannot be switched off during an update.  Report a failed update at run time:
    # the host may have lost the module.
    edit('arch/x86/virt/vmx/tdx/seamldr.c',
         where=r'^\t/\* Ensure a stable set of online CPUs for the update process\. \*/\n',
         put="""	ret = tdx_host_update_begin();
	if (ret)
		goto out;

	/* Ensure a stable set of online CPUs for the update process. */
""")
    edit('arch/x86/virt/vmx/tdx/seamldr.c',
         where=r'^(?<=cpu_online_mask\);\n)(?=\tcpus_read_unlock\(\);\n)',
         add='\ttdx_host_update_end();\n')

with trees('7.', patch='tdx-host'):
    # tdx-host subscribes: loading it does not initialize TDX, and its device exists
    # while TDX is up.
    edit('drivers/virt/coco/tdx-host/tdx-host.c',
         where=r'^static int __init tdx_host_init\(void\)\n\{$',
         put="""static void tdx_host_changed(struct tdx_enable_request *req, int result)
{
	/* A failed update has a result, too, but users read its error from the device. */
	if (result && tdx_enable_status(NULL) == TDX_STATUS_DISABLING) {
		faux_device_destroy(fdev);
		fdev = NULL;
	}
	if (result || fdev)
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

	tdx_enable_request_init(&tdx_host_request, tdx_host_changed);

	return tdx_enable_subscribe(&tdx_host_request);""")
    edit('drivers/virt/coco/tdx-host/tdx-host.c',
         where=r'^static void __exit tdx_host_exit\(void\)\n\{\n',
         add='\ttdx_enable_cancel(&tdx_host_request);\n')
    edit('drivers/virt/coco/tdx-host/tdx-host.c',
         where=r'^#include <asm/tdx\.h>$',
         add='\n#include <asm/tdx_enable.h>')

with trees('7.', patch='firmware'):
    # Off removes the device while user space may start an upload.  The loader checked for
    # an upload, and then removed the file that starts one.
    edit('drivers/base/firmware_loader/sysfs_upload.c',
         where=r'^\tmutex_lock\(&fw_upload_priv->lock\);\n'
               r'\tif \(fw_upload_priv->progress == FW_UPLOAD_PROG_IDLE\) \{\n'
               r'(?:.*\n)+?unregister:\n\tdevice_unregister\(&fw_sysfs->dev\);\n',
         put="""	/* Wait for writers of the file that starts an upload. */
	device_del(&fw_sysfs->dev);

	mutex_lock(&fw_upload_priv->lock);
	if (fw_upload_priv->progress != FW_UPLOAD_PROG_IDLE)
		fw_upload_priv->ops->cancel(fw_upload);
	mutex_unlock(&fw_upload_priv->lock);

	/* Ensure lower-level device-driver is finished */
	flush_work(&fw_upload_priv->work);

	put_device(&fw_sysfs->dev);
""")

with trees('7.', patch='kvm-race'):
    # VP.INIT associates the vCPU with this CPU.  While the state is not set,
    # tdx_vcpu_load() on another CPU does not flush the vCPU, and VP.WR then fails.
    edit('arch/x86/kvm/vmx/tdx.c',
         where=r'^(?<=TDX_BUG_ON\(err, TDH_VP_INIT, vcpu->kvm\)\)\n)\t\t\treturn -EIO;\n(?=\t\}\n)',
         add="""
		/* From now on, tdx_vcpu_load() must flush the vCPU if this task migrates. */
		tdx->state = VCPU_TD_STATE_INITIALIZED;
""")
    edit('arch/x86/kvm/vmx/tdx.c',
         where=r'^\ttdx->state = VCPU_TD_STATE_INITIALIZED;\n\n(?=\treturn 0;\n\})',
         put='')

# struct kvm_caps is in another file since Linux 7.3.
UNAVAILABLE = """	/* Supported types of VMs that cannot be created at present. */
	u32 unavailable_vm_types;
"""

with trees('7.2', patch='kvm'):
    edit('arch/x86/kvm/x86.h', where=r'^\tu32 supported_vm_types;\n', add=UNAVAILABLE)

with trees('7.3', '7.4', '7.5', patch='kvm'):
    edit('arch/x86/include/asm/kvm_host.h', where=r'^\tu32 supported_vm_types;\n',
         add=UNAVAILABLE)

with trees('7.', patch='kvm'):
    edit('arch/x86/kvm/vmx/tdx.c',
         where=r'^#include <asm/tdx\.h>$',
         add='\n#include <asm/tdx_enable.h>')
    # KVM runs step 1 when it is loaded, since it must know if it can use the module.  It
    # requests the rest, and does not wait.  The creation of a TD waits.
    edit('arch/x86/kvm/x86.c',
         where=r'^\t\tr = kvm_caps\.supported_vm_types;$',
         put="""		r = kvm_caps.supported_vm_types &
		    ~READ_ONCE(kvm_caps.unavailable_vm_types);""")
    edit('arch/x86/kvm/vmx/tdx.c',
         where=r'^module_param_named\(tdx, enable_tdx, bool, 0444\);$',
         put="""
/* Unlike enable_tdx, on which unloading depends, the parameter shows if TDX works. */
static int tdx_param_get(char *buffer, const struct kernel_param *kp)
{
	bool works = enable_tdx && !READ_ONCE(kvm_caps.unavailable_vm_types);

	return sysfs_emit(buffer, "%c\\n", works ? 'Y' : 'N');
}

static const struct kernel_param_ops tdx_param_ops = {
	.flags = KERNEL_PARAM_OPS_FL_NOARG,
	.set = param_set_bool,
	.get = tdx_param_get,
};
module_param_cb(tdx, &tdx_param_ops, &enable_tdx, 0444);
__MODULE_PARM_TYPE(tdx, "bool");""")
    edit('arch/x86/kvm/vmx/tdx.c',
         where=r'^\ttdx_reclaim_td_control_pages\(kvm\);\n(?=\n\tkvm_tdx->state = )',
         add="""
	/* The module gives the TDR back last: until then it may have pages of the TD. */
	if (!is_hkid_assigned(kvm_tdx) && !kvm_tdx->td.tdr_page)
		tdx_put();
""")
    edit('arch/x86/kvm/vmx/tdx.c',
         where=r'^int tdx_vm_init\(struct kvm \*kvm\)\n\{\n(?:\t.*;\n)+',
         add="""	int ret;

	/* As on a host without TDX. */
	if (tdx_enable_status(NULL) == TDX_STATUS_ERROR)
		return -EINVAL;

	/* Each VM keeps TDX up, even before it has a TD. */
	ret = tdx_get();
	if (ret)
		return ret;

	ret = tdx_check_module();
	if (ret) {
		tdx_put();
		return ret;
	}

	/* tdx_module_changed() may run later than this; the TD needs a KeyID. */
	tdx_set_available(true);
	if (tdx_enable_status(NULL) == TDX_STATUS_ERROR)
		tdx_set_available(false);
""")
    edit('arch/x86/kvm/vmx/tdx.c',
         where=r'^int tdx_vm_init\(struct kvm \*kvm\)$',
         put="""static int tdx_check_module(void);
static void tdx_set_available(bool available);

int tdx_vm_init(struct kvm *kvm)""")
    edit('arch/x86/kvm/vmx/tdx.c',
         where=r'^void tdx_hardware_unsetup\(void\)\n\{\n'
               r'(?=\tmisc_cg_set_capacity\(MISC_CG_RES_TDX, 0\);)',
         put="""static struct tdx_enable_request tdx_module_request;
static struct tdx_enable_request tdx_module_subscription;

/* Show users if TDX works. */
static void tdx_set_available(bool available)
{
	WRITE_ONCE(kvm_caps.unavailable_vm_types, available ? 0 : BIT(KVM_X86_TDX_VM));
	misc_cg_set_capacity(MISC_CG_RES_TDX, available ? tdx_get_nr_guest_keyids() : 0);
}

static void tdx_module_changed(struct tdx_enable_request *req, int result)
{
	tdx_set_available(!result);
}

/* Do not wait for the module: vendor_module_lock is held. */
static int __init tdx_module_start(void)
{
	int r;

	tdx_enable_request_init(&tdx_module_request, NULL);
	tdx_enable_request_init(&tdx_module_subscription, tdx_module_changed);

	/* Users can set limits for KeyIDs before the first TD. */
	tdx_set_available(true);
	r = tdx_enable_async(&tdx_module_request);
	if (!r) {
		r = tdx_enable_subscribe(&tdx_module_subscription);
		if (r)
			tdx_enable_cancel(&tdx_module_request);
	}
	if (r)
		misc_cg_set_capacity(MISC_CG_RES_TDX, 0);

	return r;
}

void tdx_hardware_unsetup(void)
{
	tdx_enable_cancel(&tdx_module_subscription);
	tdx_enable_cancel(&tdx_module_request);
""")
    edit('arch/x86/kvm/vmx/tdx.c',
         where=r'^static int __init __tdx_hardware_setup\(void\)\n\{\n'
               r'\tconst struct tdx_sys_info_td_conf \*td_conf;\n\tint i;\n',
         put='static int __init tdx_find_uret_msrs(void)\n{\n\tint i;\n')
    edit('arch/x86/kvm/vmx/tdx.c',
         where=r'^\t/\* Get TDX global information for later use \*/\n'
               r'\ttdx_sysinfo = tdx_get_sysinfo\(\);\n'
               r'\tif \(!tdx_sysinfo\)\n\t\treturn -ENODEV;\n',
         put="""	return 0;
}

/*
 * Check the metadata when KVM is loaded, and for each VM: TDX may have been off, and its
 * module may have been updated.
 */
static int tdx_check_module(void)
{
	const struct tdx_sys_info *sysinfo = tdx_enable_metadata();
	const struct tdx_sys_info_td_conf *td_conf;

	/* Other VMs use the old data if an update has failed. */
	if (!sysinfo)
		return -ENODEV;

	/* Get TDX global information for later use */
	WRITE_ONCE(tdx_sysinfo, sysinfo);
""")
    edit('arch/x86/kvm/vmx/tdx.c',
         where=r'^\t    !tdx_get_supported_xfam\(&tdx_sysinfo->td_conf\)\)\n\t\treturn -EINVAL;\n\n'
               r'\tif \(!\(tdx_sysinfo->features\.tdx_features0 & '
               r'MD_FIELD_ID_FEATURES0_TOPOLOGY_ENUM\)\)\n\t\treturn -EINVAL;\n',
         put="""	    !tdx_get_supported_xfam(&tdx_sysinfo->td_conf)) {
		pr_err_once("Disable TDX: the module requires unsupported attributes or XFAM\\n");
		return -EOPNOTSUPP;
	}

	if (!(tdx_sysinfo->features.tdx_features0 & MD_FIELD_ID_FEATURES0_TOPOLOGY_ENUM)) {
		pr_err_once("Disable TDX: the module lacks TOPOLOGY_ENUM, update it\\n");
		return -EOPNOTSUPP;
	}
""")
    edit('arch/x86/kvm/vmx/tdx.c',
         where=r'^\t\tpr_err\(("Disable TDX: MAX_VCPU_PER_TD .*\n.*\n)\t\treturn -EINVAL;\n\t\}\n\n'
               r'\tif \(misc_cg_set_capacity\(MISC_CG_RES_TDX, tdx_get_nr_guest_keyids\(\)\)\)\n'
               r'\t\treturn -EINVAL;\n',
         put="""		pr_err_once("Disable TDX: MAX_VCPU_PER_TD (%u) smaller than number of logical CPUs (%u).\\n",
			    td_conf->max_vcpus_per_td, num_present_cpus());
		return -EOPNOTSUPP;
	}
""")
    edit('arch/x86/kvm/vmx/tdx.c',
         where=r'^\tr = __tdx_hardware_setup\(\);\n\tif \(r\) \{\n(?:\t\t.*\n)+?'
               r'(?=\t\t \* Disable TDX only)(?:\t\t.*\n)+?'
               r'\t\tif \(r == -ENODEV\)\n\t\t\tgoto success_disable_tdx;\n\n'
               r'\t\treturn r;\n\t\}\n',
         put="""	r = tdx_find_uret_msrs();
	if (r)
		return r;

	/* Without a module that KVM can use, load without TDX.  The log has the reason. */
	if (tdx_enable_probe() || tdx_check_module() || tdx_module_start())
		goto success_disable_tdx;
""")

with trees('7.', patch='ondemand'):
    edit('Documentation/admin-guide/kernel-parameters.txt',
         where=r'^\t\t\tFormat: \{ sync \| async \| off \}\n\t\t\tsync: .*\n',
         put="""			Format: { ondemand | sync | async | off }
			ondemand: at the first request; KVM makes one when it is
				loaded with tdx=1 (default)
			sync: at boot, and wait for it
""")

with trees('7.', patch='guide'):
    edit('Documentation/admin-guide/index.rst',
         where=r'^   syscall-user-dispatch$',
         add='\n   tdx-first-run')

# The bug of scripts/exercise: one CPU of a package does not flush the caches of the other
# CPUs' cores.
with trees('7.', kinds=('exercise',)):
    cut('arch/x86/virt/vmx/tdx/tdx.c', r'^\twbinvd_on_all_cpus\(\);\n\n(?=\tfor_each_online_cpu)')
    edit('arch/x86/virt/vmx/tdx/tdx.c',
         where=r'^(?=\treturn seamcall_prerr\(TDH_SYS_KEY_CONFIG, &args\);$)',
         put='''	/* The PAMTs may be dirty in the caches of this package. */
	wbinvd();

''')
