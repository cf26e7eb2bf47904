# SPDX-License-Identifier: GPL-2.0-only
"""Tests, run in the order in which they stand, their results as TAP."""

import traceback

TESTS = []


def test(function):
    """A decorator: one test, named for its function."""
    TESTS.append(function)
    return function


def run(prefix=''):
    """Run all; an exit status."""
    failed = 0
    for number, function in enumerate(TESTS, 1):
        name = prefix + function.__name__.replace('_', ' ')
        try:
            function()
            print(f'ok {number} {name}')
        except Exception:  # pylint: disable=broad-except
            failed += 1
            print(f'not ok {number} {name}')
            print(''.join(f'# {line}\n' for line in traceback.format_exc().splitlines()),
                  end='')
    print(f'1..{len(TESTS)}')
    return failed > 0
