"""DNS messages: questions and answers as bytes. No I/O.

Ref: RFC 1035 (messages), RFC 3596 (AAAA).
"""

from __future__ import annotations

from uroot_py.base.errors import UsageError
from uroot_py.base.reader import Reader, as_bytes
from uroot_py.net.inet import address_bytes, address_text

A, CNAME, SOA, PTR, MX, TXT, AAAA = 1, 5, 6, 12, 15, 16, 28
KINDS = {"A": A, "CNAME": CNAME, "PTR": PTR, "MX": MX, "TXT": TXT, "AAAA": AAAA}
ANSWERS = {1: "the server did not understand", 2: "the server failed", 3: "no such name"}
_MAX_NAME = 255
_MAX_RECORDS = 200


class Answer:
    """A record: whose, of which kind, and its value as text."""

    __slots__ = ("kind", "name", "value")

    def __init__(self, name: str, kind: int, value: str) -> None:
        self.name = name
        self.kind = kind
        self.value = value

    def __repr__(self) -> str:
        return f"<Answer {self.name} {self.kind} {self.value}>"


def build(name: str, kind: int, number: int) -> bytes:
    """A question about NAME, with the NUMBER that its answer repeats; UsageError."""
    encoded = b""
    for label in name.rstrip(".").split("."):
        data = label.encode("utf-8", "surrogateescape")
        if not 0 < len(data) < 64:
            raise UsageError(f"{name!r} is no name: its parts have 1 to 63 characters")
        encoded += bytes([len(data)]) + data
    if len(encoded) >= _MAX_NAME:
        raise UsageError(f"{name!r} is no name: it is longer than {_MAX_NAME - 2} characters")
    header = as_bytes(number, 2, "big") + b"\x01\0\0\1\0\0\0\0\0\0"  # recursion desired
    return header + encoded + b"\0" + as_bytes(kind, 2, "big") + b"\0\1"


class _Message(Reader):
    """A message that is read field by field."""

    def name(self) -> str:
        """A name, which may end with a pointer to an earlier one."""
        labels: list[str] = []
        after, limit, size = -1, self.at, 0
        while length := self.u8():
            if length >= 0xC0:
                target = (length & 0x3F) << 8 | self.u8()
                after = self.at if after < 0 else after
                if target >= limit:
                    raise self.fault("a pointer to an earlier place", f"{target:#x}")
                self.at = limit = target
                continue
            if length >= 64:
                raise self.fault("a length below 64", str(length))
            labels.append(self.take(length).decode("utf-8", "replace"))
            size += length + 1
            if size > _MAX_NAME:
                raise self.fault(f"a name of at most {_MAX_NAME} bytes", "more")
        self.at = self.at if after < 0 else after
        return ".".join(labels)

    def value(self, kind: int, size: int) -> str:
        """The value of a record, as text."""
        end = self.at + size
        if (kind, size) in ((A, 4), (AAAA, 16)):
            return address_text(self.take(size))
        if kind in (CNAME, PTR):
            value = self.name()
        elif kind == MX:
            value = f"{self.u16()} {self.name()}"
        elif kind == TXT:
            value = ""
            while self.at < end:
                value += self.take(self.u8()).decode("utf-8", "replace")
        else:
            return self.take(size).hex()
        if self.at != end:
            raise self.fault(f"the record's end at {end:#x}", "another")
        return value


def parse(data: bytes, number: int) -> tuple[int, list[Answer]]:
    """The result code and the answers in a message; FormatError if it is no answer to NUMBER."""
    reader = _Message(data, "DNS message", order="big")
    if (found := reader.u16()) != number:
        raise reader.fault(f"the number {number}", str(found))
    flags = reader.u16()
    if not flags & 0x8000:
        raise reader.fault("an answer", "a question")
    questions, records, _, _ = (reader.u16() for _ in range(4))
    if questions > 1 or records > _MAX_RECORDS:
        raise reader.fault(f"one question, {_MAX_RECORDS} answers", f"{questions}, {records}")
    for _ in range(questions):
        reader.name()
        reader.take(4)
    answers = []
    for _ in range(records):
        name = reader.name()
        kind = reader.u16()
        reader.take(6)
        answers.append(Answer(name, kind, reader.value(kind, reader.u16())))
    return flags & 15, answers


def reverse_name(address: str) -> str:
    """The name under which the name of ADDRESS is kept."""
    data = address_bytes(address)
    if len(data) == 4:
        return ".".join(map(str, reversed(data))) + ".in-addr.arpa"
    return ".".join(reversed(data.hex())) + ".ip6.arpa"
