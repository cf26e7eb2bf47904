# SPDX-License-Identifier: GPL-2.0-only
"""What is edited in upstream's files; scripts/prepare-tree applies it.

A row is

    edit(FILE, where=REGEX, add=TEXT)            insert TEXT after the match
    edit(FILE, where=REGEX, put=TEXT)            put TEXT in place of the match
    edit(FILE, where=END,   add=TEXT)            append TEXT to the file

REGEX is Python's, ^ and $ match at lines, and it must match exactly once in
upstream's file as the rows above it left it.  If it does not, preparation
stops, names file and pattern, and changes nothing.  Keep the match as small
as makes it unique, and every row without effect when CONFIG_TDX_BRINGUP=n.
Use raw strings r'' for REGEX; TEXT is taken as it is.

Rows stand in a block `with trees('7.'):`, which names the trees they are for
by the start of their version, one or several: trees('6.12.', '6.18.').
`make tree` shows at once whether a new row applies; `make patches` sends it.
"""

from contextlib import contextmanager
from typing import NamedTuple

END = r'\Z'


class Edit(NamedTuple):
    linux: tuple
    path: str
    where: str
    add: str
    put: str


EDITS = []
_linux = ()


@contextmanager
def trees(*linux):
    """The rows inside are for trees whose version starts with one of these."""
    global _linux
    _linux = linux
    yield
    _linux = ()


def edit(path, where, add=None, put=None):
    assert _linux and (add is None) != (put is None)
    EDITS.append(Edit(_linux, path, where, add, put))


with trees('7.'):
    # The options, beside upstream's own.
    edit('arch/x86/Kconfig',
         where=r'^config INTEL_TDX_HOST\n(?:[ \t].*\n|\n(?=[ \t]))+',
         add='\nsource "arch/x86/virt/vmx/tdx/Kconfig"\n')

    # The objects.
    edit('arch/x86/virt/vmx/tdx/Makefile',
         where=r'^obj-y \+= .*\btdx\.o$',
         add='\n\ninclude $(src)/Makefile.bringup')

    # Upstream's initialisation at boot makes room.  What follows in this
    # function is dead code then, and the compiler drops all that only it used.
    edit('arch/x86/virt/vmx/tdx/tdx.c',
         where=r'^static __init int tdx_enable\(void\)\n\{\n(?:\t.*;\n)+',
         add='\n\tif (IS_ENABLED(CONFIG_TDX_BRINGUP))\n\t\treturn 0;\n')

    # The data that the rest of tdx.c, KVM and the update of the module at run
    # time use are static: what hands them over has to be in the same file.
    edit('arch/x86/virt/vmx/tdx/tdx.c',
         where=END,
         add='\n#ifdef CONFIG_TDX_BRINGUP\n#include "handover.c"\n#endif\n')
