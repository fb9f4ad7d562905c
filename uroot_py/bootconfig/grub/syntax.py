"""GRUB's script language: text becomes statements.

A word is a list of parts ``(kind, text, quoted)``: kind ``"text"`` is literal, ``"name"`` is a
variable. As in GRUB, lines with a fault are dropped whole, with everything that is still open on
them, and reading goes on with the next line. The parser keeps its open constructs on a list of its
own, so depth costs no stack.

Ref: GNU GRUB Manual 2.06, 6.3 "Writing full configuration files directly"; where the manual is
silent, what grub-script-check accepts (tests/uroot_py/bootconfig/grub/test_syntax.py).
"""

from __future__ import annotations

from uroot_py.base.errors import LineError
from uroot_py.base.text import printable

TYPE_CHECKING = False
if TYPE_CHECKING:
    Part = tuple[str, str, bool]
    Word = list[Part]
    Body = list["Statement"]

MAX_NESTING = 30
MAX_FAULTS = 20
MAX_TOKENS = 100_000
MAX_WORDS = 4096  # of one command

_LETTERS = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_")
_DIGITS = frozenset("0123456789")
_META = frozenset("{}|&;<>\n \t")
_SPECIAL = _META | frozenset("'\"\\$")
# Reserved where a command's name is expected; "!" and "time" are ordinary words to GRUB.
_KEYWORDS = "if then elif else fi for in do done while until function case esac select"
_RESERVED = frozenset(_KEYWORDS.split())


class SimpleCommand:
    """A simple command: its words, and the ``{ ... }`` block after them if there is one."""

    __slots__ = ("block", "line", "words")

    def __init__(self, line: int) -> None:
        self.line = line
        self.words: list[Word] = []
        self.block: Body | None = None


class If:
    """``if``/``elif`` arms as (condition, body) pairs, and the ``else`` body."""

    __slots__ = ("arms", "line", "otherwise")

    def __init__(self, line: int) -> None:
        self.line = line
        self.arms: list[tuple[Body, Body]] = []
        self.otherwise: Body = []


class Loop:
    """``for NAME in WORDS`` when ``name`` is set, else ``while``/``until`` with a condition."""

    __slots__ = ("body", "condition", "line", "name", "until", "words")

    def __init__(self, line: int, *, name: str = "", until: bool = False) -> None:
        self.line = line
        self.name = name
        self.until = until
        self.words: list[Word] = []
        self.condition: Body = []
        self.body: Body = []


class Function:
    """``function NAME { ... }``."""

    __slots__ = ("body", "line", "name")

    def __init__(self, line: int, name: str) -> None:
        self.line = line
        self.name = name
        self.body: Body = []


Statement = SimpleCommand | If | Loop | Function


class _Token:
    """``kind`` is ``word``, the end of the text (``end``), or the metacharacter itself."""

    __slots__ = ("kind", "line", "word")

    def __init__(self, kind: str, line: int, word: Word | None = None) -> None:
        self.kind = kind
        self.line = line
        self.word: Word = word or []

    @property
    def plain(self) -> str:
        """The text of a word without quoting or variables, else an empty string."""
        if len(self.word) == 1 and self.word[0][0] == "text" and not self.word[0][2]:
            return self.word[0][1]
        return ""

    def __str__(self) -> str:
        if self.kind == "word":
            text = "".join(part[1] for part in self.word)
            return repr(printable(text if len(text) <= 24 else text[:21] + "..."))
        return {"end": "end of file", "\n": "end of line"}.get(self.kind, repr(self.kind))


class _Lexer:
    def __init__(self, text: str) -> None:
        # GRUB drops carriage returns; a NUL can be in no path.
        self.text = text.replace("\r", "").replace("\0", "") + "\n"
        self.place = 0
        self.line = 1

    def next(self) -> _Token:
        """The next token; LineError for a quote that is never closed and a lone ``$``."""
        text, i = self.text, self.place
        while text[i : i + 1] in (" ", "\t"):
            i += 1
        if text[i : i + 1] == "#":
            i = text.index("\n", i)
        line, char = self.line, text[i : i + 1]
        self.place = i + 1
        if not char:
            self.place = i
            return _Token("end", line)
        if char == "\n":
            self.line += 1
        if char in _META:
            return _Token(char, line)
        self.place = i
        return _Token("word", line, self._word())

    def skip_line(self) -> None:
        """Go to the start of the next line, after a fault."""
        end = self.text.find("\n", self.place)
        if self.text[self.place - 1 : self.place] != "\n" or not self.place:
            self.place = end + 1 if end >= 0 else len(self.text)
            self.line += 1

    def _word(self) -> Word:
        word: Word = []
        text = self.text
        while (char := text[self.place]) not in _META:
            if char == "'":
                word.append(("text", self._upto("'"), True))
            elif char == '"':
                self._double(word)
            elif char == "\\":
                if text[self.place + 1] == "\n":
                    # It belongs to a word, which is no keyword then, even when nothing is left.
                    self.line += 1
                    word.append(("text", "", False))
                elif _is_hexadecimal(text, self.place):
                    word.append(("text", text[self.place : self.place + 4], True))
                    self.place += 2
                else:
                    word.append(("text", text[self.place + 1], True))
                self.place += 2
            elif char == "$":
                self._dollar(word)
            else:
                start = self.place
                while text[self.place] not in _SPECIAL:
                    self.place += 1
                word.append(("text", text[start : self.place], False))
            if self.place >= len(text):
                break
        return word

    def _upto(self, quote: str) -> str:
        start = self.place + 1
        end = self.text.find(quote, start)
        if end < 0:
            self._unclosed(quote)
        self.place = end + 1
        self.line += self.text.count("\n", start, end)
        return self.text[start:end]

    def _unclosed(self, quote: str) -> None:
        self.place = len(self.text)
        raise LineError("word", self.line, f"a closing {quote}", "end of file")

    def _double(self, word: Word) -> None:
        r"""A double-quoted string: ``\`` is special before ``$``, ``"``, itself and a newline."""
        text, opened = self.text, self.line
        self.place += 1
        run = ""
        while (char := text[self.place : self.place + 1]) != '"':
            if not char:
                self.line = opened
                self._unclosed('"')
            if char == "$":
                word.append(("text", run, True))
                run = ""
                self._variable(word, quoted=True)
                continue
            if char == "\\" and text[self.place + 1 : self.place + 2] in ("$", '"', "\\", "\n"):
                self.place += 1
                char = text[self.place].strip("\n")
            if text[self.place] == "\n":
                self.line += 1
            run += char
            self.place += 1
        self.place += 1
        word.append(("text", run, True))

    def _dollar(self, word: Word) -> None:
        if self.text[self.place + 1] == '"':  # a string to translate: we keep it as it is
            self.place += 1
            self._double(word)
        else:
            self._variable(word, quoted=False)

    def _variable(self, word: Word, *, quoted: bool) -> None:
        text, start = self.text, self.place + 1
        braced = text[start : start + 1] == "{"
        start += braced
        end = start
        if text[end : end + 1] in ("?", "#", "*", "@"):
            end += 1
        elif text[end : end + 1] in _DIGITS:
            while text[end] in _DIGITS:
                end += 1
        elif text[end : end + 1] in _LETTERS:
            while text[end] in _LETTERS or text[end] in _DIGITS:
                end += 1
        if end == start or (braced and text[end] != "}"):
            found = text[self.place : end + 1].strip("\n")
            raise LineError("word", self.line, "a variable name after '$'", repr(found))
        word.append(("name", text[start:end], quoted))
        self.place = end + braced


def _is_hexadecimal(text: str, at: int) -> bool:
    r"""Whether ``\xHH`` stands at AT.

    Red Hat's GRUB keeps it, unquoted too: udev's names have it (inst.stage2=hd:LABEL=a\x20b).
    GNU's drops the backslash, which nobody can want: what is left then names nothing.
    """
    digits = text[at + 2 : at + 4].lower()
    return text[at + 1] == "x" and len(digits) == 2 and digits.strip("0123456789abcdef") == ""


# What may close the list of commands that a construct has open, and whether a delimiter must come
# before it: every list but a block's needs one.
_CLOSERS = {
    "script": (),
    "block": ("}",),
    "function": ("}",),
    "if": ("then",),
    "then": ("elif", "else", "fi"),
    "else": ("fi",),
    "while": ("do",),
    "do": ("done",),
}
_FRESH, _DONE, _DELIMITED = range(3)  # no command yet; one just read; a delimiter after it


class _Frame:
    __slots__ = ("body", "kind", "node", "state", "what")

    def __init__(self, kind: str, what: str, node: Statement | None, body: Body) -> None:
        self.kind = kind
        self.what = what  # how the construct is called in messages: "if", "menuentry"
        self.node = node
        self.body = body
        self.state = _FRESH

    def begin(self, kind: str, body: Body) -> None:
        """The next list of commands of the same construct."""
        self.kind, self.body, self.state = kind, body, _FRESH

    def expected(self) -> str:
        """What this list of commands could go on with, in words."""
        if self.state == _FRESH:
            return "a command"
        if self.state == _DONE and self.kind != "block":
            return "';' or a new line"
        return self.closers() or "a command"

    def closers(self) -> str:
        """The words that may end this list of commands."""
        return " or ".join(repr(word) for word in _CLOSERS[self.kind])


class _Parser:
    def __init__(self, text: str) -> None:
        self.lexer = _Lexer(text)
        self.body: Body = []
        self.frames = [_Frame("script", "script", None, self.body)]
        self.whole = 0  # statements on lines that are complete
        self.faults: list[LineError] = []
        self.tokens = 0

    def run(self) -> None:
        while len(self.faults) < MAX_FAULTS and self.tokens < MAX_TOKENS:
            try:
                while not self._step():
                    self.tokens += 1
                    if self.tokens >= MAX_TOKENS:
                        line = self.lexer.line
                        raise LineError("script", line, f"at most {MAX_TOKENS} tokens", "more")
                return
            except LineError as fault:
                self.faults.append(fault)
                self.lexer.skip_line()
                del self.body[self.whole :]
                self.frames = [_Frame("script", "script", None, self.body)]

    def _wrong(self, token: _Token, expected: str = "", what: str = "") -> LineError:
        frame = self.frames[-1]
        return LineError(what or frame.what, token.line, expected or frame.expected(), str(token))

    def _open(self, token: _Token, frame: _Frame) -> None:
        if len(self.frames) > MAX_NESTING:
            raise LineError(frame.what, token.line, f"at most {MAX_NESTING} levels", "more")
        self.frames.append(frame)

    def _add(self, node: Statement) -> None:
        frame = self.frames[-1]
        frame.body.append(node)
        frame.state = _DONE

    def _step(self) -> bool:
        """Read one statement, delimiter or closing word; True at the end of a complete script."""
        frame, token = self.frames[-1], self.lexer.next()
        if token.kind == "\n":
            if frame.node is None:
                self.whole = len(self.body)
            if frame.state == _DONE:
                frame.state = _DELIMITED
        elif token.kind == ";":
            if frame.state != _DONE:
                raise self._wrong(token)
            frame.state = _DELIMITED
        elif token.kind == "end":
            if frame.node is not None:  # say where the construct starts that never ends
                token.line = frame.node.line
                raise self._wrong(token, frame.closers())
            return True
        elif token.kind == "}" or (token.kind == "word" and token.plain in _RESERVED):
            self._keyword(frame, token)
        elif token.kind == "word" and frame.state != _DONE:
            self._command(token)
        else:
            raise self._wrong(token)
        return False

    def _keyword(self, frame: _Frame, token: _Token) -> None:
        word = token.plain or token.kind
        if word in _CLOSERS[frame.kind]:
            if frame.state == _FRESH or (frame.state == _DONE and frame.kind != "block"):
                raise self._wrong(token)
            self._close(frame, word)
        elif frame.state == _DONE:
            raise self._wrong(token)
        elif word == "if":
            self._open(token, _Frame("if", "if", If(token.line), []))
        elif word in ("while", "until"):
            loop = Loop(token.line, until=word == "until")
            self._open(token, _Frame("while", word, loop, loop.condition))
        elif word == "for":
            self._for(token)
        elif word == "function" and frame.kind == "script":
            self._function(token)
        else:
            raise self._wrong(token)

    def _close(self, frame: _Frame, word: str) -> None:
        node = frame.node
        if isinstance(node, If) and word in ("then", "elif", "else"):
            if word == "then":
                node.arms.append((frame.body, []))
                frame.begin("then", node.arms[-1][1])
            elif word == "elif":
                frame.begin("if", [])
            else:
                frame.begin("else", node.otherwise)
        elif isinstance(node, Loop) and word == "do":
            frame.begin("do", node.body)
        else:
            self.frames.pop()
            if node is not None:
                self._add(node)

    def _name(self, what: str) -> str:
        token = self.lexer.next()
        name = token.plain
        good = name and name[0] in _LETTERS and all(c in _LETTERS or c in _DIGITS for c in name)
        if not good or name in _RESERVED:
            raise self._wrong(token, "a name", what)
        return name

    def _after_newlines(self, wanted: str, what: str) -> _Token:
        token = self.lexer.next()
        while token.kind == "\n":
            token = self.lexer.next()
        if wanted not in (token.kind, token.plain):
            raise self._wrong(token, repr(wanted), what)
        return token

    def _for(self, opening: _Token) -> None:
        loop = Loop(opening.line, name=self._name("for"))
        token = self.lexer.next()
        if token.plain != "in":
            raise self._wrong(token, "'in'", "for")
        while (token := self.lexer.next()).kind == "word":
            loop.words.append(token.word)
            if len(loop.words) > MAX_WORDS:
                raise self._wrong(token, f"at most {MAX_WORDS} words", "for")
        if token.kind not in (";", "\n"):
            raise self._wrong(token, "';' or a new line", "for")
        self._after_newlines("do", "for")
        self._open(opening, _Frame("do", "for", loop, loop.body))

    def _function(self, opening: _Token) -> None:
        function = Function(opening.line, self._name("function"))
        self._after_newlines("{", "function")
        self._open(opening, _Frame("function", "function", function, function.body))

    def _command(self, token: _Token) -> None:
        command = SimpleCommand(token.line)
        name = printable(token.plain[:24]) or "command"
        while token.kind == "word":
            if token.plain in ("[[", "]]"):
                raise self._wrong(token, "a word", name)
            command.words.append(token.word)
            if len(command.words) > MAX_WORDS:
                raise self._wrong(token, f"at most {MAX_WORDS} words", name)
            token = self.lexer.next()
        if token.kind == "{":
            command.block = []
            self._open(token, _Frame("block", name, command, command.block))
            return
        self._add(command)
        if token.kind not in ("\n", ";", "}", "end"):
            raise self._wrong(token, "';' or a new line", name)
        # Give the token back: what ends a command is read again as a delimiter or a closer.
        if token.kind != "end":
            self.lexer.place -= 1
            if token.kind == "\n":
                self.lexer.line -= 1


class Script:
    """A parsed file: its statements, and the faults (LineError) of those that were dropped."""

    __slots__ = ("body", "faults", "tokens")

    def __init__(self, body: Body, faults: list[LineError], tokens: int) -> None:
        self.body = body
        self.faults = faults
        self.tokens = tokens  # a measure of its size


def parse(text: str) -> Script:
    """The statements of TEXT; raises nothing: faults are collected, at most ``MAX_FAULTS``."""
    parser = _Parser(text)
    parser.run()
    return Script(parser.body, parser.faults, parser.tokens)
