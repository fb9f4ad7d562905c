"""``$((...))``: signed 64-bit integers with C's operators.

Ref: POSIX.1-2017, XCU 2.6.4 "Arithmetic Expansion"; XCU 1.1.2.1.
"""

from __future__ import annotations

from uroot_py.base.errors import UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

MAX_DEPTH = 100  # parentheses and unary operators inside each other
_SYMBOLS = (
    *("<<=", ">>=", "&&", "||", "==", "!=", "<=", ">=", "<<", ">>"),
    *("+=", "-=", "*=", "/=", "%=", "&=", "|=", "^=", *"+-*/%<>&|^!~=?:()"),
)
_LEVELS = {
    "||": 1, "&&": 2, "|": 3, "^": 4, "&": 5, "==": 6, "!=": 6, "<": 7, ">": 7, "<=": 7, ">=": 7,
    "<<": 8, ">>": 8, "+": 9, "-": 9, "*": 10, "/": 10, "%": 10,
}  # fmt: skip


def _divide(a: int, b: int) -> int:
    if b == 0:
        raise UsageError("arithmetic: division by zero")
    return abs(a) // abs(b) * (1 if (a < 0) == (b < 0) else -1)


_BINARY: dict[str, Callable[[int, int], int]] = {
    "|": lambda a, b: a | b,
    "^": lambda a, b: a ^ b,
    "&": lambda a, b: a & b,
    "==": lambda a, b: a == b,
    "!=": lambda a, b: a != b,
    "<": lambda a, b: a < b,
    ">": lambda a, b: a > b,
    "<=": lambda a, b: a <= b,
    ">=": lambda a, b: a >= b,
    "<<": lambda a, b: a << (b & 63),
    ">>": lambda a, b: a >> (b & 63),
    "+": lambda a, b: a + b,
    "-": lambda a, b: a - b,
    "*": lambda a, b: a * b,
    "/": _divide,
    "%": lambda a, b: a - b * _divide(a, b),
}
_UNARY: dict[str, Callable[[int], int]] = {
    "-": lambda a: -a,
    "+": lambda a: a,
    "~": lambda a: ~a,
    "!": lambda a: a == 0,
}


def wrap(value: int) -> int:
    """VALUE as a signed 64-bit integer, the way the processor overflows."""
    return (value + (1 << 63)) % (1 << 64) - (1 << 63)


def number(text: str) -> int:
    """A constant as C writes it (10, 0x10, 010); UsageError for anything else."""
    bare = text.strip().lower()
    digits = bare.lstrip("+-")
    base = 8 if digits.startswith("0") else 10
    if digits.startswith("0x"):
        base = 16
    try:
        return wrap(int(bare.replace("_", "?"), base))  # int() itself would skip over a "_"
    except ValueError:
        raise UsageError(f"arithmetic: expected a number, found {text!r}") from None


class Calculation:
    """One expression; GET gives a variable's text, PUT stores one."""

    def __init__(
        self, text: str, get: Callable[[str], str], put: Callable[[str, str], None]
    ) -> None:
        self.text = text
        self.get = get
        self.put = put
        self.depth = 0
        self.skipped = 0  # inside an operand that is not evaluated
        self.tokens = self._tokens()
        self.at = 0

    def value(self) -> int:
        """The result; UsageError says what is wrong."""
        if not self._peek():
            return 0
        value = self._assignment()
        if self._peek():
            raise self._wrong("an operator")
        return value

    def _tokens(self) -> list[str]:
        tokens = []
        at, text = 0, self.text
        while at < len(text):
            end = at + 1
            if text[at].isalnum() or text[at] == "_":
                while end < len(text) and (text[end].isalnum() or text[end] == "_"):
                    end += 1
            elif not text[at].isspace():
                found = [symbol for symbol in _SYMBOLS if text.startswith(symbol, at)]
                if not found:
                    raise UsageError(f"arithmetic: {text.strip()!r}: unexpected {text[at]!r}")
                end = at + len(found[0])
            if not text[at].isspace():
                tokens.append(text[at:end])
            at = end
        return tokens

    def _peek(self, ahead: int = 0) -> str:
        at = self.at + ahead
        return self.tokens[at] if at < len(self.tokens) else ""

    def _take(self) -> str:
        self.at += 1
        return self._peek(-1)

    def _wrong(self, expected: str) -> UsageError:
        found = repr(self._peek()) if self._peek() else "the end"
        return UsageError(f"arithmetic: {self.text.strip()!r}: expected {expected}, found {found}")

    def _variable(self, name: str) -> int:
        text = self.get(name)
        return number(text) if text.strip() and not self.skipped else 0

    def _assignment(self) -> int:
        self._enter()
        name, op = self._peek(), self._peek(1)
        if op[-1:] == "=" and op not in ("==", "!=", "<=", ">=") and name.isidentifier():
            self.at += 2
            value = self._assignment()
            if op != "=" and not self.skipped:
                value = wrap(int(_BINARY[op[:-1]](self._variable(name), value)))
            if not self.skipped:
                self.put(name, str(value))
        else:
            value = self._choice()
        self.depth -= 1
        return value

    def _enter(self) -> None:
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise UsageError(f"arithmetic: more than {MAX_DEPTH} levels of nesting")

    def _choice(self) -> int:
        condition = self._binary(1)
        if self._peek() != "?":
            return condition
        self.at += 1
        first = self._maybe(self._assignment, evaluate=condition != 0)
        if self._peek() != ":":
            raise self._wrong("':'")
        self.at += 1
        second = self._maybe(self._assignment, evaluate=condition == 0)
        return first if condition else second

    def _maybe(self, read: Callable[[], int], *, evaluate: bool) -> int:
        if evaluate:
            return read()
        self.skipped += 1
        value = read()
        self.skipped -= 1
        return value

    def _binary(self, level: int) -> int:
        left = self._unary()
        while (found := _LEVELS.get(self._peek(), 0)) >= level:
            op = self._take()
            if op in ("&&", "||"):
                wanted = (left != 0) == (op == "&&")
                right = self._maybe(lambda: self._binary(found + 1), evaluate=wanted)
                left = int(right != 0) if wanted else int(op == "||")
                continue
            right = self._binary(found + 1)
            left = 0 if self.skipped else wrap(int(_BINARY[op](left, right)))
        return left

    def _unary(self) -> int:
        signs = []
        while self._peek() in _UNARY:
            signs.append(self._take())
        value = self._primary()
        for sign in reversed(signs):
            value = wrap(int(_UNARY[sign](value)))
        return value

    def _primary(self) -> int:
        token = self._peek()
        if token == "(":
            self.at += 1
            value = self._assignment()
            if self._peek() != ")":
                raise self._wrong("')'")
            self.at += 1
            return value
        if not (token[:1].isalnum() or token[:1] == "_"):
            raise self._wrong("a number")
        self.at += 1
        return number(token) if token[0].isdecimal() else self._variable(token)
