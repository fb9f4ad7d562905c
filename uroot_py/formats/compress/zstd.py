"""Zstandard, decoding only, where there is no library for it.

Checksums of contents are not verified. Ref: RFC 8878.
"""

from __future__ import annotations

from uroot_py.base.errors import FormatError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from uroot_py.formats.compress.feed import Feed

MAGIC = b"\x28\xb5\x2f\xfd"
_BLOCK_MAX = 128 << 10
# Section 3.1.1.3.2.1.1: (baseline, extra bits) by code.
_LL = [(n, 0) for n in range(16)] + [
    (16, 1), (18, 1), (20, 1), (22, 1), (24, 2), (28, 2), (32, 3), (40, 3), (48, 4), (64, 6),
    (128, 7), (256, 8), (512, 9), (1024, 10), (2048, 11), (4096, 12), (8192, 13), (16384, 14),
    (32768, 15), (65536, 16),
]  # fmt: skip
_ML = [(n + 3, 0) for n in range(32)] + [
    (35, 1), (37, 1), (39, 1), (41, 1), (43, 2), (47, 2), (51, 3), (59, 3), (67, 4), (83, 4),
    (99, 5), (131, 7), (259, 8), (515, 9), (1027, 10), (2051, 11), (4099, 12), (8195, 13),
    (16387, 14), (32771, 15), (65539, 16),
]  # fmt: skip
_OF = [(1 << n, n) for n in range(32)]
# Section 3.1.1.3.2.2: predefined distributions.
_LL_DEFAULT = [4, 3, *[2] * 6, *[2] * 5, *[1] * 3, *[2] * 9, 3, 2, *[1] * 5, *[-1] * 4]
_ML_DEFAULT = [1, 4, 3, *[2] * 6, *[1] * 37, *[-1] * 7]
_OF_DEFAULT = [*[1] * 6, *[2] * 3, *[1] * 15, *[-1] * 5]

Table = list[tuple[int, int, int]]  # by state: symbol, bits to read, baseline of the next state
Codes = list[tuple[int, int, int, int]]  # the same with a code's baseline and extra bits in front


def _wrong(offset: int, expected: str, found: str) -> FormatError:
    return FormatError("zstd block", offset, expected, found)


class _Bits:
    """A bit stream that is read from its end; zeros follow behind its beginning."""

    def __init__(self, data: bytes, offset: int) -> None:
        if not data or not data[-1]:
            raise _wrong(offset, "a bit stream that ends with a 1 bit", data[-1:].hex() or "none")
        self.data = data
        self.position = len(data) - 1
        self.count = data[-1].bit_length() - 1
        self.held = data[-1] & ((1 << self.count) - 1)
        self.over = 0  # bits given out beyond the beginning

    def fill(self, least: int) -> None:
        """Hold at least LEAST bits."""
        while self.count < least:
            step = min(32, self.position)
            if not step:
                self.held <<= least
                self.count += least
                self.over += least
                return
            part = self.data[self.position - step : self.position]
            self.held = (self.held & ((1 << self.count) - 1)) << 8 * step
            self.held |= int.from_bytes(part, "little")
            self.position -= step
            self.count += 8 * step

    def read(self, size: int) -> int:
        """The next SIZE bits."""
        if self.count < size:
            self.fill(size)
        self.count -= size
        return (self.held >> self.count) & ((1 << size) - 1)

    @property
    def left(self) -> int:
        """Bits not yet read; negative when more were read than there are."""
        return self.count + 8 * self.position - self.over


def _read_counts(data: bytes, at: int, most_log: int) -> tuple[list[int], int, int]:
    """A normalised distribution at AT: its counts, its accuracy log, and the offset behind it."""
    bits = int.from_bytes(data[at : at + 256], "little")
    log, used = (bits & 15) + 5, 4
    if log > most_log:
        raise _wrong(at, f"an accuracy of at most {most_log} bits", str(log))
    left = 1 << log
    counts: list[int] = []
    while left > 0 and len(counts) < 256:
        size = (left + 1).bit_length()
        value = (bits >> used) & ((1 << size) - 1)
        low = (1 << (size - 1)) - 1
        spare = (1 << size) - 1 - (left + 1)
        if value & low < spare:
            used += size - 1
            value &= low
        else:
            used += size
            if value > low:
                value -= spare
        counts.append(value - 1)
        left -= abs(value - 1)
        while value == 1:
            again = (bits >> used) & 3
            used += 2
            counts += [0] * again
            if again != 3:
                break
    end = at + (used + 7) // 8
    if left or len(counts) > 256 or end > len(data):
        raise _wrong(at, "a distribution that adds up", f"{left} left over")
    return counts, log, end


def _build(counts: list[int], log: int) -> Table:
    """The decoding table of a distribution. Ref: section 4.1.1."""
    size = 1 << log
    symbols = [0] * size
    high = size
    for symbol, count in enumerate(counts):
        if count == -1:
            high -= 1
            symbols[high] = symbol
    position, step = 0, (size >> 1) + (size >> 3) + 3
    for symbol, count in enumerate(counts):
        for _ in range(max(count, 0)):
            symbols[position] = symbol
            position = (position + step) & (size - 1)
            while position >= high:
                position = (position + step) & (size - 1)
    following = [abs(count) for count in counts]
    table = []
    for symbol in symbols:
        state = following[symbol]
        following[symbol] += 1
        bits = log - state.bit_length() + 1
        table.append((symbol, bits, (state << bits) - size))
    return table


def _codes(table: Table, values: list[tuple[int, int]]) -> Codes:
    return [(*values[symbol], bits, base) for symbol, bits, base in table]


def _weights(data: bytes, at: int) -> tuple[list[int], int]:
    """The Huffman weights at AT, without the last one, and the offset behind them."""
    head = data[at]
    if head >= 128:
        end = at + 1 + (head - 126) // 2
        packed = data[at + 1 : end]
        pairs = [nibble for byte in packed for nibble in (byte >> 4, byte & 15)]
        return pairs[: head - 127], end
    end = at + 1 + head
    counts, log, start = _read_counts(data[:end], at + 1, 6)
    table = _build(counts, log)
    bits = _Bits(data[start:end], start)
    states = [bits.read(log), bits.read(log)]
    weights: list[int] = []
    turn = 0
    while len(weights) < 255:
        symbol, size, base = table[states[turn]]
        weights.append(symbol)
        if bits.left < size:
            weights.append(table[states[1 - turn]][0])
            break
        states[turn] = base + bits.read(size)
        turn = 1 - turn
    return weights, end


def _huffman(data: bytes, at: int) -> tuple[list[tuple[int, int]], int, int]:
    """The table at AT ((symbol, bits) by the next bits), their number, the offset behind it."""
    weights, end = _weights(data, at)
    total = sum(1 << weight >> 1 for weight in weights)
    most = total.bit_length()
    last = (1 << most) - total
    if end > len(data) or not total or most > 11 or last & (last - 1) or len(weights) > 255:
        raise _wrong(at, "a Huffman tree of at most 11 bits", f"weights that add up to {total}")
    weights.append(last.bit_length())
    table: list[tuple[int, int]] = []
    for weight in range(1, most + 1):
        for symbol, each in enumerate(weights):
            if each == weight:
                table += [(symbol, most + 1 - weight)] * (1 << (weight - 1))
    return table, most, end


class _Frame:
    """One frame: its last WINDOW bytes of output, and what a block leaves for the next one."""

    def __init__(self) -> None:
        self.out = bytearray()
        self.huffman: tuple[list[tuple[int, int]], int] | None = None
        self.tables: list[tuple[Codes, int] | None] = [None, None, None]
        self.offsets = [1, 4, 8]

    def unpacked(self, feed: Feed, most_window: int) -> Iterator[bytes]:
        """The contents of the frame whose header is next, block by block."""
        head = feed.number(1)
        if head & 8 or head & 3:
            raise feed.fault("a frame without a dictionary", f"descriptor {head:#x}", feed.at - 1)
        window = self._window(feed, head)
        if window > most_window:
            raise feed.fault(f"a window of at most {most_window:#x} bytes", f"{window:#x}")
        last = 0
        while not last:
            at = feed.at
            word = feed.number(3)
            last, kind, size = word & 1, word >> 1 & 3, word >> 3
            if kind == 3 or size > _BLOCK_MAX:
                raise feed.fault("a block", f"type {kind}, {size} bytes", at)
            block = feed.take(1 if kind == 1 else size)
            start = len(self.out)
            if kind == 2:
                try:
                    self._block(block)
                except IndexError:
                    raise feed.fault("a whole block", f"an end at {feed.at:#x}", at) from None
            else:
                self.out += block * size if kind else block
            yield bytes(self.out[start:])
            if len(self.out) > 2 * window + _BLOCK_MAX:
                del self.out[:-window]
        if head & 4:
            feed.take(4)

    @staticmethod
    def _window(feed: Feed, head: int) -> int:
        """How far back a match may reach, in bytes. Ref: section 3.1.1.1.2."""
        single = head >> 5 & 1
        window = 0
        if not single:
            descriptor = feed.number(1)
            base = 1 << (10 + (descriptor >> 3))
            window = base + (base >> 3) * (descriptor & 7)
        width = (single, 2, 4, 8)[head >> 6]
        if width:
            contents = feed.number(width) + (256 if width == 2 else 0)
            if single:
                window = contents
        return max(window, 1024)

    def _block(self, block: bytes) -> None:
        literals, at = self._literals(block)
        self._sequences(block, at, literals)

    def _literals(self, block: bytes) -> tuple[bytes, int]:
        kind, shape = block[0] & 3, block[0] >> 2 & 3
        if kind < 2:
            width = (1, 2, 1, 3)[shape]
            size = int.from_bytes(block[:width], "little") >> (4 if shape & 1 else 3)
            held = 1 if kind else size
            part = block[width : width + held]
            if len(part) < held or size > _BLOCK_MAX:
                raise _wrong(0, f"{size} literals", f"{len(part)} bytes")
            return part * size if kind else part, width + held
        width, bits = (3, 3, 4, 5)[shape], (10, 10, 14, 18)[shape]
        word = int.from_bytes(block[:width], "little") >> 4
        size, packed = word & ((1 << bits) - 1), word >> bits
        at, end = width, width + packed
        if end > len(block) or size > _BLOCK_MAX:
            raise _wrong(0, "literals inside their block", f"{packed} bytes for {size}")
        if kind == 2:
            table, most, at = _huffman(block[:end], at)
            self.huffman = table, most
        if self.huffman is None:
            raise _wrong(0, "a Huffman tree", "literals without one")
        return self._streams(block[at:end], size, 4 if shape else 1), end

    def _streams(self, data: bytes, size: int, count: int) -> bytes:
        if count == 1:
            return self._stream(data, size)
        each = (size + 3) // 4
        ends, at = [], 6
        for i in range(3):
            at += int.from_bytes(data[2 * i : 2 * i + 2], "little")
            ends.append(at)
        parts = zip([6, *ends], [*ends, len(data)], strict=True)
        sizes = [each, each, each, size - 3 * each]
        return b"".join(
            self._stream(data[low:high], n) for (low, high), n in zip(parts, sizes, strict=True)
        )

    def _stream(self, data: bytes, size: int) -> bytes:
        """SIZE literals out of one bit stream."""
        assert self.huffman is not None
        table, most = self.huffman
        mask = (1 << most) - 1
        bits = _Bits(data, 0)
        out = bytearray()
        append = out.append
        while len(out) < size:
            bits.fill(most)
            held, count = bits.held, bits.count
            for _ in range(min((count // most), size - len(out))):
                symbol, used = table[(held >> (count - most)) & mask]
                append(symbol)
                count -= used
            bits.count = count
        if bits.left:
            raise _wrong(0, f"{size} literals", f"{bits.left} bits left over")
        return bytes(out)

    def _sequences(self, block: bytes, at: int, literals: bytes) -> None:
        count = block[at] if at < len(block) else 0
        at += 1
        if count > 127:
            wide = 2 if count == 255 else 1
            more = int.from_bytes(block[at : at + wide], "little")
            count = more + 0x7F00 if count == 255 else ((count - 128) << 8) + more
            at += wide
        if not count:
            self.out += literals
            return
        modes = block[at] if at < len(block) else 3
        at += 1
        for i, (shift, most, default, log, values) in enumerate(
            (
                (6, 9, _LL_DEFAULT, 6, _LL),
                (4, 8, _OF_DEFAULT, 5, _OF),
                (2, 9, _ML_DEFAULT, 6, _ML),
            )
        ):
            mode = modes >> shift & 3
            if mode == 0:
                self.tables[i] = _codes(_build(default, log), values), log
            elif mode == 1:
                self.tables[i] = _codes([(block[at], 0, 0)], values), 0
                at += 1
            elif mode == 2:
                counts, found, at = _read_counts(block, at, most)
                self.tables[i] = _codes(_build(counts, found), values), found
        self._copy(_Bits(block[at:], at), count, literals)

    def _copy(self, bits: _Bits, count: int, literals: bytes) -> None:
        """Carry out COUNT sequences, then append the literals that are left."""
        if None in self.tables:
            raise _wrong(0, "tables of sequences", "a reference to none")
        (ll, ll_log), (of, of_log), (ml, ml_log) = (table for table in self.tables if table)
        out = self.out
        most = len(out) + _BLOCK_MAX
        ll_state, of_state, ml_state = bits.read(ll_log), bits.read(of_log), bits.read(ml_log)
        used = 0
        for left in range(count - 1, -1, -1):
            if bits.count < 128:  # more than one sequence can take
                bits.fill(128)
            ll_value, ll_more, ll_bits, ll_next = ll[ll_state]
            of_value, of_more, of_bits, of_next = of[of_state]
            ml_value, ml_more, ml_bits, ml_next = ml[ml_state]
            bits.count -= ll_more + of_more + ml_more
            word = bits.held >> bits.count
            literal = ll_value + (word & ((1 << ll_more) - 1))
            word >>= ll_more
            length = ml_value + (word & ((1 << ml_more) - 1))
            value = of_value + (word >> ml_more & ((1 << of_more) - 1))
            if left:
                bits.count -= ll_bits + of_bits + ml_bits
                word = bits.held >> bits.count
                of_state = of_next + (word & ((1 << of_bits) - 1))
                word >>= of_bits
                ml_state = ml_next + (word & ((1 << ml_bits) - 1))
                ll_state = ll_next + (word >> ml_bits & ((1 << ll_bits) - 1))
            out += literals[used : used + literal]
            used += literal
            offset = self._offset(value, literal)
            begin = len(out) - offset
            if begin < 0 or used > len(literals) or len(out) + length > most:
                raise _wrong(0, "a match inside the window", f"offset {offset}, length {length}")
            if offset >= length:
                out += out[begin : begin + length]
            else:
                out += (out[begin:] * (length // offset + 1))[:length]
        if bits.left:
            raise _wrong(0, f"{count} sequences", f"{bits.left} bits left over")
        out += literals[used:]

    def _offset(self, value: int, literal: int) -> int:
        """The offset that VALUE means; the last three are remembered. Ref: section 3.1.1.5."""
        last = self.offsets
        if value > 3:
            self.offsets = [value - 3, last[0], last[1]]
            return value - 3
        index = value if not literal else value - 1
        if not index:
            return last[0]
        offset = last[index] if index < 3 else last[0] - 1
        if not offset:
            raise _wrong(0, "an offset of at least 1", "0")
        self.offsets = [offset, last[0], last[2] if index == 1 else last[1]]
        return offset


def unpacked(feed: Feed, most_window: int) -> Iterator[bytes]:
    """The contents of the frame that is next; FormatError when it is wrong, or wants more memory.

    MOST_WINDOW is how many bytes of its contents may be held for later matches.
    """
    magic = feed.take(4)
    if magic != MAGIC:
        raise feed.fault(MAGIC.hex(" "), magic.hex(" "), feed.at - 4)
    return _Frame().unpacked(feed, most_window)
