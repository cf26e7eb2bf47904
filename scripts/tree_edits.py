# SPDX-License-Identifier: GPL-2.0-only
"""What is edited in upstream's files; scripts/prepare-tree applies it.

A row is

    edit(FILE, where=REGEX, add=TEXT)            insert TEXT after the match
    edit(FILE, where=REGEX, put=TEXT)            put TEXT in place of the match
    edit(FILE, where=END,   add=TEXT)            append TEXT to the file

REGEX is Python's, ^ and $ match at lines, and it must match exactly once in
upstream's file as the rows above it left it.  If it does not, preparation
stops, names file and pattern, and changes nothing.  Keep the match as small
as makes it unique, and every row without effect when CONFIG_TDX_BRINGUP=n.
Use raw strings r'' for REGEX; TEXT is taken as it is.

Rows stand in a block `with trees('7.'):`, which names the trees they are for
by the start of their version, one or several: trees('6.12.', '6.18.').
`make tree` shows at once whether a new row applies; `make patches` sends it.
"""

from contextlib import contextmanager
from typing import NamedTuple

END = r'\Z'


class Edit(NamedTuple):
    linux: tuple
    path: str
    where: str
    add: str
    put: str


EDITS = []
_linux = ()


@contextmanager
def trees(*linux):
    """The rows inside are for trees whose version starts with one of these."""
    global _linux
    _linux = linux
    yield
    _linux = ()


def edit(path, where, add=None, put=None):
    assert _linux and (add is None) != (put is None)
    EDITS.append(Edit(_linux, path, where, add, put))


with trees('7.'):
    # The options, beside upstream's own.
    edit('arch/x86/Kconfig',
         where=r'^config INTEL_TDX_HOST\n(?:[ \t].*\n|\n(?=[ \t]))+',
         add='\nsource "arch/x86/virt/vmx/tdx/Kconfig"\n')

    edit('init/Kconfig',
         where=r'^source "kernel/Kconfig\.locks"$',
         add='\n\nsource "kernel/Kconfig.lanework"')

    # The documents, each in the table of contents of its book.
    edit('Documentation/core-api/index.rst',
         where=r'^   workqueue$',
         add='\n   lanework')
    edit('Documentation/arch/x86/index.rst',
         where=r'^   tdx$',
         add='\n   tdx-bringup')
    edit('Documentation/dev-tools/index.rst',
         where=r'^   kunit/index$',
         add='\n   tdx-emulator')

    # What the boot can be told.
    edit('Documentation/admin-guide/kernel-parameters.txt',
         where=r'^(?=\ttest_suspend=\t\[SUSPEND\]$)',
         add="""\ttdx_host=	[X86,EARLY]
			When the TDX module of this host is initialised, with
			CONFIG_TDX_BRINGUP=y.
			Format: { ondemand | async | sync | off }
			ondemand: when somebody asks for it, as KVM does when
				it is loaded with tdx=1 (default)
			async: at boot, which does not wait for it
			sync: at boot, which waits for it
			off: never; the host is one without TDX
			See Documentation/arch/x86/tdx-bringup.rst.

""")

    # The objects.
    edit('kernel/Makefile',
         where=r'^obj-\$\(CONFIG_PADATA\) \+= padata\.o$',
         add='\nobj-$(CONFIG_LANEWORK) += lanework.o'
             '\nobj-$(CONFIG_LANEWORK_KUNIT_TEST) += lanework_kunit.o')
    edit('arch/x86/virt/vmx/tdx/Makefile',
         where=r'^obj-y \+= .*\btdx\.o$',
         add='\n\ninclude $(src)/Makefile.bringup')

    # Initialisation at boot makes room, and its name, for tdx_enable().  What
    # follows in this function is dead code then, and the compiler drops all
    # that only it used.
    edit('arch/x86/virt/vmx/tdx/tdx.c',
         where=r'^static __init int tdx_enable(?=\(void\)$)',
         put='static __init int tdx_enable_at_boot')
    edit('arch/x86/virt/vmx/tdx/tdx.c',
         where=r'^static __init int tdx_enable_at_boot\(void\)\n\{\n(?:\t.*;\n)+',
         add='\n\tif (IS_ENABLED(CONFIG_TDX_BRINGUP))\n\t\treturn 0;\n')
    edit('arch/x86/virt/vmx/tdx/tdx.c',
         where=r'^subsys_initcall\(tdx_enable\);$',
         put='subsys_initcall(tdx_enable_at_boot);')

    # tdx_host=off: a host without TDX.
    edit('arch/x86/virt/vmx/tdx/tdx.c',
         where=r'^#include <asm/tdx\.h>$',
         add='\n#include <asm/tdx_enable.h>')
    edit('arch/x86/virt/vmx/tdx/tdx.c',
         where=r'^void __init tdx_init\(void\)\n\{\n(?:\t.*;\n)+',
         add='\n\tif (tdx_host_off())\n\t\treturn;\n')

    # The data that the rest of tdx.c, KVM and the update of the module at run
    # time use are static: what hands them over has to be in the same file.
    edit('arch/x86/virt/vmx/tdx/tdx.c',
         where=END,
         add='\n#ifdef CONFIG_TDX_BRINGUP\n#include "handover.c"\n#endif\n')

    # The PAMTs of a TDMR are not one piece: those for 4 KiB pages of all TDMRs of
    # a node come first.
    edit('arch/x86/virt/vmx/tdx/tdx.c',
         where=r'^\t\tunsigned long base, size;\n\n'
               r'\t\ttdmr_get_pamt\(tdmr_entry\(tdmr_list, i\), &base, &size\);\n\n'
               r'\t\tif \(phys >= base && phys < \(base \+ size\)\)$',
         put="""		struct tdmr_info *tdmr = tdmr_entry(tdmr_list, i);

		if (in_range(phys, tdmr->pamt_4k_base, tdmr->pamt_4k_size) ||
		    in_range(phys, tdmr->pamt_2m_base, tdmr->pamt_2m_size) ||
		    in_range(phys, tdmr->pamt_1g_base, tdmr->pamt_1g_size))""")

    # An update at run time that fails half-way takes TDX from the host.
    edit('arch/x86/virt/vmx/tdx/seamldr.c',
         where=r'^#include <asm/seamldr\.h>$',
         add='\n#include <asm/tdx_enable.h>')
    edit('arch/x86/virt/vmx/tdx/seamldr.c',
         where=r'^\tret = stop_machine_cpuslocked\(do_seamldr_install_module, (?:.*\n)+?'
               r'\tcpus_read_unlock\(\);$',
         add='\n\ttdx_host_updated();')

    # tdx-host subscribes: its device appears when the module is ready, and
    # loading the driver starts nothing.
    edit('drivers/virt/coco/tdx-host/tdx-host.c',
         where=r'^#include <asm/tdx\.h>$',
         add='\n#include <asm/tdx_enable.h>')
    edit('drivers/virt/coco/tdx-host/tdx-host.c',
         where=r'^static int __init tdx_host_init\(void\)\n\{$',
         put="""static void tdx_host_ready(struct tdx_enable_request *req, int result)
{
	/* An attempt that failed may be followed by another. */
	if (result) {
		tdx_enable_subscribe(req);
		return;
	}

	fdev = faux_device_create_with_groups(KBUILD_MODNAME, NULL,
					      &tdx_host_ops,
					      tdx_host_groups);
	if (!fdev)
		pr_err("%s: cannot create the device\\n", KBUILD_MODNAME);
}

static struct tdx_enable_request tdx_host_request;

static int __init tdx_host_init(void)
{
	int ret;
""")
    edit('drivers/virt/coco/tdx-host/tdx-host.c',
         where=r'^\tif \(!x86_match_cpu\(tdx_host_ids\) \|\| !tdx_get_sysinfo\(\)\)\n'
               r'\t\treturn -ENODEV;\n\n\tfdev = (?:.*\n)+?\t\treturn -ENODEV;\n\n'
               r'\treturn 0;$',
         put="""	if (!x86_match_cpu(tdx_host_ids))
		return -ENODEV;

	tdx_enable_request_init(&tdx_host_request, tdx_host_ready);
	ret = tdx_enable_subscribe(&tdx_host_request);
	if (ret)
		return ret;

	/* Initialised at boot, the device is there now or never. */
	return IS_ENABLED(CONFIG_TDX_BRINGUP) || fdev ? 0 : -ENODEV;""")
    edit('drivers/virt/coco/tdx-host/tdx-host.c',
         where=r'^static void __exit tdx_host_exit\(void\)\n\{\n',
         add='\ttdx_enable_cancel(&tdx_host_request);\n')

    # KVM has the module initialised when it is loaded, and does not wait for
    # it.  Each TD does, and the first makes the checks that need metadata.
    edit('arch/x86/kvm/vmx/tdx.c',
         where=r'^#include <asm/tdx\.h>$',
         add='\n#include <asm/tdx_enable.h>')
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
         put="""/*
 * With the module initialised on demand: ask for it, but do not wait, because
 * this is called with vendor_module_lock held and loads a module.
 */
static int __init tdx_module_start(void)
{
	int r;

	tdx_enable_request_init(&tdx_module_request, NULL);
	r = tdx_enable_async(&tdx_module_request);
	if (r)
		return r;

	/* The KeyIDs are known, and limits to them can be set, before any TD. */
	r = misc_cg_set_capacity(MISC_CG_RES_TDX, tdx_get_nr_guest_keyids());
	if (r)
		tdx_enable_cancel(&tdx_module_request);

	return r;
}

/*
 * The first TD checks what the module offers.  Each waits for the module, and
 * asks again if it could not be initialised before; why is in the log.  No lock
 * may be held.
 */
static int tdx_module_setup(void)
{
	static DEFINE_MUTEX(lock);
	static bool done;
	int ret;

	if (!IS_ENABLED(CONFIG_TDX_BRINGUP))
		return 0;

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
         put="""	if (IS_ENABLED(CONFIG_TDX_BRINGUP))
		r = tdx_module_start();
	else
		r = __tdx_hardware_setup();""")
    edit('arch/x86/kvm/vmx/tdx.c',
         where=r'^\t\tpr_err(?=\("Disable TDX: MAX_VCPU_PER_TD )',
         put='\t\tpr_err_once')
