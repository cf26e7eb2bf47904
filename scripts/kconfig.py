# SPDX-License-Identifier: GPL-2.0-only
"""Read kernel configurations and the Kconfig files of a tree."""

import os
import re

from common import read


def options(text):
    """Return the value of each option in a .config; n if it says "is not set"."""
    found = dict.fromkeys(re.findall(r'^# CONFIG_(\w+) is not set$', text, re.M), 'n')
    found.update(re.findall(r'^CONFIG_(\w+)=(.*)$', text, re.M))
    return found


def choices(path):
    """Yield each option of a Kconfig file that has a prompt, and the options it needs."""
    parts = re.split(r'^[ \t]*(?:menu)?config (\w+)\n', read(path).replace('\\\n', ''),
                     flags=re.M)
    blocks = []
    for before, name, text in zip(parts[0::2], parts[1::2], parts[2::2]):
        for word, condition in re.findall(r'^(if|endif)\b *(.*)$', before, re.M):
            blocks = blocks + [condition] if word == 'if' else blocks[:-1]
        # The next entry is not indented.
        body = re.split(r'^\w', text, maxsplit=1, flags=re.M)[0]
        if re.search(r'^\s+(?:prompt|bool|tristate|int|hex|string)\s+"', body, re.M):
            conditions = blocks + re.findall(r'^\s+depends on (.*)$', body, re.M)
            yield name, [term for condition in conditions if '||' not in condition
                         for term in re.split(r'\s*&&\s*', condition)]


def all_choices(tree):
    """Return choices() of all Kconfig files of a tree for x86, as a dict."""
    found = {}
    for where, dirs, names in os.walk(tree):
        if where == tree:
            dirs[:] = [d for d in dirs if d not in ('Documentation', 'scripts', 'tools')]
        elif where == f'{tree}/arch':
            dirs[:] = ['x86']
        for name in sorted(names):
            if name.startswith('Kconfig'):
                found.update(choices(f'{where}/{name}'))
    return found
