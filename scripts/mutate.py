# SPDX-License-Identifier: GPL-2.0-only
"""Find the places where a C file of the kernel can be broken, each in one way.

This parser splits kernel-style C into tokens and statements, and expands no macros.
That suffices because the compiler decides: a change that does not compile, or that
compiles to the same code, is not a mutant.
"""

import contextlib
import os
import queue
import re
from typing import NamedTuple

TOKEN = re.compile(
    r'(?P<skip>\s+|/\*.*?\*/|//[^\n]*|^[ \t]*\#(?:[^\n\\]|\\.)*)'
    r'|(?P<string>"(?:[^"\\]|\\.)*"|\'(?:[^\'\\]|\\.)*\')'
    r'|(?P<word>[A-Za-z_]\w*)|(?P<number>\d\w*)'
    r'|(?P<punct>->|\+\+|--|<<=|>>=|<<|>>|[-+*/%&|^<>=!]=|&&|\|\||\.\.\.|.)',
    re.S | re.M)
OPEN, CLOSE = '([{', ')]}'
ASSIGN = {'=', '+=', '-=', '*=', '/=', '%=', '&=', '|=', '^=', '<<=', '>>='}
# Operands of a relation, and of && and ||, end here.
LOGIC_ENDS = ASSIGN | {',', ';', '?', ':', 'return', 'case'}
RELATION_ENDS = LOGIC_ENDS | {'&&', '||', '==', '!=', '&', '|', '^'}
BOUNDS = {'<': '<=', '<=': '<', '>': '>=', '>=': '>'}
EQUALS = {'==': '!=', '!=': '=='}
KEYWORDS = {'if', 'while', 'for', 'switch'}
JUMPS = {'return', 'goto', 'break', 'continue'}

# These calls make messages, or assertions of debugging kernels.
NO_EFFECT = re.compile(r'(pr|trace|dev|lockdep|might|KUNIT|BUILD_BUG)_?\w*$|WARN_ONCE$')
# The kind of a call, by its name.
CALLS = (('barrier', r'mb$|barrier'),
         ('wake-up', r'complete|wake|notify'),
         ('flush', r'flush|drain|wbinvd'),
         ('wait', r'wait'),
         ('unlock', r'unlock|release|put_online|put_ref|end$'),
         ('free', r'free|destroy|unregister|remove|cancel|forget'))


class Mutant(NamedTuple):
    """A change of the text from start to end."""
    path: str
    line: int
    kind: str
    start: int
    end: int
    # The original and the mutated text; both can be in ?: or in braces.
    was: str
    now: str
    statement: bool

    def apply(self, text, now=None):
        """Return the mutated file.  Lines keep their numbers, which some macros use."""
        now = self.now if now is None else now
        lost = text.count('\n', self.start, self.end) - now.count('\n')
        return text[:self.start] + now + '\n' * lost + text[self.end:]

    def guarded(self, number):
        """Return code with both texts; a running kernel chooses one."""
        if self.statement:
            return f'{{ if (tdx_mutant({number})) {{ {self.now} }} else {{ {self.was} }} }}'
        return f'(tdx_mutant({number}) ? ({self.now}) : ({self.was}))'


class Token(NamedTuple):
    kind: str
    text: str
    start: int
    end: int


class File:
    """The mutants of one file."""

    def __init__(self, path, text):
        self.path, self.text, self.mutants = path, text, []
        self.tokens = [Token(m.lastgroup, m[0], m.start(), m.end())
                       for m in TOKEN.finditer(text) if m.lastgroup != 'skip']
        self.match = self.pairs()
        self.silent = self.without_effect()
        # Each returned status becomes the next one.
        self.statuses = list(dict.fromkeys(
            re.findall(r'return[^;]*?\b(TDX_(?!SUCCESS)[A-Z0-9_]+)', text)))
        self.functions()

    def pairs(self):
        match, stack = {}, []
        for i, t in enumerate(self.tokens):
            if t.kind == 'punct' and t.text in OPEN:
                stack.append(i)
            elif t.kind == 'punct' and t.text in CLOSE:
                match[i] = stack.pop()
                match[match[i]] = i
        return match

    def without_effect(self):
        silent = set()
        for i, t in enumerate(self.tokens[:-1]):
            if t.kind == 'word' and NO_EFFECT.match(t.text) and self.is_('(', i + 1):
                silent.update(range(i, self.match[i + 1] + 1))
        return silent

    def is_(self, text, i):
        return 0 <= i < len(self.tokens) and self.tokens[i].text == text

    def source(self, first, last):
        """Return the text from token to token, both included."""
        return self.text[self.tokens[first].start:self.tokens[last].end]

    def add(self, kind, first, last, now, was=None, statement=False):
        if not self.silent.isdisjoint(range(first, last + 1)) and not statement:
            return
        start, end = self.tokens[first].start, self.tokens[last].end
        self.mutants.append(Mutant(
            self.path, self.text.count('\n', 0, start) + 1, kind, start, end,
            was or self.text[start:end], now, statement))

    def functions(self):
        # Parsers of the command line run before any test.
        params = re.findall(r'\b(?:early_param|__setup)\("[^"]*",\s*(\w+)\)', self.text)
        i = start = 0
        while i < len(self.tokens):
            t = self.tokens[i]
            if t.text == '{' and self.is_(')', i - 1):
                name = next((self.tokens[j].text for j in range(start, i)
                             if self.is_('(', j + 1)), '')
                if name not in params:
                    self.block(i)
            if t.text in OPEN:
                i = self.match[i]
            if self.tokens[i].text in ';}':
                start = i + 1
            i += 1

    # --- statements ------------------------------------------------------

    def block(self, i):
        """Parse the statements from { at @i; return the token after its }."""
        end, before = self.match[i], None
        i += 1
        while i < end:
            first = i
            i, simple = self.statement(i)
            this = (first, i - 1) if simple else None
            if before and this and 'call' in (before[2], simple):
                a, b = self.source(*before[:2]), self.source(*this)
                self.add('swap', before[0], this[1], f'{b} {a}', f'{a} {b}', True)
            before = (*this, simple) if this else None
        return end + 1

    def statement(self, i):
        """Parse a statement; return the token after it, and 'call', 'store' or None."""
        t = self.tokens[i]
        if t.text == '{':
            return self.block(i), None
        if t.text in ('do', 'else'):
            return self.statement(i + 1)[0], None
        if t.text in ('case', 'default') or (t.kind == 'word' and self.is_(':', i + 1)):
            while not self.is_(':', i):
                i += 1
            return i + 1, None
        if t.kind == 'word' and self.is_('(', i + 1):
            close = self.match[i + 1]
            if t.text in KEYWORDS or self.tokens[close + 1].kind == 'word' or \
               self.is_('{', close + 1):
                return self.compound(i, close), None
        end = i
        while not self.is_(';', end):
            end = self.match[end] + 1 if self.tokens[end].text in OPEN else end + 1
        return end + 1, self.simple(i, end)

    def compound(self, i, close):
        word = self.tokens[i].text
        self.expressions(i + 2, close)
        parts = [i + 1] + [j for j in range(i + 2, close) if self.is_(';', j)] + [close]
        if word in ('if', 'while'):
            self.negate(i + 2, close - 1)
        elif word == 'for' and len(parts) == 4 and parts[1] + 1 < parts[2]:
            self.negate(parts[1] + 1, parts[2] - 1)
        elif word == 'scoped_guard' and self.is_(',', i + 3):
            self.lock(i + 2, i + 4, close - 1)

        body = close + 1
        if word == 'while' and self.is_(';', body):
            return body + 1
        after, _ = self.statement(body)
        inner = body + 1 if self.is_('{', body) else body
        if word == 'if' and self.is_('else', after):
            return self.statement(after + 1)[0]
        # An if with only a jump is a check.
        last = after - 1 if inner == body else after - 2
        if word == 'if' and self.tokens[inner].text in JUMPS and \
           sum(self.is_(';', j) for j in range(inner, last + 1)) == 1:
            self.add('check', i, after - 1, f'if ({self.source(i + 2, close - 1)}) {{ }}',
                     statement=True)
        return after

    def simple(self, i, end):
        """Parse a simple statement from @i to ; at @end."""
        self.expressions(i, end)
        first = self.tokens[i]
        if end == i or first.text in JUMPS or i in self.silent:
            return None
        if first.text == 'guard' and self.is_('(', i + 4):
            self.lock(i + 2, i + 5, end - 2)
        if first.kind == 'word' and self.is_('(', i + 1) and self.match[i + 1] == end - 1:
            kind = next((k for k, name in CALLS if re.search(name, first.text)), 'call')
            self.add(f'drop {kind}', i, end, ';', statement=True)
            return 'call'
        # Only stores to memory: a local variable might have no value.
        target = [self.tokens[j].text for j in range(i, end)]
        at = next((j for j, text in enumerate(target) if text in ASSIGN), 0)
        if at and (target[0] == '*' or {'->', '.', '['} & set(target[:at])) and \
           (target[0] == '*' or self.tokens[i + 1].kind != 'word'):
            self.add('drop store', i, end, ';', statement=True)
            return 'store'
        return None

    # --- expressions -----------------------------------------------------

    def negate(self, first, last):
        cond = self.source(first, last)
        self.add('negate', first, last, f'!({cond})', f'!!({cond})')

    def lock(self, which, first, last):
        """Take another mutex, which no other code takes."""
        if self.is_('mutex', which):
            self.add('drop lock', first, last,
                     '({ static DEFINE_MUTEX(other); &other; })')

    def binary(self, i):
        before = self.tokens[i - 1]
        return before.kind in ('word', 'number') and before.text not in ('return', 'case') \
            or before.text in (')', ']')

    def operand(self, i, step, ends):
        """Return the last token of the operand beside the operator at @i."""
        j = i + step
        while True:
            t = self.tokens[j]
            if step < 0 and t.text in CLOSE or step > 0 and t.text in OPEN:
                j = self.match[j]
            elif t.text in OPEN + CLOSE or \
                    t.text in ends and (t.text != '&' or self.binary(j)):
                return j - step
            j += step

    def around(self, i, ends):
        return self.operand(i, -1, ends), self.operand(i, 1, ends)

    def expressions(self, i, end):
        returns = self.is_('return', i)
        for j in range(i, end):
            t = self.tokens[j]
            if t.text in BOUNDS:
                self.relation('bound', j, BOUNDS[t.text], RELATION_ENDS)
            elif t.text in EQUALS:
                self.relation('negate', j, EQUALS[t.text], RELATION_ENDS - {'==', '!='})
            elif t.text in ('&&', '||'):
                self.logic(j)
            elif t.text in '+-' and self.binary(j) and self.tokens[j + 1].kind == 'number':
                self.number(j + 1)
            elif t.text == '=' and self.is_('0', j + 1) and self.is_('for', i - 2):
                self.number(j + 1)
            elif t.text == '-' and not self.binary(j) and \
                    re.match(r'E[A-Z0-9]+$', self.tokens[j + 1].text):
                self.add('errno', j, j + 1, '-EPERM' if self.is_('EIO', j + 1) else '-EIO')
            elif returns and t.text in self.statuses and len(self.statuses) > 1:
                at = self.statuses.index(t.text) + 1
                self.add('errno', j, j, self.statuses[at % len(self.statuses)])

    def relation(self, kind, i, other, ends):
        left, right = self.around(i, ends)
        self.add(kind, left, right,
                 f'{self.source(left, i - 1)} {other} {self.source(i + 1, right)}')

    def logic(self, i):
        ends = LOGIC_ENDS | ({'||'} if self.is_('&&', i) else set())
        left, right = self.around(i, ends)
        other = '||' if self.is_('&&', i) else '&&'
        self.add('logic', left, right, f'(({self.source(left, i - 1)}) {other} '
                                       f'({self.source(i + 1, right)}))')

    def number(self, i):
        text = self.tokens[i].text
        self.add('off by one', i, i, '0' if text == '1' else f'({text} + 1)')


class Compiler:
    """Compile mutants in several directories at a time.

    A subclass has read(path), and object(path, text, out), which compiles a text in place
    of a file and returns whether this succeeded.
    """

    def __init__(self, out, jobs):
        self.originals, self.places = {}, queue.Queue()
        for i in range(jobs):
            os.makedirs(f'{out}/{i}', exist_ok=True)
            self.places.put(f'{out}/{i}')

    @contextlib.contextmanager
    def place(self):
        where = self.places.get()
        try:
            yield where
        finally:
            self.places.put(where)

    def code(self, where, path, text):
        out = f'{where}/mutant.o'
        if not self.object(path, text, out):
            return None
        with open(out, 'rb') as f:
            return f.read()

    def valid(self, m):
        """Check that the mutant compiles, and to other code than the original."""
        text = self.read(m.path)
        with self.place() as where:
            if m.path not in self.originals:
                self.originals[m.path] = self.code(where, m.path, text)
            return self.code(where, m.path, m.apply(text)) not in (
                None, self.originals[m.path])


def mutants(path, text):
    """Return all mutants of a C file, in the order of their places."""
    return sorted(File(path, text).mutants, key=lambda m: (m.start, m.end, m.kind))


def choose(found, number, rng, valid):
    """Draw @number of mutants that do not overlap and that @valid accepts.

    Draw the kind first, since conditions outnumber wake-ups and barriers.
    """
    kinds, chosen = {}, []
    for m in found:
        kinds.setdefault(m.kind, []).append(m)
    for some in kinds.values():
        rng.shuffle(some)
    while kinds and len(chosen) < number:
        order = sorted(kinds)
        rng.shuffle(order)
        for kind in order:
            m = kinds[kind].pop()
            if not kinds[kind]:
                del kinds[kind]
            if len(chosen) < number and valid(m) and \
               all(m.end <= c.start or c.end <= m.start for c in chosen):
                chosen.append(m)
    return sorted(chosen, key=lambda m: m.start)
