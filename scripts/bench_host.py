# SPDX-License-Identifier: GPL-2.0-only
"""The hosts of the benchmark: topologies and memory maps, as guests.

Three maps, on every topology; the memory of each NUMA node is the same, and so
are its CPUs, so that no CPU has to leave its node for the work to be shared.

even
    All of a node in one piece; node 0 has 2 GiB below 4 GiB, where the map has
    its usual gap.
skewed
    Two ranges, one ten times the other: node 0 has less than 1.5 GiB below
    4 GiB, and the rest is above.  That cuts nodes off the 1 GiB grid.
fragmented
    Pieces of 1, 2, 4, ... GiB of each node with gaps of 1 GiB in between, and
    holes of 64 KiB, which firmware keeps, in the last GiB of each piece.

Gaps and holes are made by memmap= on the kernel command line.
"""

from typing import NamedTuple

GIB = 1 << 30
MIB = 1 << 20
# What QEMU's machine has below 4 GiB.
LOW = 2 * GIB
# 11 times this are 16 GiB.
SMALL_RANGE = 1489 * MIB
HOLE = 64 << 10
# Where in the last GiB of a piece.
HOLES = (300 * MIB, 700 * MIB)
KEY_NS = 100_000
MAPS = ('even', 'skewed', 'fragmented')


class Piece(NamedTuple):
    """Memory of a node: used, or a gap."""
    size: int
    used: bool = True


def doubling(gib):
    """Pieces of 1, 2, 4, ... GiB and the rest, with gaps of 1 GiB."""
    pieces, size = [], 1
    while size < gib:
        pieces += [Piece(size * GIB), Piece(GIB, False)]
        gib -= size
        size *= 2
    return pieces + [Piece(gib * GIB)] if gib else pieces[:-1]


def node_pieces(shape, node, size):
    if shape == 'even':
        return [Piece(size)]
    if shape == 'skewed':
        if node:
            return [Piece(size)]
        return [Piece(SMALL_RANGE), Piece(LOW - SMALL_RANGE, False),
                Piece(size - SMALL_RANGE)]
    if node:
        return doubling(size // GIB)
    return [Piece(LOW)] + doubling((size - LOW) // GIB)


def address(offset):
    """Of a byte of memory, counted without the gap below 4 GiB."""
    return offset if offset < LOW else offset + 4 * GIB - LOW


class Host(NamedTuple):
    sockets: int
    cores: int
    gib: int
    map: str
    dilation: int

    @property
    def cpus(self):
        return self.sockets * self.cores

    @property
    def nodes(self):
        return self.sockets

    @property
    def name(self):
        return f'{self.sockets}x{self.cores}-{self.gib}g-{self.map}'

    def pieces(self):
        """(offset, size, used, node) of all there is."""
        at = 0
        for node in range(self.nodes):
            for piece in node_pieces(self.map, node, self.gib * GIB // self.nodes):
                yield at, piece.size, piece.used, node
                at += piece.size

    def holes(self):
        """(address, size) of what the kernel does not get."""
        for at, size, used, _ in self.pieces():
            if not used:
                yield address(at), size
            elif self.map == 'fragmented':
                last = at + size - GIB
                yield from ((address(last + hole), HOLE) for hole in HOLES)

    def memory(self):
        """(start, end, node) of what it gets, as in its memory map."""
        holes = sorted(self.holes())
        for at, size, used, node in self.pieces():
            if not used:
                continue
            # A piece may lie on both sides of the gap below 4 GiB.
            for start, end in ((at, min(at + size, max(LOW, at))), (max(at, LOW), at + size)):
                if start >= end:
                    continue
                start, end = max(address(start), MIB), address(end - 1) + 1
                for hole, length in holes:
                    if start <= hole < end:
                        yield start, hole, node
                        start = hole + length
                yield start, end, node

    def description(self):
        """For tdx-layout and tdx-simulate."""
        lines = [f'mem {start:#x} {end:#x} {node}' for start, end, node in self.memory()]
        lines += [f'cmr {base:#x} {size:#x}' for base, size in self.cmrs()]
        lines += [f'lanes {node} {self.cores}' for node in range(self.nodes)]
        return '\n'.join(lines) + '\n'

    def cmrs(self):
        """Firmware's holes are convertible: all but the gap below 4 GiB is."""
        total = sum(size for _, size, _, _ in self.pieces())
        cmrs = [(MIB, min(total, LOW) - MIB)]
        return cmrs + [(4 * GIB, total - LOW)] if total > LOW else cmrs

    def guest(self):
        """Arguments of scripts/guest."""
        args = ['--sockets', str(self.sockets), '--cores', str(self.cores)]
        for node in range(self.nodes):
            size = sum(p[1] for p in self.pieces() if p[3] == node)
            first = node * self.cores
            args += ['--node', f'cpus={first}-{first + self.cores - 1},mem={size // MIB}M']
        return args

    def cmdline(self):
        # Kernels move to random places, of which more than a few holes are not
        # known to them then.
        # TDH.SYS.KEY.CONFIG, one for each package, is not what is compared.
        words = ['tdx_emulator=on', f'tdx_emulator.dilation={self.dilation}',
                 f'tdx_emulator.key_ns={KEY_NS}',
                 'nokaslr', 'tdx_emulator.cmr=' + ';'.join(
                     f'{base:#x},{size:#x}' for base, size in self.cmrs())]
        words += [f'memmap={size:#x}${at:#x}' for at, size in self.holes()]
        return ' '.join(words)
