# SPDX-License-Identifier: GPL-2.0-only
"""Run tdxctl, and run tests in source order; print TAP."""
import os
import pathlib
import re
import subprocess
import sys
import traceback

TDXCTL = os.path.abspath(sys.argv[1])
TESTS = []


def tdxctl(*args, program=TDXCTL, root='/nonexistent', stdin='', **more):
    env = dict(os.environ, TDXCTL_ROOT=str(root), LC_ALL='C')
    return subprocess.run([program, *args], input=stdin, env=env, timeout=60,
                          capture_output=True, encoding='utf8', errors='surrogateescape', check=False, **more)


def unpack(text, root):
    """== PATH starts a file and its text; == PATH{0..7,9..9} makes empty files."""
    for part in re.split('^== ', text, flags=re.M)[1:]:
        name, text = part.split('\n', 1)
        name, _, spec = name.rstrip('}').partition('{')
        path = pathlib.Path(root, name)
        path.parent.mkdir(parents=True, exist_ok=True)
        if not spec:
            path.write_text(text, 'ascii')
        for first, last in re.findall(r'(\d+)\.\.(\d+)', spec):
            for number in range(int(first), int(last) + 1):
                path.with_name(f'{path.name}{number}').touch()


def test(function):
    """A decorator that registers a test under the name of its function."""
    TESTS.append(function)


def run():
    """Run all tests and return an exit status."""
    failed = 0
    print(f'1..{len(TESTS)}')
    for number, function in enumerate(TESTS, 1):
        try:
            function()
            result = 'ok'
        except Exception:  # pylint: disable=broad-except
            failed += 1
            result = 'not ok'
            print('# ' + traceback.format_exc().replace('\n', '\n# '))
        print(result, number, function.__name__.replace('_', ' '), flush=True)
    return failed > 0
