# SPDX-License-Identifier: GPL-2.0-only
"""Saved /proc and /sys trees in one file each.

    == PATH         a file, what follows is in it
    == PATH{0..7,9..9}  empty files with these numbers
"""
import pathlib
import re


def numbers(spec):
    for part in spec.split(','):
        first, last = part.split('..')
        yield from range(int(first), int(last) + 1)


def unpack(text, root):
    path = None
    for line in text.splitlines(keepends=True):
        if not line.startswith('== '):
            if path:
                with open(path, 'a', encoding='ascii') as f:
                    f.write(line)
            continue

        name, spec = re.fullmatch(r'== ([^{]*)(?:\{(.*)\})?\n', line).groups()
        path = pathlib.Path(root, name)
        path.parent.mkdir(parents=True, exist_ok=True)
        if spec is None:
            path.touch()
            continue
        for number in numbers(spec):
            path.with_name(path.name + str(number)).touch()
        path = None


def description(text):
    """The memory, CMRs and CPUs of a description."""
    memory, cmrs, cpus = [], [], {}
    for line in text.splitlines():
        words = line.split('#')[0].split()
        if words[:1] == ['mem']:
            memory.append((int(words[1], 16), int(words[2], 16), int(words[3])))
        elif words[:1] == ['cmr']:
            base = int(words[1], 16)
            cmrs.append((base, base + int(words[2], 16)))
        elif words[:1] == ['lanes']:
            cpus[int(words[1])] = int(words[2])
    return memory, cmrs, cpus
