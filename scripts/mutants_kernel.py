# SPDX-License-Identifier: GPL-2.0-only
"""Build one kernel with all mutants; its parameter tdx_mutant= chooses one of them.

Copy the build directory of our kernel, and compile the mutated sources there, with
the commands that kbuild has saved.  Each mutated place calls tdx_mutant(), which
also records that the kernel reached the place.
"""

import json
import os
import re
import subprocess
import threading
import time

import mutate

CALL = '_Bool tdx_mutant(unsigned int number); '
# One of the files gets this code; @LAST@ is the number of the last mutant.
CHOICE = '''
#include <linux/bitmap.h>
#include <linux/moduleparam.h>

static unsigned int tdx_mutant_chosen;
core_param(tdx_mutant, tdx_mutant_chosen, uint, 0444);

static DECLARE_BITMAP(tdx_mutants_reached, @LAST@ + 1);

static int tdx_mutants_forget(const char *val, const struct kernel_param *kp)
{
	bitmap_zero(tdx_mutants_reached, @LAST@ + 1);
	return 0;
}

static int tdx_mutants_show(char *buf, const struct kernel_param *kp)
{
	return scnprintf(buf, PAGE_SIZE, "%*pbl\\n", @LAST@ + 1, tdx_mutants_reached);
}

static const struct kernel_param_ops tdx_mutants_ops = {
	.set = tdx_mutants_forget,
	.get = tdx_mutants_show,
};
__module_param_call("", tdx_mutants_reached, &tdx_mutants_ops, NULL, 0644, -1, 0);

_Bool tdx_mutant(unsigned int number)
{
	set_bit(number, tdx_mutants_reached);
	return number == tdx_mutant_chosen;
}
'''
CHOICE_IN = 'kernel/lanework.c'
# The same guests as in scripts/run-tests.
GUESTS = {
    'kunit': (['--sockets', '2', '--cores', '2', '--nodes', '2', '--mem', '4G'],
              'tdx_emulator=on kunit.autorun=0'),
    'kselftest': (['--sockets', '2', '--cores', '4', '--nodes', '2', '--mem', '8G'],
                  'tdx_emulator=on kunit.enable=0'),
}
# Tests of the emulator break its rules on purpose.
PROVOKED = 'tdx_emulator: audit: '


def numbers(text):
    """Return the numbers in the text of a bitmap, like 1-3,7."""
    found = set()
    for part in filter(None, text.split(',')):
        first, _, last = part.partition('-')
        found.update(range(int(first), int(last or first) + 1))
    return found


class Kernel(mutate.Compiler):
    def __init__(self, top, out):
        self.top, self.out = top, f'{out}/kernel'
        super().__init__(self.out, 2)
        subprocess.run((f'{top}/scripts/kernel', 'ours'), check=True)
        linux = os.path.realpath(f'{top}/build/linux')
        self.tree, self.ours, self.dir = (f'{linux}/{d}' for d in ('tree', 'ours', 'mutants'))

    def read(self, path):
        with open(f'{self.tree}/{path}', encoding='utf-8') as f:
            return f.read()

    # --- compiler --------------------------------------------------------

    def command(self, path):
        """Return the command by which kbuild compiled a source."""
        name = f'{self.ours}/{os.path.dirname(path)}/.{os.path.basename(path)[:-2]}.o.cmd'
        with open(name, encoding='utf-8') as f:
            command = f.readline().split(' := ', 1)[1].strip()
        return command.replace('$(pound)', '#').replace('$$', '$')

    def compile(self, where, path, text, out):
        """Compile @text in place of a source; return whether this succeeded.

        Without @out, check only the syntax.
        """
        with open(f'{where}/{os.path.basename(path)}', 'w', encoding='utf-8') as f:
            f.write(text)
        command = re.sub(r'-Wp,-MMD,\S+ ', '', self.command(path))
        if out is None or not out.startswith(self.dir):
            command = command.split(' ; ', 1)[0]
        command = command.replace(
            f' {self.tree}/{path}',
            f' -iquote {self.tree}/{os.path.dirname(path)} {where}/{os.path.basename(path)}')
        command = re.sub(r' -c -o \S+ ', f' -c -o {out} ' if out else ' -fsyntax-only ',
                         command, count=1)
        return subprocess.run(command, shell=True, cwd=self.dir, check=False,
                              stdout=subprocess.DEVNULL,
                              stderr=subprocess.DEVNULL).returncode == 0

    def object(self, path, text, out):
        return self.compile(os.path.dirname(out), path, CALL + text, out)

    def copy(self):
        os.makedirs(self.dir, exist_ok=True)
        subprocess.run(('rsync', '-a', '--delete', '--exclude=/root', '--exclude=/selftests',
                        '--exclude=/test_modules', '--exclude=/initramfs.gz',
                        f'{self.ours}/', f'{self.dir}/'), check=True)
        if not os.path.lexists(f'{self.dir}/initramfs.gz'):
            os.symlink(f'{self.ours}/initramfs.gz', f'{self.dir}/initramfs.gz')

    def guarded(self, path, numbers):
        """Return the text of a source with all its mutants."""
        text = self.read(path)
        for m, number in sorted(numbers.items(), key=lambda item: -item[1]):
            if m.path == path:
                text = m.apply(text, m.guarded(number))
        if path == CHOICE_IN:
            text += CHOICE.replace('@LAST@', str(max(numbers.values())))
        return CALL + text

    def build(self, mutants):
        """Link a kernel with the mutants; return the number of each, from 1.

        Omit a mutant where C requires a constant expression, because the kernel
        chooses between the two expressions at run time.
        """
        where = f'{self.out}/0'
        objects = []
        numbers = {m: i for i, m in enumerate(mutants, 1)}
        for path in sorted({m.path for m in mutants} | {CHOICE_IN}):
            objects.append(f'{self.dir}/{path[:-2]}.o')
            if self.compile(where, path, self.guarded(path, numbers), objects[-1]):
                continue
            for m in [m for m in numbers if m.path == path]:
                if not self.compile(where, path, self.guarded(path, {m: 1}), None):
                    del numbers[m]
            if not self.compile(where, path, self.guarded(path, numbers), objects[-1]):
                raise SystemExit(f'mutants: {path} does not compile with all its mutants: '
                                 f'{where}/{os.path.basename(path)}')
        env = {k: v for k, v in os.environ.items() if not k.startswith(('MAKE', 'MFLAGS'))}
        env.update(KBUILD_BUILD_USER='tdx-bringup', KBUILD_BUILD_HOST='localhost')
        subprocess.run((f'{self.top}/scripts/step', 'linking the kernel of all mutants',
                        f'{self.top}/build/logs/build-mutants.log', 'make', '-C', self.tree,
                        f'O={self.dir}', '-j2', 'bzImage'), env=env, check=True)
        for path in objects:
            said = subprocess.run(('nm', path), check=True, text=True, stdout=subprocess.PIPE)
            if ' tdx_mutant\n' not in said.stdout:
                raise SystemExit(f'mutants: the build compiled {path} again, without mutants')
        return numbers

    def programs(self):
        """Return the test programs of kselftest by the names that its runner uses."""
        with open(f'{self.ours}/selftests/kselftest-list.txt', encoding='utf-8') as f:
            return f.read().split()

    # --- guests ----------------------------------------------------------

    def guest(self, kind, number, tests, limits):
        """Boot mutant @number and run tests until one notices it.

        Return the lines of mutants-guest with their times, the outcome, and the test
        that was running.
        """
        layout, append = GUESTS[kind]
        lines, running = [], 'boot'
        with subprocess.Popen(
                (f'{self.top}/scripts/guest', '--name', f'mutant-{kind}-{number}',
                 '--kernel', self.dir, '--timeout', '36000', '--allow', PROVOKED,
                 '--append', f'{append} tdx_mutant={number}', *layout,
                 '--add', f'{self.top}/scripts/mutants-guest',
                 '--run', f'/mutants-guest {kind} {" ".join(tests)}'),
                text=True, errors='replace', stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as p:
            hangs = threading.Event()

            def late():
                hangs.set()
                p.terminate()
            timer = threading.Timer(limits['boot'], late)
            timer.start()
            for line in p.stdout:
                m = re.match(r'mutant: (\S+) (\S+) ?(.*)$', line)
                if not m:
                    continue
                lines.append((*m.groups(), time.monotonic()))
                timer.cancel()
                if m[1] == 'start':
                    running = m[2]
                timer = threading.Timer(limits.get(running, limits['boot']), late)
                timer.start()
            timer.cancel()
        outcomes = {0: None, 1: 'complains', 3: 'panics', 4: 'hangs'}
        if hangs.is_set():
            outcome = 'hangs'
        elif p.returncode in outcomes:
            outcome = outcomes[p.returncode]
        else:
            raise SystemExit(f'mutants: scripts/guest exited with {p.returncode}')
        failed = [what for word, what, _, _ in lines if word == 'failed']
        if failed:
            outcome, running = 'fails', failed[0]
        return lines, outcome, running

    def baseline(self, kind, tests, path):
        """Return the mutants that each test reaches, and the time limit of each test.

        Measure both without a mutant, and keep them in a file for a later run.
        """
        if os.path.exists(path):
            with open(path, encoding='utf-8') as f:
                reached, limits = json.load(f)
            return {test: set(some) for test, some in reached.items()}, limits
        begin, reached, limits = {'boot': time.monotonic()}, {}, {}
        lines, outcome, running = self.guest(kind, 0, tests, dict.fromkeys([*tests, 'boot'], 3600))
        if outcome:
            raise SystemExit(f'mutants: without a mutant: {running} {outcome}; '
                             f'see build/guests/mutant-{kind}-0.log')
        for word, test, more, when in lines:
            if word == 'start':
                begin[test] = when
            elif word == 'reached':
                reached.setdefault(test, set()).update(numbers(more))
                # A longer time is not due to chance, even if guests share a CPU.
                limits[test] = max(limits.get(test, 0), 30 + 5 * (when - begin[test]))
        with open(path, 'w', encoding='utf-8') as f:
            json.dump(({test: sorted(some) for test, some in reached.items()}, limits), f)
        return reached, limits
