# SPDX-License-Identifier: GPL-2.0-only
"""Run Bochs for scripts/guest: it is slow, but its CPUs have VMX."""

import os
import subprocess

from common import TOP, Failed, read

# scripts/fetch-bochs installs the packages of these files.
BIOS = '/usr/share/bochs/BIOS-bochs-latest'
VGABIOS = '/usr/share/vgabios/vgabios.bin'
ISOLINUX = '/usr/lib/ISOLINUX/isolinux.bin'
LDLINUX = '/usr/lib/syslinux/modules/bios/ldlinux.c32'

# All CPUs together execute this number of instructions in a second of the guest.
# With less, several CPUs would only serve their timers.
IPS = 20000000
# tsc_early_khz: the TSC counts instructions; CPUID has another frequency.
# idle=halt: at HLT, Bochs goes on to the next event; at MWAIT it does not.
CMDLINE = f'tsc_early_khz={IPS // 1000} idle=halt'
# Bochs allocates at most this, and keeps the rest of the guest's memory in a file.
HOST_MIB = 2048

# la57: with it, an SMI of the BIOS stops Bochs.
CONFIG = '''\
config_interface: textconfig
display_library: nogui
cpu: model=sapphire_rapids, count={count}, ips={ips}, reset_on_triple_fault=0, exclude_features="la57"
memory: guest={mib}, host={host_mib}
romimage: file={bios}
vgaromimage: file={vgabios}
boot: cdrom
ata0: enabled=1, ioaddr1=0x1f0, ioaddr2=0x3f0, irq=14
ata0-master: type=cdrom, path={iso}, status=inserted
com1: enabled=1, mode=file, dev=/dev/fd/{console}
com2: enabled=1, mode=file, dev=/dev/fd/{said}
log: /dev/null
panic: action=fatal
error: action=ignore
info: action=ignore
clock: sync=none, time0=local
'''


def wrong(a):
    """Return the first argument that Bochs does not support, or None."""
    mib = sum(mem for _, mem in a.node) >> 20
    if (a.sockets, a.cores) not in ((1, 1), (1, 2), (1, 4), (2, 2)):
        return f'--sockets {a.sockets} --cores {a.cores}: Bochs has 1 of 1, 2 or 4, or 2 of 2'
    if len(a.node) > 1:
        return f'{len(a.node)} nodes: Bochs has one'
    if not 256 <= mib <= 3072:
        return f'{mib} MiB: Bochs has 256M to 3G of memory'
    if a.hidden or a.icount:
        return '--hidden, --icount: not in Bochs'
    return None


def find():
    """Return the exit status of scripts/fetch-bochs, which prints errors; and the path."""
    done = subprocess.run((f'{TOP}/scripts/fetch-bochs',), check=False, text=True,
                          stdout=subprocess.PIPE)
    return done.returncode, done.stdout.strip()


def command(a, rd, where, cmdline, console, said):
    """Make a disk to boot from, and return the command; the serial lines are open files."""
    cfg = f'{where}/isolinux.cfg'
    with open(cfg, 'w', encoding='ascii') as f:
        f.write(f'DEFAULT guest\nLABEL guest\nLINUX /bzImage\nINITRD /initrd\n'
                f'APPEND {cmdline} {CMDLINE} {a.append}\n')
    iso = f'{where}/boot.iso'
    done = subprocess.run(
        ('xorriso', '-as', 'mkisofs', '-quiet', '-o', iso, '-b', 'isolinux.bin',
         '-no-emul-boot', '-boot-load-size', '4', '-boot-info-table',
         '-graft-points', f'isolinux.bin={ISOLINUX}', f'ldlinux.c32={LDLINUX}',
         f'isolinux.cfg={cfg}', f'initrd={rd}', f'bzImage={a.kernel}/arch/x86/boot/bzImage'),
        check=False, text=True, stderr=subprocess.PIPE)
    if done.returncode:
        raise Failed(f'xorriso: {done.stderr}')
    mib = a.node[0][1] >> 20
    with open(f'{where}/bochsrc', 'w', encoding='ascii') as f:
        f.write(CONFIG.format(count=f'{a.sockets}:{a.cores}:1', ips=IPS, mib=mib,
                              host_mib=min(mib, HOST_MIB), bios=BIOS, vgabios=VGABIOS,
                              iso=iso, console=console, said=said))
    return [a.bochs, '-q', '-f', f'{where}/bochsrc']


def cpu_time(pid):
    """Return the CPU time in seconds.  Bochs is one thread, which never waits."""
    fields = read(f'/proc/{pid}/stat').rpartition(')')[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf('SC_CLK_TCK')
