# SPDX-License-Identifier: GPL-2.0-only
"""Find the places where a C file of the kernel can be broken, each in one way.

This relies on the kernel's style: a statement begins on a line of its own, and binary
operators have spaces on both sides.  That suffices because the compiler decides: a
change that does not compile, or that compiles to the same code, is not a mutant.
"""

import re
from typing import NamedTuple

# These are blanked before the search, since they have no code.
NO_CODE = re.compile(r'/\*.*?\*/|//[^\n]*|"(?:[^"\\\n]|\\.)*"|\'(?:[^\'\\\n]|\\.)*\''
                     r'|^[ \t]*\#(?:[^\n\\]|\\.)*', re.S | re.M)
# These calls make messages, or assertions of debugging kernels.
NO_EFFECT = re.compile(r'\b(pr|trace|dev|lockdep|might|KUNIT|BUILD_BUG)_?\w*\(|WARN_ONCE\(')
# The kind of a call, by its name.
CALLS = (('barrier', r'mb$|barrier'),
         ('wake-up', r'complete|wake|notify'),
         ('flush', r'flush|drain|wbinvd'),
         ('wait', r'wait'),
         ('unlock', r'unlock|release|put_online|put_ref|end$'),
         ('free', r'free|destroy|unregister|remove|cancel|forget'),
         ('call', ''))
BOUNDS = {'<': '<=', '<=': '<', '>': '>=', '>=': '>'}
EQUALS = {'==': '!=', '!=': '=='}
LOGIC = {'&&': '||', '||': '&&'}
OPERATOR = re.compile(r'(?<= )([<>=!]=|[<>]|&&|\|\|)(?=\s)')
NUMBER = re.compile(r'(?<= [-+] )\d\w*|(?<== )0$')
ERRNO = re.compile(r'-E[A-Z0-9]+\b')
INITIALIZER = re.compile(r'= (\([\w ]+\) )?\{$')
JUMP = re.compile(r'(return|goto|break|continue)\b')
CALL = re.compile(r'(\w+)\(.*\);$', re.S)
# Only stores to memory: a local variable might have no value.
STORE = re.compile(r'(\*|\w[\w()]*(->|\.|\[))[^=;]*? ([-+*/%&|^]|<<|>>)?= ', re.S)
DECLARATION = re.compile(r'(?!return |goto )\w+ (?:\w+ )*\**\w+(?:\[\w*\])? = ')
LINE = re.compile(r'^(\t*)( *\S.*)\n', re.M)
OTHER_LOCK = '({ static DEFINE_MUTEX(other); &other; })'


class Mutant(NamedTuple):
    """A change of the text from start to end, which is a statement or an expression."""
    path: str
    line: int
    kind: str
    start: int
    end: int
    was: str
    now: str
    statement: bool

    def apply(self, text, now=None):
        """Return the mutated file.  Lines keep their numbers, which some macros use."""
        now = self.now if now is None else now
        lost = text.count('\n', self.start, self.end) - now.count('\n')
        return text[:self.start] + now + '\n' * lost + text[self.end:]

    def guarded(self, number):
        """Return code with both texts; the running program chooses one."""
        now, was = (' '.join(text.splitlines()) for text in (self.now, self.was))
        if self.statement:
            return f'{{ if (tdx_mutant({number})) {{ {now} }} else {{ {was} }} }}'
        return f'(tdx_mutant({number}) ? ({now}) : ({was}))'


class Part(NamedTuple):
    """A simple statement, a label, a brace, or the head of a compound statement."""
    start: int
    end: int
    indent: int
    text: str


def whole(text):
    """Tell whether a part ends here, and not within parentheses or an initializer."""
    if not re.search(r'[;{})]$|^(case .*|default|\w+):$|^(else|do)$', text):
        return False
    head = text.endswith('{') and not INITIALIZER.search(text)
    return text == '}' or text.count('(') <= text.count(')') and \
        (head or text.count('{') == text.count('}'))


def parts(code, start, end):
    """Yield the parts of the body of a function, where each begins on its line."""
    begin = None
    for line in LINE.finditer(code, start, end):
        if begin is None:
            # The end of a block can stand before a head.
            skip = re.match(r'(?:\} )?(?:else )?', line[2]).end()
            begin, indent = line.start(2) + skip, len(line[1])
        text = code[begin:line.end(2)].rstrip()
        if whole(text):
            yield Part(begin, begin + len(text), indent, text)
            begin = None


class File:
    """The mutants of one file."""

    def __init__(self, path, text):
        self.path, self.text, self.mutants = path, text, []
        self.code = NO_CODE.sub(lambda m: re.sub(r'[^\n]', ' ', m[0]), text)
        # Each returned status becomes the next one.
        self.statuses = list(dict.fromkeys(
            re.findall(r'return[^;]*?\b(TDX_(?!SUCCESS)[A-Z0-9_]+)', text)))
        # Parsers of the command line run before any test.
        params = re.findall(r'\b(?:early_param|__setup)\("[^"]*",\s*(\w+)\)', text)
        for m in re.finditer(r'(\w+)\([^;{}]*\)\n\{\n(.*?)^\}', self.code, re.M | re.S):
            if m[1] not in params:
                self.function(list(parts(self.code, m.start(2), m.end(2))))

    def add(self, kind, start, end, now, statement=False, at=None):
        line = self.text.count('\n', 0, start if at is None else at) + 1
        self.mutants.append(Mutant(self.path, line, kind, start, end, self.text[start:end],
                                   now, statement))

    def function(self, body):
        nothing = Part(0, 0, 0, '')
        for i, part in enumerate(body):
            after = (body + [nothing] * 3)[i + 1:i + 4]
            head = re.match(r'(\w+) ?\(', part.text) if not part.text.endswith(';') else \
                re.match(r'(while) \(', part.text)
            if head:
                self.head(head[1], part)
                if head[1] == 'if':
                    self.check(part, *after)
            elif part.text.endswith(';'):
                self.simple(part)
                self.swap(part, after[0])

    # --- statements ------------------------------------------------------

    def head(self, word, part):
        """Change the condition of if, while, for or a macro."""
        start = part.start + part.text.index('(') + 1
        end = part.start + part.text.rindex(')')
        pieces = [(start, end)]
        if word == 'for':
            semicolons = [start - 1] + [m.start() + start for m in
                                        re.finditer(';', self.code[start:end])] + [end]
            pieces = [(re.compile(r'\s*').match(self.code, a + 1).end(), b)
                      for a, b in zip(semicolons, semicolons[1:])]
        elif word == 'scoped_guard':
            self.lock(part, r'scoped_guard\(mutex, ')
        for a, b in pieces:
            self.expression(a, b)
        if word in ('if', 'while') or len(pieces) == 3 and pieces[1][0] < pieces[1][1]:
            a, b = pieces[len(pieces) // 2]
            if not NO_EFFECT.search(self.code[a:b]):
                self.add('negate', a, b, f'!({self.text[a:b]})')

    def check(self, part, jump, last, after):
        """Drop an if with only a jump, and without an else."""
        if not part.text.endswith('{'):
            last, after = jump, last
        before = self.code[self.code.rfind('\n', 0, after.start) + 1:after.start]
        if JUMP.match(jump.text) and (last == jump or last.text == '}') and \
           'else' not in before + after.text[:4]:
            condition = part.text.rstrip('{ ')
            self.add('check', part.start, last.end,
                     f'{self.text[part.start:part.start + len(condition)]} {{ }}', True)

    def simple(self, part):
        """Change a simple statement, or drop a call or a store."""
        silent = NO_EFFECT.match(part.text)
        declared = DECLARATION.match(part.text)
        if declared:
            self.expression(part.start + declared.end(), part.end - 1)
        elif not silent:
            self.expression(part.start, part.end, True)
        if JUMP.match(part.text) or silent or declared:
            return
        self.lock(part, r'guard\(mutex\)\(')
        kind = self.kind(part)
        if kind:
            self.add(f'drop {kind}', part.start, part.end, ';', True)

    @staticmethod
    def kind(part):
        """Return the kind of a call, 'store' or None."""
        call = CALL.match(part.text)
        if call and not part.text.startswith('guard('):
            return next(kind for kind, name in CALLS if re.search(name, call[1]))
        return 'store' if STORE.match(part.text) else None

    def swap(self, part, after):
        kinds = [self.kind(p) for p in (part, after)]
        silent = [p for p in (part, after) if NO_EFFECT.match(p.text)]
        if part.indent == after.indent and all(kinds) and kinds != ['store'] * 2 and not silent:
            a, b = (self.text[p.start:p.end] for p in (part, after))
            self.add('swap', part.start, after.end, f'{b} {a}', True)

    def lock(self, part, before):
        """Take another mutex, which no other code takes."""
        m = re.match(before, part.text)
        if m:
            self.add('drop lock', part.start + m.end(), part.start + part.text.rindex(')'),
                     OTHER_LOCK)

    # --- expressions -----------------------------------------------------

    def expression(self, start, end, statement=False):
        """Add the changes of one operator, number or error code in an expression."""
        code = self.code[start:end]
        if NO_EFFECT.search(code):
            return
        found = []
        for m in OPERATOR.finditer(code):
            for kind, table in ('bound', BOUNDS), ('negate', EQUALS), ('logic', LOGIC):
                if m[1] in table:
                    found.append((kind, m, table[m[1]]))
        for m in NUMBER.finditer(code):
            found.append(('off by one', m, '0' if m[0] == '1' else f'({m[0]} + 1)'))
        for m in ERRNO.finditer(code):
            found.append(('errno', m, '-EPERM' if m[0] == '-EIO' else '-EIO'))
        if code.startswith('return') and len(self.statuses) > 1:
            for m in re.finditer(r'\bTDX_[A-Z0-9_]+', code):
                if m[0] in self.statuses:
                    at = self.statuses.index(m[0]) + 1
                    found.append(('errno', m, self.statuses[at % len(self.statuses)]))
        text = self.text[start:end]
        for kind, m, now in found:
            self.add(kind, start, end, text[:m.start()] + now + text[m.end():],
                     statement, start + m.start())


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
    while any(kinds.values()) and len(chosen) < number:
        for kind in rng.sample(sorted(kinds), len(kinds)):
            m = kinds[kind].pop() if kinds[kind] and len(chosen) < number else None
            if m and all(m.end <= c.start or c.end <= m.start for c in chosen) and valid(m):
                chosen.append(m)
    return sorted(chosen, key=lambda m: m.start)
