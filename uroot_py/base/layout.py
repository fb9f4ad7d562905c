"""Binary headers declared once, as data, with the offsets the specification prints.

    class Header(Layout, size=64, order="little", title="arm64 Image header"):
        text_offset = u64(0x08)
        magic = raw(0x38, 4)

Reading, writing, bounds, ``repr`` and error texts come from the declaration. A declaration may be
sparse; two fields that overlap, or one that passes the end, fail when the class is made.
"""

from __future__ import annotations

from uroot_py.base.errors import FormatError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Literal, Self, overload

    Buffer = bytes | bytearray | memoryview


class Field:
    """One field of a Layout: an offset and a size in bytes."""

    __slots__ = ("name", "offset", "size")

    def __init__(self, offset: int, size: int) -> None:
        self.offset = offset
        self.size = size
        self.name = ""

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name


class Number(Field):
    """An unsigned integer in the byte order of its Layout."""

    __slots__ = ()
    if TYPE_CHECKING:

        @overload
        def __get__(self, view: None, owner: type) -> Number: ...
        @overload
        def __get__(self, view: Layout, owner: type) -> int: ...

    def __get__(self, view: Layout | None, owner: type) -> int | Number:
        if view is None:
            return self
        start = view.base + self.offset
        return int.from_bytes(view.data[start : start + self.size], view.order)

    def __set__(self, view: Layout, value: int) -> None:
        if not 0 <= value < 1 << (8 * self.size):
            raise FormatError(
                f"{view.title}: {self.name}",
                self.offset,
                f"a number of {self.size} bytes",
                f"{value:#x}",
            )
        view.put(self, value.to_bytes(self.size, view.order))


class Raw(Field):
    """Bytes, as they are."""

    __slots__ = ()
    if TYPE_CHECKING:

        @overload
        def __get__(self, view: None, owner: type) -> Raw: ...
        @overload
        def __get__(self, view: Layout, owner: type) -> bytes: ...

    def __get__(self, view: Layout | None, owner: type) -> bytes | Raw:
        if view is None:
            return self
        start = view.base + self.offset
        return bytes(view.data[start : start + self.size])

    def __set__(self, view: Layout, value: bytes) -> None:
        if len(value) > self.size:
            raise FormatError(
                f"{view.title}: {self.name}",
                self.offset,
                f"at most {self.size} bytes",
                f"{len(value)} bytes",
            )
        view.put(self, bytes(value).ljust(self.size, b"\0"))


def u8(offset: int) -> Number:
    """One byte."""
    return Number(offset, 1)


def u16(offset: int) -> Number:
    """Two bytes."""
    return Number(offset, 2)


def u32(offset: int) -> Number:
    """Four bytes."""
    return Number(offset, 4)


def u64(offset: int) -> Number:
    """Eight bytes."""
    return Number(offset, 8)


def raw(offset: int, size: int) -> Raw:
    """SIZE bytes."""
    return Raw(offset, size)


class Layout:
    """A view of a header inside a buffer; writes go through to a ``bytearray``."""

    size = 0
    order: Literal["little", "big"] = "little"
    title = ""
    fields: tuple[Field, ...] = ()

    def __init_subclass__(
        cls, *, size: int, order: Literal["little", "big"] = "little", title: str = ""
    ) -> None:
        super().__init_subclass__()
        cls.size = size
        cls.order = order
        cls.title = title or cls.__name__
        found = [value for value in vars(cls).values() if isinstance(value, Field)]
        cls.fields = tuple(sorted(found, key=lambda field: field.offset))
        end = 0
        for field in cls.fields:
            if field.offset < end:
                raise TypeError(f"{cls.__name__}.{field.name} overlaps the field before it")
            end = field.offset + field.size
        if end > size:
            raise TypeError(f"{cls.__name__} ends at {end:#x}, declared size is {size:#x}")

    def __init__(self, data: Buffer, base: int = 0) -> None:
        found = len(data) - base
        if base < 0 or found < self.size:
            raise FormatError(self.title, base, f"{self.size} bytes", f"{max(found, 0)} bytes")
        self.data = data
        self.base = base

    @classmethod
    def new(cls, **values: int | bytes) -> Self:
        """A zeroed header of its own, with VALUES filled in."""
        view = cls(bytearray(cls.size))
        for name, value in values.items():
            setattr(view, name, value)
        return view

    def put(self, field: Field, value: bytes) -> None:
        """Store the bytes of one field; a TypeError when the buffer is read-only."""
        if isinstance(self.data, bytes):
            raise TypeError(f"{self.title} is a view of read-only bytes")
        start = self.base + field.offset
        self.data[start : start + field.size] = value

    def __bytes__(self) -> bytes:
        return bytes(self.data[self.base : self.base + self.size])

    def __repr__(self) -> str:
        parts = []
        for field in self.fields:
            value = getattr(self, field.name)
            shown = f"{value:#x}" if isinstance(value, int) else repr(value)
            parts.append(f"{field.name}={shown}")
        return f"{type(self).__name__}({', '.join(parts)})"
