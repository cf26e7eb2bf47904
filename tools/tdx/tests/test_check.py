# SPDX-License-Identifier: GPL-2.0-only
"""tdxctl check and report on saved and empty hosts.  Usage: test_check.py TDXCTL"""
import gzip
import json
import os
import pathlib
import re
import shutil
import struct
import sys
import tempfile
import time

import tap
from tap import tdxctl, test, unpack

READY = pathlib.Path(__file__).with_name('hosts') / 'ready.tree'
RELEASE = '7.3.4-tdx-bringup'
TDX = 'sys/kernel/tdx'
CONFIG = f'boot/config-{RELEASE}'
KEYIDS, TME, SEAMRR = 0x87, 0x982, 0x1401
MSRS = {TME: 3, KEYIDS: 64 << 32, SEAMRR: 3 << 10}
# What remains without the kernel's word on the BIOS
UNDETECTED = {'dev/kmsg': '', 'proc/cpuinfo': 'vendor_id\t: GenuineIntel\nflags\t\t: tme vmx\n'}
DOWN = {TDX + '/status': 'unknown\n'}
LOG = '6,1,0,-;virt/tdx: '


class Host:
    """A host.  files: the text of each file that differs from READY; None: no such file."""

    def __init__(self, files=(), msrs=()):
        self.where = tempfile.TemporaryDirectory()
        self.root = pathlib.Path(self.where.name)
        unpack(READY.read_text('ascii'), self.root)
        self.msr = self.root / 'dev/cpu/0/msr'
        self.msr.parent.mkdir(parents=True)
        with open(self.msr, 'wb') as file:
            for msr, value in sorted({**MSRS, **dict(msrs)}.items()):
                file.seek(msr)
                file.write(struct.pack('<Q', value))
        for path, text in dict(files).items():
            path = self.root / path
            path.parent.mkdir(parents=True, exist_ok=True)
            if text is not None:
                path.write_text(text, 'ascii')
            elif path.is_dir():
                shutil.rmtree(path)
            else:
                path.unlink()

    def run(self, *args):
        return tdxctl(*args, root=self.root)


def check(*args):
    """Check a host, and return a dictionary of its conditions."""
    return results(Host(*args))


def results(host):
    result = host.run('check', '--json')
    got = json.loads(result.stdout)
    conditions = {c['condition']: c for c in got['conditions']}
    assert got['schema'] == 1 and not result.stderr
    failed = any(c['verdict'] == 'FAIL' for c in conditions.values())
    assert got['failed'] == failed and result.returncode == (6 if failed else 0), result
    for c in conditions.values():
        assert c['verdict'] in ('PASS', 'WARN', 'FAIL', 'SKIP')
        assert bool(c['advice']) == (c['verdict'] in ('WARN', 'FAIL')), c
        assert ('cannot tell' in c['text']) == (c['verdict'] == 'SKIP'), c
    # The text has the same: each condition is a line, and a further line has the advice.
    text = host.run('check')
    assert text.returncode == result.returncode
    for c in conditions.values():
        assert f'{c["verdict"]}  {c["condition"]:14}  {c["text"]}\n' in text.stdout, text
        assert not c['advice'] or f' {c["advice"]}\n' in text.stdout, text
    return conditions


# A condition, files or MSRs that differ from READY, the verdict, and words of text and advice
CASES = [
    ('CPU', {'proc/cpuinfo': 'vendor_id\t: AuthenticAMD\n'}, 'FAIL', 'AuthenticAMD', 'Intel'),
    ('CPU', UNDETECTED, 'FAIL', 'lacks xsave movdir64b ss', 'has TDX'),
    ('CPU', {'proc/cpuinfo': 'vendor_id\t: GenuineIntel\nflags\t\t: hypervisor\n'}, 'FAIL',
     'virtual machine', 'host'),
    ('CPU', {'sys/kernel/debug/tdx_emulator/audit': ''}, 'WARN', 'emulated', 'tests only'),
    ('CPU', {'proc/cpuinfo': None}, 'SKIP', '/proc/cpuinfo'),
    ('BIOS', {'dev/kmsg': None}, 'PASS', 'tdx_host_platform'),
    ('BIOS', UNDETECTED, 'PASS', '64 KeyIDs'),
    ('BIOS', (UNDETECTED, {KEYIDS: 1 << 32}), 'FAIL', '1 KeyIDs', 'more KeyIDs'),
    ('BIOS', {'dev/kmsg': LOG + 'initialization failed: too few private KeyIDs available.\n'},
     'FAIL', 'too few', 'more KeyIDs'),
    ('BIOS', (UNDETECTED, {TME: 1}), 'FAIL', 'TME', 'Enable TME'),
    ('BIOS', (UNDETECTED, {SEAMRR: 1 << 10}), 'FAIL', 'SEAMRR', 'Enable TDX'),
    ('BIOS', {**UNDETECTED, 'dev/cpu': None}, 'SKIP', 'modprobe msr'),
    ('BIOS', {**UNDETECTED, 'dev/cpu': None, 'dev/kmsg': LOG + 'TDX not supported by the host '
              'platform: not enabled in the BIOS, or see above\n'}, 'FAIL', 'found no TDX', 'BIOS'),
    ('BIOS', {'dev/kmsg': '', 'dev/cpu': None,
              'proc/cpuinfo': 'vendor_id\t: GenuineIntel\nflags\t\t: vmx\n'}, 'FAIL', 'TME', 'TME'),
    ('kernel', {TDX: None}, 'PASS', RELEASE, 'on demand'),
    ('kernel', {TDX: None, CONFIG: 'CONFIG_INTEL_TDX_HOST=y\n'}, 'FAIL', 'without', 'Install'),
    ('kernel', {**UNDETECTED, TDX: None, CONFIG: None}, 'SKIP', 'configuration'),
    ('kernel options', {CONFIG: 'CONFIG_INTEL_TDX_HOST=y\nCONFIG_KVM_INTEL=m\n'}, 'FAIL',
     'off: CONFIG_KVM_INTEL_TDX', 'option'),
    ('kernel options', {CONFIG: ''.join(f'CONFIG_{x}=y\n' for x in (
        'INTEL_TDX_HOST', 'KVM_INTEL', 'KVM_INTEL_TDX', 'LANEWORK', 'TDX_EMULATOR'))}, 'WARN',
     'CONFIG_TDX_EMULATOR is on', 'without'),
    ('kernel options', {CONFIG: None}, 'SKIP', '/proc/config.gz'),
    ('command line', {'proc/cmdline': 'tdx_host=async tdx_host=off\n'}, 'FAIL', 'tdx_host=off',
     'Boot without'),
    ('command line', {'proc/cmdline': 'tdx_host=often\n'}, 'WARN', 'tdx_host=often', 'ondemand'),
    ('command line', {'proc/cmdline': '\n'}, 'PASS', 'default'),
    ('command line', {'proc/cmdline': None}, 'SKIP', '/proc/cmdline'),
    ('hibernation', {'sys/power/disk': '[platform] shutdown\n'}, 'FAIL', 'rejects', 'nohibernate'),
    ('hibernation', {'sys/power/disk': None}, 'PASS', 'disabled'),
    ('hibernation', {'sys/power': None}, 'SKIP', '/sys/power'),
    ('KVM', {'sys/module/kvm_intel': None}, 'WARN', 'not loaded', 'modprobe kvm_intel tdx=1'),
    ('KVM', {'sys/module/kvm_intel/parameters/tdx': None}, 'FAIL', 'lacks', 'CONFIG_KVM_INTEL_TDX'),
    ('KVM', {'sys/module/kvm_intel/parameters/tdx': 'N\n'}, 'FAIL', 'no TDX', 'tdx=1'),
    ('KVM', {'sys/module/kvm_intel/parameters/tdx': 'N\n', 'proc/cmdline': 'kvm-intel.tdx=0\n'},
     'FAIL', 'kvm_intel.tdx=0', 'Boot with'),
    ('KVM', {'sys/module': None}, 'SKIP', '/sys/module'),
    ('memory map', {'proc/iomem': ''.join(f'{n << 13:x}-{(n << 13) + 4095:x} : System RAM\n'
                                          for n in range(128, 160))}, 'FAIL',
     'reserved areas', 'plan'),
    ('memory map', {'proc/iomem': '00100000-207fffffff : System RAM\n'
                                  '4000000000-5fffffffff : System RAM (kmem)\n'}, 'WARN',
     '128.0 GiB after boot', 'tdx_host=async'),
    ('memory map', {'proc/iomem': None}, 'SKIP', 'root'),
    ('free memory', {**DOWN, 'proc/buddyinfo': 'Node 0, zone Normal 0 0 0 0 0 0 0 0 0 0 100\n'},
     'WARN', 'node 0 needs 513', '400 MiB are free', 'Free memory'),
    ('free memory', {**DOWN, 'proc/buddyinfo': 'Node 0, zone Normal 999999 0 0 0 0 0 0 0 0 0 1\n'},
     'PASS', 'move'),
    ('free memory', DOWN, 'PASS', '513 MiB for PAMTs are free'),
    ('free memory', {'proc/buddyinfo': None}, 'SKIP', '/proc/buddyinfo'),
    ('online CPUs', {'sys/devices/system/cpu/online': '0-15\n'}, 'WARN', '0-15 of 0-31', 'package'),
    ('online CPUs', {'sys/devices/system/cpu/online': None}, 'SKIP', 'cpu/online'),
    ('TDX module', {TDX + '/module_version': None}, 'SKIP', 'request'),
    ('TDX module', {TDX + '/module_version': ''}, 'SKIP', 'request'),
    ('state', {'sys/kernel/debug/tdx_emulator/audit': ''}, 'PASS', 'TDX is up: 126.0 GiB, module 1.5.06, emulated'),
    ('state', DOWN, 'PASS', 'was not requested'),
    ('state', {TDX + '/status': 'initializing\n'}, 'PASS', 'is being initialized'),
    ('state', {**DOWN, TDX + '/error': 'no memory: free some (-12)\n'},
     'FAIL', 'no memory: free some', 'tries again'),
    ('state', {TDX + '/status': 'error\n', TDX + '/error': 'gone (-5)\n'}, 'FAIL', 'gone',
     'reboots'),
    ('state', {TDX: None}, 'SKIP', '/sys/kernel/tdx'),
]


@test
def a_host_that_is_ready():
    conditions = check()
    assert {c['verdict'] for c in conditions.values()} == {'PASS'}, conditions
    assert conditions['command line']['text'] == 'tdx_host=async'
    assert conditions['BIOS']['text'] == 'TDX is enabled: private KeyID range [64, 128)'
    assert conditions['memory map']['text'].endswith('of 16 reserved areas')
    assert conditions['TDX module']['text'] == 'version 1.5.06'
    assert {name for name, *_ in CASES} == set(conditions)


@test
def each_condition():
    for name, changes, verdict, *words in CASES:
        got = check(*changes) if isinstance(changes, tuple) else check(changes)
        said = f'{got[name]["text"]} {got[name]["advice"]}'
        assert got[name]['verdict'] == verdict, (name, changes, got[name])
        assert all(word in said for word in words), (words, said)


@test
def json_is_utf_8():
    host = Host()
    (host.root / 'proc/cmdline').write_bytes(b'tdx_host=a"\\\xff\n')
    assert results(host)['command line']['text'] == 'the kernel ignores tdx_host=a"\\?'
    result = tdxctl('plan', '--json', '/x/\udcfe\n')
    assert json.loads(result.stdout)['error'].startswith('/x/?\n: No such'), result
    assert json.loads(tdxctl('plan', '--json', '/x/ü').stdout)['error'].startswith('/x/ü: ')


@test
def a_compressed_configuration():
    host = Host({CONFIG: None})
    with gzip.open(host.root / 'proc/config.gz', 'wt') as file:
        file.write('CONFIG_KVM_INTEL=m\nCONFIG_INTEL_TDX_HOST=y\n')
    assert results(host)['kernel options']['text'] == 'off: CONFIG_KVM_INTEL_TDX'


@test
def an_empty_host_and_this_one():
    with tempfile.TemporaryDirectory() as root:
        for where in root, '/nonexistent', '':
            start = time.monotonic()
            result = tdxctl('check', '--json', root=where)
            assert time.monotonic() - start < 2
            got = json.loads(result.stdout)
            assert result.returncode == (6 if got['failed'] else 0), result
            assert not where or {c['verdict'] for c in got['conditions']} == {'SKIP'}, got
            report = tdxctl('report', root=where)
            assert report.returncode == 0 and not report.stderr
            json.loads(report.stdout.partition('\n== JSON\n')[2])


@test
def a_report():
    host = Host()
    path = host.root / 'report.txt'
    result = host.run('report', '-o', str(path))
    assert result.returncode == 0 and not result.stdout + result.stderr, result
    text = path.read_text('ascii')
    assert path.stat().st_mode & 0o777 == 0o600
    assert text == host.run('report').stdout
    for words in ('tdxctl       1.0', RELEASE, '8580', '0x21000291', 'Rack 2', 'PASS  BIOS',
                  'TDX is up: 126.0 GiB, module 1.5.06', 'tdx_host=async', 'nohibernate',
                  'mem 0x100000000 0x2080000000 0', '100000000-207fffffff : System RAM',
                  '410 ms: metadata 9, memory 0, PAMT 99', 'tdx_phase_begin: phase=PAMT', 'lanework_job_start'):
        assert words in text, (words, text)
    # Neither names nor addresses, whatever file has them
    for words in 'lion', 'S3R1AL', '5ec2e7', 'eth0', 'dhclient':
        assert words not in text, (words, text)
    assert not re.search(r'(?:\d{1,3}\.){3}\d|(?:[0-9a-f]{2}:){5}', text), text
    got = json.loads(text.partition('\n== JSON\n')[2])
    assert got['linux'] == RELEASE and got['tdxctl'] in text
    assert got['state']['phases_ms']['total'] == 410 and len(got['conditions']) == 12
    assert got['plan'] == {**json.loads(host.run('plan', '--json').stdout)}
    assert got['log'][0] == '1.310000 virt/tdx: BIOS enabled: private KeyID range [64, 128)'
    result = host.run('report', '-o', '/nonexistent/x')
    assert result.returncode == 1 and '/nonexistent/x: No such file' in result.stderr


@test
def what_a_user_cannot_see():
    host = Host({**UNDETECTED, TDX + '/status': 'unknown\n', 'proc/iomem': '0-0 : System RAM\n'})
    os.chmod(host.root, 0o755)
    for path in 'dev/kmsg', 'dev/cpu/0/msr', TDX + '/error', 'sys/kernel/tracing/trace':
        os.chmod(host.root / path, 0)
    user = {'user': 65534} if os.geteuid() == 0 else {}
    program = shutil.copy(tap.TDXCTL, host.root)
    text = tdxctl('report', root=host.root, program=program, **user).stdout
    for words in ('SKIP  BIOS            cannot tell: /dev/cpu/0/msr: Permission denied',
                  'SKIP  memory map      cannot tell: only root can see holes in memory',
                  'SKIP  state           cannot tell: TDX is not up, and only root can read',
                  'cannot see /dev/kmsg: Permission denied',
                  'cannot see /sys/kernel/tracing/trace: Permission denied'):
        assert words in text, (words, text)
    assert json.loads(text.partition('\n== JSON\n')[2])['log'] is None


@test
def completion():
    script = pathlib.Path(__file__).parents[1] / 'tdxctl.bash'

    def complete(*words):
        code = f'. {script}; COMP_WORDS=(tdxctl "$@"); COMP_CWORD=$#; _tdxctl; ' \
               'echo "${COMPREPLY[@]}"'
        result = tdxctl('-c', code, 'bash', *words, program='/bin/bash')
        assert not result.stderr, result
        return set(result.stdout.split())

    usage = tdxctl('--help').stdout
    commands = set(re.findall(r'tdxctl (\w+)', usage))
    assert complete('') == commands | {'help', '--help', '--version'}
    for command in commands:
        line, = re.findall(rf'tdxctl {command} +(.*)', usage)
        options = set(re.findall(r'--[\w-]+', line)) | ({'--output'} if '-o' in line else set())
        assert complete(command, '--') == options | {'--help'}, command
    assert complete('report', '-o', '/pro') == {'/proc'} == complete('plan', '/pro')


sys.exit(tap.run())
