"""Regular expressions that the interpreter's engine would take exponential time for.

It tries one way after the other: ``(a*)*b`` on forty letters takes it longer than anybody waits.
``is_risky`` knows such patterns by their shape; they are matched here. Without back references all
ways are followed at once: a table of states, made as it is needed, says whether there is a match,
base.ere where. Back references cannot be followed like that: these patterns are tried one way
after the other, too, and given up after MAX_STEPS.

Ref: Thompson, "Regular Expression Search Algorithm", CACM 11(6), 1968.
"""

from __future__ import annotations

import re

from uroot_py.base.ere import is_at, search
from uroot_py.base.errors import RefusedError, UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from typing import Any

    from uroot_py.base.ere import Code, Test

    Tree = Sequence[tuple[Any, Any]]  # as the interpreter's parser makes it

MAX_CODE = 5000  # instructions
MAX_STATES = 500
MAX_STEPS = 500_000  # half a second
_FEW = 8  # repetitions
_LIMIT = 24  # three loops without an end, or a choice of two so many times
_RISKY = 1000
_OPCODES = re._constants  # type: ignore[attr-defined]


def parsed(text: str) -> tuple[Tree, int]:
    """The tree of TEXT, which is in the interpreter's language, and how many groups it has."""
    tree = re._parser.parse(text, re.DOTALL)  # type: ignore[attr-defined]
    return tree, tree.state.groups - 1


def is_risky(tree: Tree) -> bool:
    """Whether there are too many ways through TREE to try one after the other."""
    return _risk(tree, repeated=False) > _LIMIT


def _risk(tree: Tree, *, repeated: bool) -> int:
    total = 0
    for kind, value in tree:
        if kind is _OPCODES.MAX_REPEAT:
            low, high, body = value
            if low != high and repeated:
                total += _RISKY
            elif low != high:
                total += _FEW if high > _FEW else 1
            total += _risk(body, repeated=repeated or high > _FEW) * min(high, _FEW)
        elif kind is _OPCODES.BRANCH:
            inside = max(_risk(branch, repeated=repeated) for branch in value[1])
            total += inside + (_RISKY if repeated else 1)
        elif kind is _OPCODES.SUBPATTERN:
            total += _risk(value[3], repeated=repeated)
    return total


class Match:
    """A match; where it is, is found out when it is asked for."""

    def __init__(self, text: bytes, find: Callable[[], list[tuple[int, int]]]) -> None:
        self.text = text
        self._find = find
        self._spans: list[tuple[int, int]] = []

    def span(self, group: int = 0) -> tuple[int, int]:
        """Begin and end of GROUP; (-1, -1) for one that took no part."""
        self._spans = self._spans or self._find()
        return self._spans[group]

    def start(self, group: int = 0) -> int:
        """See re.Match.start."""
        return self.span(group)[0]

    def end(self, group: int = 0) -> int:
        """See re.Match.end."""
        return self.span(group)[1]

    def group(self, group: int = 0) -> bytes | Any:  # noqa: ANN401 - as re.Match has it
        """See re.Match.group: None for a group that took no part."""
        start, end = self.span(group)
        return None if start < 0 else self.text[start:end]

    __getitem__ = group


class Linear:
    """A pattern with the ways to ask of ``re.Pattern`` that grep and sed need."""

    def __init__(self, tree: Tree, groups: int, shown: str, *, fold: bool) -> None:
        self.groups = groups
        self.shown = shown
        self.fold = fold
        self.slots = 2 * groups + 2  # of a way: where groups begin and end, then marks of loops
        self.has_back_references = False
        self.code: Code = [*self._build(tree), ("match", None)]
        kinds = {value for kind, value in self.code if kind == "place"}
        self.states = None if kinds - {"start", "end"} else States(self.code)

    def search(self, text: bytes, start: int = 0) -> Match | None:
        """The leftmost match in TEXT from START on."""
        chars = text.decode("latin-1")
        if self.has_back_references:
            found = self._tried(chars, start)
            return Match(text, lambda: found) if found else None
        if self.states and not self.states.match(text, start):
            return None
        match = Match(text, lambda: search(self, chars, start=start) or [])
        return match if self.states or match._find() else None

    def finditer(self, text: bytes) -> Iterator[Match]:
        """Every match that begins behind the end of the one before."""
        at = 0
        while at <= len(text) and (match := self.search(text, at)):
            yield match
            empty = match.start() == match.end()
            at = match.end() + 1 if empty else match.end()

    # The pattern as instructions of base.ere; "back", "mark" and "moved" are ours

    def _build(self, tree: Tree) -> Code:
        code: Code = []
        for kind, value in tree:
            code += self._piece(kind, value)
            if len(code) > MAX_CODE:
                raise UsageError(f"pattern {self.shown!r}: it is too large")
        return code

    def _piece(self, kind: Any, value: Any) -> Code:  # noqa: ANN401 - see Tree
        if kind is _OPCODES.SUBPATTERN:
            number, inside = value[0], self._build(value[3])
            save = [[("save", 2 * number)], [("save", 2 * number + 1)]] if number else [[], []]
            return [*save[0], *inside, *save[1]]
        if kind is _OPCODES.BRANCH:
            *others, code = [self._build(branch) for branch in value[1]]
            for other in reversed(others):
                code = [("split", (1, len(other) + 2)), *other, ("jump", len(code) + 1), *code]
            return code
        if kind is _OPCODES.MAX_REPEAT:
            return self._repeated(*value)
        if kind is _OPCODES.GROUPREF:
            self.has_back_references = True
            return [("back", value)]
        if kind is _OPCODES.AT:
            return [("place", _PLACES[str(value)])]
        if kind in (_OPCODES.ASSERT, _OPCODES.ASSERT_NOT):
            # Of these the translation has only those that ask for a letter of a word.
            what = "before" if value[0] > 0 else "behind"
            return [("place", what if kind is _OPCODES.ASSERT else f"not {what}")]
        return [("test", _test(kind, value, fold=self.fold))]

    def _repeated(self, low: int, high: Any, body: Tree) -> Code:  # noqa: ANN401
        code = self._build(body)
        endless = high is _OPCODES.MAXREPEAT
        if len(code) * (low if endless else high) > MAX_CODE:
            raise UsageError(f"pattern {self.shown!r}: it is too large")
        result = code * low
        if endless:
            # A turn that took nothing is the last one.
            slot, self.slots = self.slots, self.slots + 1
            code = [("mark", slot), *code, ("moved", slot)]
            return [*result, ("split", (1, len(code) + 2)), *code, ("jump", -len(code) - 1)]
        for _ in range(high - low):
            result = [*result, ("split", (1, len(code) + 1)), *code]
        return result

    # One way after the other

    def _tried(self, text: str, start: int) -> list[tuple[int, int]]:
        """Begin and end of the first match from START on, and of its groups; [] for none."""
        left = [MAX_STEPS]
        for begin in range(start, len(text) + 1):
            found = self._from(text, begin, left)
            if found:
                found = (begin, *found[1:])
                return list(zip(found[::2], found[1::2], strict=True))
        return []

    def _from(self, text: str, begin: int, left: list[int]) -> tuple[int, ...]:
        todo = [(0, begin, (-1,) * self.slots)]
        while todo:
            place, at, saved = todo.pop()
            left[0] -= 1
            if left[0] < 0:
                hint = "back references and nested repetitions do not go together"
                message = f"pattern {self.shown!r}: given up after {MAX_STEPS} steps"
                raise RefusedError(message, hint=hint)
            kind, value = self.code[place]
            if kind == "match":
                return (begin, at, *saved[2 : 2 * self.groups + 2])
            if kind == "split":
                todo.append((place + value[1], at, saved))
                todo.append((place + value[0], at, saved))
            elif kind == "jump":
                todo.append((place + value, at, saved))
            elif kind in ("save", "mark"):
                todo.append((place + 1, at, (*saved[:value], at, *saved[value + 1 :])))
            elif (size := self._taken(kind, value, text, at, saved)) >= 0:
                todo.append((place + 1, at + size, saved))
        return ()

    def _taken(self, kind: str, value: Any, text: str, at: int, saved: tuple[int, ...]) -> int:  # noqa: ANN401
        """How many characters an instruction takes; -1 where it does not fit."""
        if kind == "test":
            return 1 if at < len(text) and value(text[at]) else -1
        if kind == "place":
            return 0 if is_at(value, text, at) else -1
        if kind == "moved":
            return 0 if saved[value] != at else -1
        begin, end = saved[2 * value : 2 * value + 2]
        size = end - begin
        fits = begin >= 0 <= end and self._same(text[begin:end], text[at : at + size])
        return size if fits else -1

    def _same(self, one: str, other: str) -> bool:
        return one == other or (self.fold and one.lower() == other.lower())


_PLACES = {
    "AT_BEGINNING_STRING": "start",
    "AT_END_STRING": "end",
    "AT_BOUNDARY": "edge",
    "AT_NON_BOUNDARY": "inside",
}
_WORD = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_")
_CATEGORIES: dict[str, Test] = {
    "CATEGORY_WORD": lambda char: char in _WORD,
    "CATEGORY_NOT_WORD": lambda char: char not in _WORD,
    "CATEGORY_SPACE": lambda char: char in " \t\n\r\f\v",
    "CATEGORY_NOT_SPACE": lambda char: char not in " \t\n\r\f\v",
}


def _test(kind: Any, value: Any, *, fold: bool) -> Test:  # noqa: ANN401 - see Tree
    """Whether a character is the one, or one of those, that an element of a tree stands for."""
    if kind is _OPCODES.ANY:
        return lambda char: True
    members = value if kind is _OPCODES.IN else [(kind, value)]
    negated = members[0][0] in (_OPCODES.NEGATE, _OPCODES.NOT_LITERAL)
    tests = [_member(*member) for member in members if member[0] is not _OPCODES.NEGATE]

    def fits(char: str) -> bool:
        other = char.swapcase() if fold and char.isascii() else char
        return any(test(char) or test(other) for test in tests) != negated

    return fits


def _member(kind: Any, value: Any) -> Test:  # noqa: ANN401
    if kind is _OPCODES.RANGE:
        low, high = map(chr, value)
        return lambda char: low <= char <= high
    if kind is _OPCODES.CATEGORY:
        return _CATEGORIES[str(value)]
    return chr(value).__eq__


class State:
    """A set of instructions that a text has led to: where a byte leads on, as far as known."""

    __slots__ = ("after", "matches", "places")

    def __init__(self, places: frozenset[int], *, matches: bool) -> None:
        self.places = places
        self.matches = matches
        self.after: dict[int, State] = {}


class States:
    """The table of states of a pattern, made as texts need it: says whether there is a match."""

    def __init__(self, code: Code) -> None:
        self.code = code
        self.known: dict[frozenset[int], State] = {}

    def match(self, text: bytes, start: int) -> bool:
        """Whether there is a match in TEXT that begins at START or behind."""
        state = self._state([0], begin=start == 0)
        if state.matches:
            return True
        for byte in memoryview(text)[start:]:
            after = state.after.get(byte)
            if after is None:
                char = chr(byte)
                places = [place + 1 for place in state.places if self._fits(place, char)]
                after = state.after[byte] = self._state([0, *places])
            if after.matches:
                return True
            state = after
        return self._closed(state.places, end=True)[1]

    def _fits(self, place: int, char: str) -> bool:
        kind, value = self.code[place]
        return kind == "test" and bool(value(char))

    def _state(self, places: list[int], *, begin: bool = False) -> State:
        waiting, matches = self._closed(places, begin=begin)
        state = self.known.get(waiting)
        if state is None or state.matches != matches:
            if len(self.known) >= MAX_STATES:
                self.known.clear()
            state = self.known[waiting] = State(waiting, matches=matches)
        return state

    def _closed(
        self, places: Sequence[int] | frozenset[int], *, begin: bool = False, end: bool = False
    ) -> tuple[frozenset[int], bool]:
        """What waits for a byte, or for the end, behind PLACES; whether a match is among it."""
        todo, seen = list(places), set(places)
        waiting, matches = [], False
        while todo:
            place = todo.pop()
            kind, value = self.code[place]
            following = []
            if kind == "match":
                matches = True
            elif kind == "test" or (value == "end" and not end):
                waiting.append(place)
            elif kind == "jump":
                following = [place + value]
            elif kind == "split":
                following = [place + step for step in value]
            elif value != "start" or begin:
                following = [place + 1]
            todo += [other for other in following if other not in seen]
            seen.update(following)
        return frozenset(waiting), matches
