# SPDX-License-Identifier: GPL-2.0-only
"""What the Python scripts share: arguments, exit statuses, and guests."""

import argparse
import glob
import os
import re
import subprocess
import sys

TOP = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
LINUX = f'{TOP}/build/linux'
GUESTS = f'{TOP}/build/guests'
VECTORS = os.path.abspath(os.environ.get('VECTORS') or f'{TOP}/tools/testing/tdx/vectors')
# Without the variables of a make that has called the script.
ENV = {k: v for k, v in os.environ.items() if not k.startswith(('MAKE', 'MFLAGS'))}
# Exit status of what cannot run on this machine.
SKIP = 77
# Tests of the emulator break its rules on purpose.
PROVOKED = 'tdx_emulator: audit: '


class Failed(Exception):
    """This ends a script, which prints the message."""

    status = 1


class Misused(Failed):
    """The arguments of a script are wrong."""

    status = 2


class Missing(Failed):
    """Something is missing on this machine."""

    status = SKIP


def arguments(doc):
    """Return a parser for the arguments of a script that @doc describes."""
    return argparse.ArgumentParser(description=doc,
                                   formatter_class=argparse.RawDescriptionHelpFormatter)


def start(main):
    """Run a script, and exit with the status that @main returns."""
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
    except subprocess.CalledProcessError as e:
        sys.exit(e.returncode)
    except Failed as e:
        skipped = 'skipped: ' if isinstance(e, Missing) else ''
        print(f'{os.path.basename(sys.argv[0])}: {skipped}{e}', file=sys.stderr)
        sys.exit(e.status)


def read(path):
    """Return the text of a file; its name may be relative to the repository."""
    with open(os.path.join(TOP, path), encoding='utf-8') as f:
        return f.read()


def kunit_suites():
    """Return the source of each KUnit suite by its name."""
    paths = sorted(glob.glob(f'{TOP}/arch/x86/virt/vmx/tdx/**/*kunit.c', recursive=True)
                   + glob.glob(f'{TOP}/kernel/*kunit.c'))
    return {suite: text for text in map(read, paths) for suite in
            re.findall(r'struct kunit_suite \w+ = \{\s*\.name = "([^"]+)"', text)}


def need_kernels(target):
    for name in ('ours', 'upstream'):
        if not os.path.exists(f'{LINUX}/{name}/built'):
            raise Missing(f'no kernel {name} in build/linux; run: make {target}')


def machine(sockets, cores, nodes, mem):
    """Return the arguments of scripts/guest for a topology."""
    return ['--sockets', str(sockets), '--cores', str(cores), '--nodes', str(nodes),
            '--mem', mem]


def boot(name, *args, kernel='ours', append=''):
    """Boot a guest.  Return the exit status, the message of scripts/guest, the console."""
    done = subprocess.run(
        (f'{TOP}/scripts/guest', '--quiet', '--name', name, '--kernel', f'{LINUX}/{kernel}',
         '--append', append, *args),
        check=False, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    # There is no log if scripts/guest cannot run here.
    console = '' if done.returncode == SKIP else read(f'{GUESTS}/{name}.log')
    return done.returncode, done.stdout.strip().removeprefix('guest: skipped: '), console
