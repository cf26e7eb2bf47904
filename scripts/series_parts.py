# SPDX-License-Identifier: GPL-2.0-only
"""List the parts of our files that belong to a later patch than the file does.

A file belongs to the first patch that needs it.  A block `with before('off'):` removes
parts of files from the versions before the patch with `Edits: off`.  The rows are those
of tree_edits.py.  scripts/patches goes back from the last patch to the first, so each row
applies to the version of its own patch.
"""

import re

from tree_edits import EDITS, cut, drop, edit, trees  # EDITS is for scripts/patches

TDX = 'arch/x86/virt/vmx/tdx'
API = 'arch/x86/include/asm/tdx_enable.h'
RST = 'Documentation/arch/x86/tdx-bringup.rst'


def before(patch):
    return trees('7.', kinds=('before',), patch=patch)


def declared(path, *names):
    """Remove declarations of functions."""
    cut(path, *(rf'^\w[^\n;=(]*\b{name}\([^;{{]*\);\n' for name in names))


def tests(path, *names):
    """Remove KUnit tests."""
    drop(path, *names)
    cut(path, *(rf'^\tKUNIT_CASE\({name}\),\n' for name in names))


def member(path, name):
    """Remove a member of a structure, and its description."""
    cut(path, rf'^ \* @{name}:.*\n(?: \*\t.*\n)*',
        rf'^\t(?:\w[^\n;]*[ *(]){name}(?:\)\([^;]*)?;\n')


def exported(path, *names):
    """Remove exports of functions."""
    cut(path, *(rf'^EXPORT_SYMBOL_FOR_MODULES\({name}, .*\n' for name in names))


def text(path, old, new):
    edit(path, where=re.escape(old), put=new)


with before('off-kunit'):
    PATH = f'{TDX}/tests/gated.h'
    drop(PATH, 'gated_probe', 'gated_off', 'gated_can_disable', 'gated_call_probe',
         'gated_disable', 'gated_start_off')
    cut(PATH, r'^\t\.probe = .*\n', r'^\t\.off = .*\n', r'^\t\.can_disable = .*\n',
        r'^\tstruct completion off_gate;\n', r'^\tint probes;\n', r'^\tint offs;\n',
        r'^\tint probe_result;\n', r'^\tint off_result;\n', r'^\tint can_disable;\n',
        r'^\tinit_completion\(&g->off_gate\);\n(?=\tcomplete_all)',
        r'^\tcomplete_all\(&g->off_gate\);\n(?=\ttdx_bringup_init)',
        r'^\tcomplete_all\(&g->off_gate\);\n(?=\ttdx_bringup_exit)')
    text(PATH, """/*
 * With @pauses, the attempt has another step after the gate.  With @probe_result, step 1
 * fails.  @off_gate is open unless a test closes it with reinit_completion().
 */
""", '/* With @pauses, the attempt has another step after the gate. */\n')
    PATH = f'{TDX}/tests/enable_kunit.c'
    tests(PATH, 'enable_test_subscribe', 'enable_test_subscribe_cancel',
          'enable_test_subscribe_failure', 'enable_test_hold_off', 'enable_test_metadata',
          'enable_test_stop_before_off',
          'enable_test_probe', 'enable_test_request_during_off',
          'enable_test_probe_during_off', 'enable_test_users', 'enable_test_renew')
    cut(PATH, r'^\tKUNIT_EXPECT_EQ\(test, tdx_bringup_disable\(&g->tb\), -ESHUTDOWN\);\n')
    tests(f'{TDX}/emulator/seamldr_kunit.c', 'lost_halfway')
    PATH = f'{TDX}/tests/enable_wait_kunit.c'
    cut(PATH,
        r'^\t\tKUNIT_EXPECT_EQ\(test, tdx_bringup_subscribe\(&g->tb, reqs\[i\]\), -EINVAL\);\n',
        r', \*sub = counted_new\(test\)(?=;\n\tstruct gated \*g = test->priv;\n\n'
        r'\tKUNIT_ASSERT_EQ\(test, tdx_bringup_subscribe)',
        r'^\tKUNIT_ASSERT_EQ\(test, tdx_bringup_subscribe\(&g->tb, &sub->req\), 0\);\n(?:.*\n){3}',
        r'^\tKUNIT_EXPECT_EQ\(test, tdx_bringup_subscribe\(&g->tb, &c->req\), -EBUSY\);\n',
        r'^\tcounted_expect_inside\(test, sub, 0\);\n'
        r'\tKUNIT_EXPECT_EQ\(test, tdx_bringup_subscribe\(&g->tb, &sub->req\), -EBUSY\);\n')

# The module of the kselftests calls these functions.
with before('test-exports'):
    exported(f'{TDX}/enable.c', 'tdx_enable', 'tdx_enable_wait')

with before('ondemand'):
    cut(f'{TDX}/enable.c', r'^\tTDX_BOOT_ONDEMAND,\n',
        r'^\t\t\[TDX_BOOT_ONDEMAND\]\t= "ondemand",\n',
        r'^\tif \(tdx_boot_mode == TDX_BOOT_ONDEMAND\)\n.*\n',
        r'ondemand, (?=sync, async or off\\n)')

with before('sysfs'):
    PATH = f'{TDX}/enable.c'
    drop(PATH, 'tdx_host_error', 'tdx_host_phase_ms', 'tdx_host_init_sysfs')
    cut(PATH, r'^arch_initcall\(tdx_host_init_sysfs\);\n\n',
        r'^\t\.notify = tdx_sysfs_notify,\n')
    PATH = f'{TDX}/enable.h'
    member(PATH, 'notify')
    declared(PATH, 'tdx_host_error', 'tdx_host_phase_ms')
    cut(PATH, r'^/\* sysfs\.c \*/\n(?:.*;\n)+\n')
    cut(f'{TDX}/request.c', r'^\tif \(tb->ops->notify\)\n.*\n')

with before('kvm'):
    exported(f'{TDX}/enable.c', 'tdx_enable_async', 'tdx_enable_probe', 'tdx_enable_metadata',
             'tdx_get', 'tdx_put')

with before('tdx-host'):
    exported(f'{TDX}/enable.c', 'tdx_enable_subscribe', 'tdx_enable_cancel')
    drop(f'{TDX}/enable.c', 'tdx_enable_status')
    declared(API, 'tdx_enable_status')
    text(RST, ' tdx_enable_status', '')

with before('update'):
    text(f'{TDX}/request.c', ' * A module update that fails leads from INITIALIZED to ERROR.\n *\n', '')
    text(f'{TDX}/off.c', '/* See tdx_host_update_begin(). */\n', '')
    PATH = f'{TDX}/enable.c'
    drop(PATH, 'tdx_host_update_begin', 'tdx_host_update_end')
    text(PATH, """	int ret;

	ret = tdx_host_check() ?: tdx_bringup_get(&tdx_host);
	/* The reference excludes off, but an update may have failed just now. */
	if (!ret && !tdx_get_sysinfo()) {
		tdx_bringup_put(&tdx_host);
		ret = -ESHUTDOWN;
	}

	return ret;
""", '\treturn tdx_host_check() ?: tdx_bringup_get(&tdx_host);\n')
    text(PATH, 'root has switched TDX off, the system goes down, or an update of the\n *   '
               'module has failed.', 'root has switched TDX off, or the system goes down.')
    text(PATH, ' *   initialized or disabled, the module is being updated, or the system is '
               'about to sleep;\n', ' *   initialized or disabled, or the system is about to '
               'sleep;\n')
    text(PATH, '-ESHUTDOWN\t- the system goes down, or an update of the module has failed.',
         '-ESHUTDOWN\t- the system goes down.')
    text(PATH, 'and -ESHUTDOWN before TDX is switched off, and\n * after a module update has '
               'failed; but', 'and -ESHUTDOWN before TDX is switched off;\n * but')
    text(PATH, ' * good; -ESHUTDOWN if the system goes down or a module update has failed.',
         ' * good; -ESHUTDOWN if the system goes down.')
    text(PATH, '  It is constant as long as the caller has a reference\n * from tdx_get(), '
               'except that a module update changes the version.',
         '  It is constant as long as the caller has a reference\n * from tdx_get().')
    text(PATH, """	int ret;

	ret = tdx_host_check() ?: tdx_bringup_sync(&tdx_host);

	/* An update may have failed just now, or off may have begun. */
	return ret ?: tdx_get_sysinfo() ? 0 : -ESHUTDOWN;
""", '\treturn tdx_host_check() ?: tdx_bringup_sync(&tdx_host);\n')
    PATH = f'{TDX}/lps.c'
    cut(PATH, r'^/\* An update of the module has failed\. \*/\nstatic bool .*\n\n',
        r'^\t/\* After a failed update .*\n.*\n\t\treturn 0;\n\n')
    drop(PATH, 'tdx_module_set_lost', 'tdx_module_lost')
    declared(f'{TDX}/steps.h', 'tdx_module_set_lost', 'tdx_module_lost')
    cut(f'{TDX}/bringup.c', r'^\ttdx_module_set_lost\(false\);\n')
    declared(f'{TDX}/enable.h', 'tdx_bringup_lose')
    drop(f'{TDX}/off.c', 'tdx_bringup_lose')

with before('off'):
    cut(API, r'^ \* @TDX_STATUS_DISABLING: .*\n', r'^\tTDX_STATUS_DISABLING,\n')
    cut(API, r'^int tdx_get\(void\);\nvoid tdx_put\(void\);\nint tdx_disable\(void\);\n\n')
    text(API, ' the last attempt\n *\thas failed, or root has switched TDX off;',
         ' or the last\n *\tattempt has failed;')
    PATH = f'{TDX}/enable.c'
    drop(PATH, 'tdx_host_disable', 'tdx_host_can_disable', 'tdx_get', 'tdx_put', 'tdx_disable')
    cut(PATH, r'^\t\.off = .*\n', r'^\t\.can_disable = .*\n')
    text(PATH, ': tasks\n * without privileges cause calls of this function, and must '
               'neither repeat an\n * initialization that failed, nor switch TDX on after '
               'root has switched it off.\n',
         ': tasks\n * without privileges cause calls of this function, and must not repeat '
         'an\n * initialization that failed.\n')
    text(PATH, '-ESHUTDOWN\t- root has switched TDX off, or the system goes down.\n',
         '-ESHUTDOWN\t- the system goes down.\n')
    text(PATH, 'soon if TDX is up already; and -ESHUTDOWN before TDX is switched off;\n * but',
         'soon if TDX is up already; but')
    text(PATH, '  It is constant as long as the caller has a reference\n * from tdx_get().', '')
    text(API, ', wait for a request, cancel one, or call tdx_disable().',
         ', wait for a request, or cancel one.')
    text(RST, ' tdx_get tdx_put tdx_disable', '')
    PATH = f'{TDX}/enable.h'
    for NAME in ('off', 'can_disable', 'off_result', 'users'):
        member(PATH, NAME)
    cut(PATH, r'^/\* request\.c, for off\.c \*/\n(?:.*;\n)+\n', r'^/\* off\.c \*/\n(?:.*;\n)+\n')
    text(PATH, 'result of the last attempt; after off, -ESHUTDOWN', 'result of the last attempt')
    text(PATH, 'switches TDX on and off, and runs', 'runs attempts and')
    PATH = f'{TDX}/request.c'
    drop(PATH, 'tdx_bringup_end_off')
    for NAME in ('bool tdx_bringup_final', 'void tdx_bringup_set_status',
                 'void tdx_bringup_queue', 'void tdx_bringup_might_wait'):
        edit(PATH, where=rf'^{NAME}(?=\()', put=f'static {NAME}')
    cut(PATH, r'^\tcase TDX_STATUS_DISABLING:\n(?=\t\treturn true;)',
        r'^\tcase TDX_STATUS_DISABLING:\n\t\t/\* Users (?:.*\n)+?\t\tbreak;\n',
        r' && !tb->users(?= &&\n)',
        r' &&\n\t    READ_ONCE\(tb->status\) != TDX_STATUS_DISABLING',
        r'  During off, the attempt starts afterwards\.(?= \*/)',
        r'off or for (?=a probe\. \*/)',
        r'off or for (?=a probe: the worker is not held)')
    text(PATH, """ *	            request          all steps done
 *	UNKNOWN ------------> INITIALIZING ------------> INITIALIZED
 *	 ^   ^                  |       |                 |
 *	 |   +------------------+       +---> ERROR       | off
 *	 |     error that could be undone       ^         v
 *	 +--------------------------------------|--- DISABLING
 *	                                        +---------+
 *	                              SYS.DISABLE failed halfway
""", """ *	            request          all steps done
 *	UNKNOWN ------------> INITIALIZING ------------> INITIALIZED
 *	     ^                  |       |
 *	     +------------------+       +---> ERROR
 *	       error that could be undone
""")
    text(PATH, ' * After an attempt has failed, or after off, only tdx_bringup_request() and\n'
               ' * tdx_bringup_probe() start again.  tdx_bringup_sync() serves tasks without '
               'privileges\n * and returns the last result.\n',
         ' * After an attempt has failed, only tdx_bringup_request() and tdx_bringup_probe() '
         'start\n * again.  tdx_bringup_sync() serves tasks without privileges and returns '
         'the last result.\n')
    text(PATH, 'Neither a probe, an attempt nor off runs; each sees',
         'No probe or attempt runs; each sees')
    text(PATH, 'tdx_bringup_probe() and tdx_bringup_disable() check @hold',
         'tdx_bringup_probe() checks @hold')
    PATH = f'{TDX}/bringup.c'
    drop(PATH, 'tdx_steps_off', 'tdx_steps_print_off')
    text(PATH, 'after an error or to switch TDX\n * off.', 'after an error.')
    declared(f'{TDX}/steps.h', 'tdx_steps_off', 'tdx_lps_check')
    drop(f'{TDX}/lps.c', 'tdx_lps_check')
    text(f'{TDX}/trace.h', 'tdx_steps_print() and tdx_steps_print_off() use',
         'tdx_steps_print() uses')

with before('subscribe'):
    declared(API, 'tdx_enable_subscribe')
    text(API, ' *\trequest, unless the caller cancels the request first; and again and again for\n'
              ' *\ttdx_enable_subscribe().  The callback may sleep, but must not free the '
              'request,\n *\tsubmit it again, wait for a request, or cancel one.\n',
         ' *\trequest, unless the caller cancels the request first.  The callback may sleep,\n'
         ' *\tbut must not free the request, submit it again, wait for a request, or cancel\n'
         ' *\tone.\n')
    drop(f'{TDX}/enable.c', 'tdx_enable_subscribe')
    text(RST, ' tdx_enable_subscribe', '')
    member(f'{TDX}/enable.h', 'subscribers')
    declared(f'{TDX}/enable.h', 'tdx_bringup_subscribe')
    PATH = f'{TDX}/request.c'
    drop(PATH, 'tdx_subscriber_next', 'tdx_subscribers_tell', 'tdx_bringup_subscribe')
    cut(PATH, r'^\ttdx_subscribers_tell\(tb\);\n', r'^\tINIT_LIST_HEAD\(&tb->subscribers\);\n',
        r' && !tdx_subscriber_next\(tb\)',
        r'^\t/\* A subscriber stays on .*\n\tif \(list_empty\(&req->node\)\)\n\t(?=\t)')

with before('probe'):
    declared(API, 'tdx_enable_probe', 'tdx_enable_metadata')
    text(RST, 'tdx_enable_probe tdx_enable ', 'tdx_enable ')
    text(RST, ' tdx_enable_metadata', '')
    drop(f'{TDX}/enable.c', 'tdx_host_probe', 'tdx_enable_probe', 'tdx_enable_metadata')
    cut(f'{TDX}/enable.c', r'^\t\.probe = .*\n')
    PATH = f'{TDX}/enable.h'
    member(PATH, 'probe')
    member(PATH, 'probing')
    declared(PATH, 'tdx_bringup_probe', 'tdx_bringup_metadata')
    PATH = f'{TDX}/request.c'
    drop(PATH, 'tdx_bringup_end_probe', 'tdx_bringup_known', 'tdx_bringup_probed',
         'tdx_bringup_probe', 'tdx_bringup_metadata')
    text(PATH, """		if (!READ_ONCE(tb->probing)) {
			mutex_lock(&tb->lock);
			break;
		}
		result = tdx_bringup_attempt(tb, tb->ops->probe);
		mutex_lock(&tb->lock);
		tdx_bringup_end_probe(tb, result);
""", '\t\tmutex_lock(&tb->lock);\n')
    text(PATH, """	       (!tdx_status_is_transient(READ_ONCE(tb->status)) &&
		!READ_ONCE(tb->probing));
""", '\t       !tdx_status_is_transient(READ_ONCE(tb->status));\n')
    text(PATH, """	/* The freezer cannot freeze a task that waits for a probe. */
	if (ret > 0 && !READ_ONCE(tb->probing))
		return 0;
""", '\tif (ret > 0)\n\t\treturn 0;\n')
    cut(PATH, r'^\tif \(ret > 0\)\n\t\treturn -EBUSY;\n',
        r'^\t/\* tdx_bringup_probe\(\) checks @hold .*\n'
        r'\tscoped_guard\(mutex, &tb->lock\)\n\t(?=\ttdx_attempt_set)')
    text(PATH, 'not end in time or a task waits for a probe: the worker',
         'not end in time: the worker')
    text(PATH, 'tdx_bringup_request() and tdx_bringup_probe() start\n * again.  '
               'tdx_bringup_sync() serves tasks without privileges and returns the last '
               'result.\n',
         'tdx_bringup_request() starts again.\n * tdx_bringup_sync() serves tasks without '
         'privileges and returns the last result.\n')
    text(PATH, 'No probe or attempt runs; each sees @stop if it begins',
         'No attempt runs, or it sees @stop when it begins')
    cut(PATH, r'^\t/\* Step 1 is a part of the attempt\. \*/\n.*\n')
    PATH = f'{TDX}/bringup.c'
    drop(PATH, 'tdx_steps_probe')
    text(PATH, 'It runs once, since tdx_bringup_metadata() has published its result.',
         'It runs once.')
    text(PATH, """	/* Pairs with tdx_bringup_known(). */
	smp_store_release(&s->known, true);
	/* Wake tdx_bringup_probe(). */
	wake_up_all(&a->changed);
""", '\ts->known = true;\n')
    declared(f'{TDX}/steps.h', 'tdx_steps_probe')
    text(f'{TDX}/steps.h', '@module is complete and constant; stored with release, read with '
                           'acquire', '@module is complete')

with before('kunit'):
    cut(f'{TDX}/request.c', r'^\n#ifdef CONFIG_TDX_BRINGUP_KUNIT_TEST\n(?:.*\n)*?#endif\n')
    cut(f'{TDX}/enable.c', r'^\n#ifdef CONFIG_TDX_BRINGUP_KUNIT_TEST\n(?:.*\n)*?#endif\n')
    cut(f'{TDX}/enable.h', r'^#ifdef CONFIG_TDX_BRINGUP_KUNIT_TEST\n(?:.*\n)*?#endif\n\n')
    cut(f'{TDX}/bringup.c', r'^#ifdef CONFIG_TDX_BRINGUP_KUNIT_TEST\n(?:.*\n)*?#endif\n\n')
    cut(f'{TDX}/enable.c', r'^#include <linux/idr\.h>\n')
    cut(f'{TDX}/steps.h', r'^void tdx_steps_undo\(struct tdx_steps \*s\);\n')

# Until the boot calls this code, tdx.c disables the module at shutdown.
with before('boot'):
    PATH = f'{TDX}/lps.c'
    drop(PATH, 'tdx_lp_shutdown', 'tdx_lps_shutdown', 'tdx_lps_suspend', 'tdx_lps_resume',
         'tdx_lps_syscore_init')
    cut(PATH, r'^static const struct syscore_ops tdx_lps_syscore_ops = \{\n(?:.*\n)+?\};\n\n',
        r'^static struct syscore tdx_lps_syscore = \{\n(?:.*\n)+?\};\n\n',
        r'\narch_initcall\(tdx_lps_syscore_init\);\n', r'^#include <linux/syscore_ops\.h>\n',
        r'^#include <kunit/visibility\.h>\n\n')
    declared(f'{TDX}/steps.h', 'tdx_lps_suspend', 'tdx_lps_resume', 'tdx_lps_shutdown')
