"""Tokens into commands, one complete command at a time.

Ref: POSIX.1-2017, XCU 2.9 "Shell Commands", 2.10 "Shell Grammar".
"""

from __future__ import annotations

from uroot_py.shell.lexer import Lexer, Token, is_name
from uroot_py.shell.syntax import (
    AndOr,
    Block,
    Case,
    For,
    Function,
    Group,
    If,
    Lit,
    Loop,
    Pipeline,
    Redirect,
    Simple,
    Word,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from uroot_py.base.errors import LineError
    from uroot_py.shell.syntax import Node

_REDIRECTS = ("<", ">", ">>", "<<", "<<-", "<&", ">&", "<>", ">|")
_CLOSERS = ("then", "else", "elif", "fi", "do", "done", "esac", "}", ")", ";;")


class Parser:
    """Commands of a lexer's text. Every error is a LineError; nesting is bounded by the lexer."""

    def __init__(self, lexer: Lexer) -> None:
        self.lexer = lexer
        lexer.parse = Parser
        self.ahead: Token | None = None

    def peek(self) -> Token:
        """The next token, left where it is."""
        if self.ahead is None:
            self.ahead = self.lexer.token()
        return self.ahead

    def take(self) -> Token:
        """The next token, consumed."""
        token = self.peek()
        self.ahead = None
        return token

    def _fail(self, what: str, expected: str) -> LineError:
        token = self.peek()
        return self.lexer.fail(what, expected, token.shown(), token.line)

    def _expect(self, text: str, what: str, line: int = 0) -> None:
        token = self.peek()
        if token.bare() != text:
            begun = f" of line {line}" if 0 < line < token.line else ""
            raise self._fail(what + begun, f"'{text}'")
        self.take()

    def _newlines(self) -> None:
        while self.peek().text == "\n":
            self.take()

    # -- lists ------------------------------------------------------------------------------

    def command(self) -> Block | None:
        """The next complete command, up to the end of its line; None at the end of the text."""
        self._newlines()
        if self.peek().kind == "end":
            return None
        block = Block(self.peek().line)
        while self.peek().kind != "end":
            self._item(block)
            if self.peek().text == "\n":
                self.take()
                break
        return block

    def script(self) -> Block:
        """Everything that is left."""
        block = self._block()
        if self.peek().kind != "end":
            raise self._fail("syntax", "a command")
        return block

    def until_parenthesis(self, line: int) -> Block:
        """The commands of ``$(`` up to and with its ``)``."""
        block = self._block()
        self._expect(")", "command substitution", line)
        return block

    def _block(self) -> Block:
        block = Block(self.peek().line)
        self._newlines()
        while self.peek().kind != "end" and self.peek().bare() not in _CLOSERS:
            self._item(block)
            self._newlines()
        return block

    def _body(self, what: str) -> Block:
        block = self._block()
        if not block.items:
            raise self._fail(what, "a command")
        return block

    def _item(self, block: Block) -> None:
        node = self._and_or()
        token = self.peek()
        block.items.append((node, token.text == "&"))
        if token.text in ("&", ";"):
            self.take()
        elif token.text not in ("\n", "") and token.bare() not in _CLOSERS:
            raise self._fail("syntax", "the end of the command")

    def _and_or(self) -> Node:
        line = self.peek().line
        items: list[tuple[str, Node]] = [("", self._pipeline())]
        while (op := self.peek().text) in ("&&", "||"):
            self.take()
            self._newlines()
            items.append((op, self._pipeline()))
        return items[0][1] if len(items) == 1 else AndOr(line, items)

    def _pipeline(self) -> Node:
        line = self.peek().line
        negated = False
        while self.peek().bare() == "!":
            self.take()
            negated = not negated
        commands = [self._command()]
        while self.peek().text == "|":
            self.take()
            self._newlines()
            commands.append(self._command())
        return Pipeline(line, commands, negated) if negated or len(commands) > 1 else commands[0]

    # -- commands ---------------------------------------------------------------------------

    def _command(self) -> Node:
        self.lexer.enter()
        token = self.peek()
        compound = _COMPOUND.get(token.bare())
        if compound is None:
            node = self._simple()
        else:
            self.take()
            node = compound(self, token.line)
            while self._redirect(node):
                pass
        self.lexer.depth -= 1
        return node

    def _redirect(self, node: Node) -> bool:
        token = self.peek()
        if token.kind != "io" and token.text not in _REDIRECTS:
            return False
        fd = int(self.take().text) if token.kind == "io" else -1
        op = self.take().text
        target = self.take()
        if target.word is None:
            self.ahead = target
            raise self._fail(op, "a word")
        redirect = Redirect(fd if fd >= 0 else int(op[0] == ">"), op, target.word)
        if op in ("<<", "<<-"):
            self._here_document(redirect, target)
        node.redirects.append(redirect)
        return True

    def _here_document(self, redirect: Redirect, target: Token) -> None:
        parts = redirect.word.parts
        literal = [part for part in parts if isinstance(part, Lit)]
        end = "".join(part.text for part in literal) if len(literal) == len(parts) else target.text
        self.lexer.bodies.append((redirect, end, any(part.quoted for part in literal)))

    def _simple(self) -> Node:
        node = Simple(self.peek().line)
        if self.peek().bare() in _CLOSERS:
            raise self._fail("syntax", "a command")
        while True:
            if self._redirect(node):
                continue
            token = self.peek()
            if token.word is None:
                break
            self.take()
            assignment = None if node.words else split_assignment(token.word)
            if assignment:
                node.assignments.append(assignment)
                continue
            node.words.append(token.word)
            if len(node.words) == 1 and self._is_function(node):
                return self._function(node, token)
        if not (node.words or node.assignments or node.redirects):
            raise self._fail("syntax", "a command")
        return node

    def _is_function(self, node: Simple) -> bool:
        return self.peek().text == "(" and not node.assignments and not node.redirects

    def _function(self, node: Simple, token: Token) -> Node:
        self.take()
        self._expect(")", token.text)
        if not is_name(token.text):
            raise self.lexer.fail("function", "a name", repr(token.text), token.line)
        self._newlines()
        if self.peek().bare() not in _COMPOUND:
            raise self._fail(f"{token.text}()", "'{'")
        return Function(node.line, token.text, self._command())

    def _group(self, line: int) -> Node:
        body = self._body("{")
        self._expect("}", "{", line)
        return Group(line, body, subshell=False)

    def _subshell(self, line: int) -> Node:
        body = self._body("(")
        self._expect(")", "(", line)
        return Group(line, body, subshell=True)

    def _if(self, line: int) -> Node:
        node = If(line)
        while True:
            condition = self._body("if")
            self._expect("then", "if", line)
            node.clauses.append((condition, self._body("then")))
            if self.peek().bare() != "elif":
                break
            self.take()
        if self.peek().bare() == "else":
            self.take()
            node.otherwise = self._body("else")
        self._expect("fi", "if", line)
        return node

    def _do(self, what: str, line: int) -> Block:
        self._expect("do", what, line)
        body = self._body("do")
        self._expect("done", what, line)
        return body

    def _while(self, line: int) -> Node:
        condition = self._body("while")
        return Loop(line, condition, self._do("while", line), until=False)

    def _until(self, line: int) -> Node:
        condition = self._body("until")
        return Loop(line, condition, self._do("until", line), until=True)

    def _for(self, line: int) -> Node:
        name = self.take()
        if not is_name(name.bare()):
            raise self.lexer.fail("for", "a name", name.shown(), name.line)
        self._newlines()
        words: list[Word] | None = None
        if self.peek().bare() == "in":
            self.take()
            words = []
            while (token := self.peek()).word is not None:
                words.append(token.word)
                self.take()
        if self.peek().text == ";":
            self.take()
        self._newlines()
        return For(line, name.bare(), words, self._do("for", line))

    def _case(self, line: int) -> Node:
        token = self.take()
        if token.word is None:
            self.ahead = token
            raise self._fail("case", "a word")
        node = Case(line, token.word)
        self._newlines()
        self._expect("in", "case")
        self._newlines()
        while self.peek().bare() != "esac":
            patterns = self._patterns()
            node.arms.append((patterns, self._block()))
            if self.peek().text != ";;":
                break
            self.take()
            self._newlines()
        self._expect("esac", "case", line)
        return node

    def _patterns(self) -> list[Word]:
        if self.peek().text == "(":
            self.take()
        patterns: list[Word] = []
        while True:
            token = self.peek()
            if token.word is None:
                raise self._fail("case", "a pattern")
            patterns.append(token.word)
            self.take()
            if self.peek().text != "|":
                break
            self.take()
        self._expect(")", "case")
        return patterns


_COMPOUND = {
    "{": Parser._group,
    "(": Parser._subshell,
    "if": Parser._if,
    "while": Parser._while,
    "until": Parser._until,
    "for": Parser._for,
    "case": Parser._case,
}


def split_assignment(word: Word) -> tuple[str, Word] | None:
    """The name and the value of ``name=value``, or None for another word."""
    first = word.parts[0] if word.parts else None
    if not isinstance(first, Lit) or first.quoted:
        return None
    name, equals, rest = first.text.partition("=")
    if not equals or not is_name(name):
        return None
    return name, Word([Lit(rest, False), *word.parts[1:]] if rest else word.parts[1:])
