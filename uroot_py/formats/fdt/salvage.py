"""What can still be read of a damaged device tree, token by token, with every fault marked.

For a blob that ``fdt.parse`` accepts the tokens are exact and there are no problems. Of another one
the reader takes what is inside the data, says what is wrong where, and goes on at the next word
that looks like a token. It always ends: the limits of ``fdt`` hold here, too.
"""

from __future__ import annotations

from uroot_py.base.errors import FormatError
from uroot_py.base.text import printable
from uroot_py.formats.fdt import tree as fdt
from uroot_py.formats.fdt.tree import BEGIN_NODE, END, END_NODE, NOP, PROP, DeviceTree, Node

MAX_PROBLEMS = 1000  # then the rest is not worth reading
PROBLEM = 0  # a Token that is a remark, not a part of the blob


class Token:
    """A word of the structure block with what belongs to it; offsets count from the blob's start.

    ``depth`` is that of the node which a begin opens or an end closes, 0 for the root.
    """

    __slots__ = ("depth", "name", "name_offset", "offset", "tag", "value", "value_offset")

    def __init__(self, tag: int, offset: int, depth: int, name: str = "") -> None:
        self.tag = tag
        self.offset = offset
        self.depth = depth
        self.name = name
        self.value = b""
        self.name_offset = 0
        self.value_offset = 0


class Salvage:
    """``tokens``, ``tree``, ``header``, ``problems``; FormatError where there is no header."""

    def __init__(self, blob: bytes | bytearray | memoryview) -> None:
        self.data = bytes(blob)
        if len(self.data) < fdt.header_size(1):
            fdt.read_header(self.data)
        self.problems: list[FormatError] = []
        self.tokens: list[Token] = []
        self.header = fdt.raw_header(self.data)
        self.tree = DeviceTree()
        self.tree.header = self.header
        self._place_blocks()
        self.path: list[Node] = []  # the open nodes
        self.roots = 0
        self.names: dict[int, str] = {}  # the good ones, by their offset
        self.deeper = 0  # open nodes below MAX_DEPTH, which are left out
        self._read()
        if not self.problems:
            self._check()

    def _place_blocks(self) -> None:
        """Find the blocks: where a believable header says, else as far as the data goes."""
        header, total = self.header, len(self.data)
        try:
            blocks = fdt.Blocks(self.data, fdt.read_header(self.data))
        except FormatError as error:
            self._problem(error)
            self.struct, self.strings = header.off_dt_struct, header.off_dt_strings
            self.end = min(self.struct + (header.size_dt_struct or total), total)
            self.strings_end = min(self.strings + (header.size_dt_strings or total), total)
            self._reservations()
        else:
            self.struct, self.end = blocks.struct, blocks.struct_end
            self.strings, self.strings_end = blocks.strings, blocks.strings_end
            self.tree.reservations = blocks.reservations
        self.tree.boot_cpuid = header.boot_cpuid_phys

    def _reservations(self) -> None:
        for offset in range(self.header.off_mem_rsvmap, len(self.data) - 15, 16):
            address, size = self._number(offset, 8), self._number(offset + 8, 8)
            if not size or len(self.tree.reservations) == fdt.MAX_RESERVATIONS:
                break
            self.tree.reservations.append((address, size))

    def _number(self, offset: int, size: int = 4) -> int:
        return int.from_bytes(self.data[offset : offset + size], "big")

    def _problem(self, error: FormatError) -> None:
        """Remember ERROR, and put it where it is among the tokens."""
        self.problems.append(error)
        depth = len(self.path) if self.tokens else 0
        self.tokens.append(Token(PROBLEM, error.offset, depth, printable(error.text())))

    def _wrong(self, what: str, offset: int, expected: str, found: str) -> None:
        self._problem(FormatError(f"device tree: {what}", offset, expected, found))

    def _text(self, start: int, end: int, most: int) -> bytes | None:
        """The bytes from START up to a NUL that is before END, or None."""
        found = self.data.find(0, start, min(end, start + most + 1)) if start < end else -1
        return None if found < 0 else self.data[start:found]

    def _read(self) -> None:
        """Read token after token; what is no token is passed over word by word."""
        position = self.struct
        lost = -1  # where the words began that are passed over
        for _ in range(fdt.MAX_TOKENS):
            if position + 4 > self.end or (lost < 0 and self._number(position) == END):
                break
            if len(self.problems) >= MAX_PROBLEMS:
                self._wrong("structure", position, f"at most {MAX_PROBLEMS} faults", "more")
                break
            if lost >= 0 and not self._plausible(position):
                position += 4
                continue
            if lost >= 0:
                self._wrong("structure", lost, "tokens", f"{position - lost} bytes of other data")
            after = self._token(self._number(position), position)
            lost = -1 if after > 0 else position
            position = abs(after) if after else position + 4
        if lost >= 0:
            self._wrong("structure", lost, "tokens", "other data up to the end of the block")
        self._finish(min(position, self.end))

    def _finish(self, position: int) -> None:
        if self.path:
            self._wrong("structure", position, f"{len(self.path)} FDT_END_NODE", "none")
        elif not self.roots:
            self._wrong("structure", position, "the root node", "none")
        while self.path:
            self._end(position)
        self.tokens.append(Token(END, position, 0))

    def _check(self) -> None:
        """Let the strict reader say what only it looks for."""
        try:
            fdt.parse(self.data)
        except FormatError as error:
            self._problem(error)

    def _plausible(self, position: int) -> bool:
        """Whether the word at POSITION looks like a token in the middle of other data."""
        tag = self._number(position)
        if tag == BEGIN_NODE:
            name = self._text(position + 4, self.end, fdt.MAX_NAME) or b"$"
            return not name.translate(None, fdt.NODE_CHARACTERS + b"/")
        if tag == PROP:
            start = self.strings + self._number(position + 8)
            name = self._text(start, self.strings_end, fdt.MAX_NAME) or b"$"
            fits = position + 12 + self._number(position + 4) <= self.end
            return fits and not fdt.without_blanks(name).translate(None, fdt.PROPERTY_CHARACTERS)
        return tag == END_NODE and self._number(position + 4) in (BEGIN_NODE, END_NODE, PROP, END)

    def _token(self, tag: int, position: int) -> int:
        """Take the token at POSITION; returns where the next one is, at or below 0 if lost."""
        if tag == PROP and position + 12 <= self.end:
            return self._property(position)
        if tag == BEGIN_NODE:
            return self._begin(position)
        if tag == END_NODE:
            if self.deeper:
                self.deeper -= 1
            elif self.path:
                self._end(position)
            else:
                self._wrong("token", position, "FDT_END", "FDT_END_NODE")
        elif tag == PROP:
            self._wrong("property", position, "12 bytes", f"{self.end - position} bytes")
            return 0
        elif tag == NOP:
            self.tokens.append(Token(NOP, position, len(self.path)))
        else:
            self._wrong("token", position, "a known one", f"{tag:#x}")
            return 0
        return position + 4

    def _begin(self, position: int) -> int:
        old = self.header.version < 16
        raw = self._text(position + 4, self.end, fdt.MAX_PATH if old else fdt.MAX_NAME)
        if raw is None:
            self._wrong("node name", position + 4, "a NUL after it", "none")
            return 0
        depth = len(self.path)
        after = (position + 4 + len(raw) + 4) & ~3
        if depth == fdt.MAX_DEPTH:
            if not self.deeper:
                self._wrong("node", position, f"at most {fdt.MAX_DEPTH} levels", "one more")
            self.deeper += 1
            return after
        name = printable(raw.decode("ascii", "replace"))
        last = name.rpartition("/")[2] if old else name
        if not depth and self.roots:
            self._wrong("node", position, "FDT_END", "a second root node")
        elif not depth and last:
            self._wrong("name of the root node", position + 4, "none", repr(last))
        elif depth and (not last or raw.translate(None, fdt.NODE_CHARACTERS + b"/")):
            self._wrong("node name", position + 4, "letters, digits and ,._+*#?-@", repr(last))
        self.tokens.append(Token(BEGIN_NODE, position, depth, name))
        node = Node(last, self.path[-1] if depth else None)
        if depth:
            self.path[-1].children.append(node)
        elif not self.roots:
            node = self.tree.root  # a second root is left out of the tree
        if not depth:
            self.roots += 1
        self.path.append(node)
        return after

    def _end(self, position: int) -> None:
        self.path.pop()
        self.tokens.append(Token(END_NODE, position, len(self.path)))

    def _property(self, position: int) -> int:
        size, offset = self._number(position + 4), self._number(position + 8)
        token = Token(PROP, position, len(self.path))
        token.name_offset = self.strings + offset
        token.name = self.names.get(offset) or self._property_name(token.name_offset, position)
        start = position + 12
        if self.header.version < 16 and size >= 8:
            start += (self.struct - start) % 8
        token.value_offset = start
        fits = start + size <= self.end
        if fits:
            token.value = self.data[start : start + size]
        else:
            left = f"at most {self.end - position - 12:#x}"
            self._wrong(f"size of property {token.name}", position + 4, left, f"{size:#x}")
        if not self.deeper:
            self._store(token)
        return (start + size + 3) & ~3 if fits else -start

    def _property_name(self, offset: int, position: int) -> str:
        raw = self._text(offset, self.strings_end, fdt.MAX_NAME)
        if raw is None:
            found, limit = offset - self.strings, self.strings_end - self.strings
            if found < limit:
                self._wrong("property name", offset, f"a NUL within {fdt.MAX_NAME} bytes", "none")
            else:
                limits = f"below {max(limit, 0):#x}"
                self._wrong("property name offset", position + 8, limits, f"{found:#x}")
            return f"?{found:#x}"
        if not raw or fdt.without_blanks(raw).translate(None, fdt.PROPERTY_CHARACTERS):
            self._wrong("property name", offset, "letters, digits and ,._+*#?-", repr(raw)[1:])
            return printable(raw.decode("ascii", "replace"))
        name = self.names[offset - self.strings] = raw.decode("ascii")
        return name

    def _store(self, token: Token) -> None:
        self.tokens.append(token)
        what = f"property {token.name}"
        if not self.path:
            self._wrong(what, token.offset, "a node around it", "none")
            return
        node = self.path[-1]
        if node.children:
            self._wrong(what, token.offset, "properties before subnodes", "it after one")
        if token.name in node.properties:
            self._wrong(what, token.offset, "no second one of that name", "one")
        node.properties.setdefault(token.name, token.value)
