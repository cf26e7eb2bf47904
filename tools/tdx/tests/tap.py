# SPDX-License-Identifier: GPL-2.0-only
"""Run tdxctl, and run tests in source order; print TAP."""
import os
import subprocess
import sys
import traceback

TDXCTL = os.path.abspath(sys.argv[1])
TESTS = []


def tdxctl(*args, program=TDXCTL, root='/nonexistent', stdin='', **more):
    env = dict(os.environ, TDXCTL_ROOT=str(root), LC_ALL='C')
    return subprocess.run([program, *args], input=stdin, env=env, timeout=60,
                          capture_output=True, text=True, check=False, **more)


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
