"""What a parsed script is made of: words and their parts, commands and their redirections.

Ref: POSIX.1-2017, XCU 2 "Shell Command Language".
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import TypeAlias

    Part: TypeAlias = "Lit | Param | Sub | Arith"


class Lit:
    """Text as it is; ``quoted`` text is neither split nor a pattern."""

    __slots__ = ("quoted", "text")

    def __init__(self, text: str, quoted: bool) -> None:
        self.text = text
        self.quoted = quoted


class Param:
    """``$name`` or ``${name OP word}``; ``op`` is empty, ``len``, or as it is written (``:-``)."""

    __slots__ = ("line", "name", "op", "quoted", "word")

    def __init__(self, name: str, op: str, word: Word | None, quoted: bool, line: int) -> None:
        self.name = name
        self.op = op
        self.word = word
        self.quoted = quoted
        self.line = line


class Sub:
    """``$(...)`` or backquotes."""

    __slots__ = ("body", "quoted")

    def __init__(self, body: Block, quoted: bool) -> None:
        self.body = body
        self.quoted = quoted


class Arith:
    """``$((...))``; the parts are expanded before they are calculated."""

    __slots__ = ("quoted", "word")

    def __init__(self, word: Word, quoted: bool) -> None:
        self.word = word
        self.quoted = quoted


class Word:
    """One word before expansion; ``text`` is how it is written, where that is known."""

    __slots__ = ("parts", "text")

    def __init__(self, parts: list[Part], text: str = "") -> None:
        self.parts = parts
        self.text = text

    def bare(self) -> str:
        """The text of a word without any quoting or expansion; empty for another."""
        if len(self.parts) == 1:
            part = self.parts[0]
            if isinstance(part, Lit) and not part.quoted:
                return part.text
        return ""


class Redirect:
    """``[fd] OP word``; a here-document has its body as ``word``."""

    __slots__ = ("fd", "op", "word")

    def __init__(self, fd: int, op: str, word: Word) -> None:
        self.fd = fd
        self.op = op
        self.word = word


class Node:
    """A command: the line where it begins, and its redirections."""

    __slots__ = ("line", "redirects")

    def __init__(self, line: int) -> None:
        self.line = line
        self.redirects: list[Redirect] = []

    def shown(self) -> str:
        """A few words for a list of jobs."""
        return f"{type(self).__name__.lower()} of line {self.line}"


class Simple(Node):
    """Assignments and words."""

    __slots__ = ("assignments", "words")

    def __init__(self, line: int) -> None:
        super().__init__(line)
        self.assignments: list[tuple[str, Word]] = []
        self.words: list[Word] = []

    def shown(self) -> str:
        """See Node.shown."""
        return " ".join(word.text for word in self.words)


class Pipeline(Node):
    """``[!] a | b | c``."""

    __slots__ = ("commands", "negated")

    def __init__(self, line: int, commands: list[Node], negated: bool) -> None:
        super().__init__(line)
        self.commands = commands
        self.negated = negated

    def shown(self) -> str:
        """See Node.shown."""
        return " | ".join(command.shown() for command in self.commands)


class AndOr(Node):
    """``a && b || c``: pairs of the operator before a command, and the command."""

    __slots__ = ("items",)

    def __init__(self, line: int, items: list[tuple[str, Node]]) -> None:
        super().__init__(line)
        self.items = items


class Block(Node):
    """Commands one after the other; the flag says "in the background"."""

    __slots__ = ("items",)

    def __init__(self, line: int) -> None:
        super().__init__(line)
        self.items: list[tuple[Node, bool]] = []


class If(Node):
    """``if``/``elif`` conditions with their bodies, and ``else``."""

    __slots__ = ("clauses", "otherwise")

    def __init__(self, line: int) -> None:
        super().__init__(line)
        self.clauses: list[tuple[Block, Block]] = []
        self.otherwise: Block | None = None


class Loop(Node):
    """``while`` and ``until``."""

    __slots__ = ("body", "condition", "until")

    def __init__(self, line: int, condition: Block, body: Block, until: bool) -> None:
        super().__init__(line)
        self.condition = condition
        self.body = body
        self.until = until


class For(Node):
    """``for name [in words]``; no words means the positional parameters."""

    __slots__ = ("body", "name", "words")

    def __init__(self, line: int, name: str, words: list[Word] | None, body: Block) -> None:
        super().__init__(line)
        self.name = name
        self.words = words
        self.body = body


class Case(Node):
    """``case word in pattern) ... ;; esac``."""

    __slots__ = ("arms", "word")

    def __init__(self, line: int, word: Word) -> None:
        super().__init__(line)
        self.word = word
        self.arms: list[tuple[list[Word], Block]] = []


class Group(Node):
    """``{ ...; }``, or ``( ... )`` in a process of its own."""

    __slots__ = ("body", "subshell")

    def __init__(self, line: int, body: Block, subshell: bool) -> None:
        super().__init__(line)
        self.body = body
        self.subshell = subshell


class Function(Node):
    """``name() command``."""

    __slots__ = ("body", "name")

    def __init__(self, line: int, name: str, body: Node) -> None:
        super().__init__(line)
        self.name = name
        self.body = body
