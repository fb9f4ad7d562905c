"""URIs as iPXE reads, resolves and writes them.

Path, query and fragment stay as they were written; a character that cannot stand in a request is
escaped. ``./`` and ``../`` are taken away at the beginning of a relative path only.

Ref: iPXE src/core/uri.c; RFC 3986.
"""

from __future__ import annotations

# What is escaped in a value of the type :uristring, beside what is never printed as it is.
_RESERVED = frozenset(b"/#:@?=&%")
_SCHEME = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-_")
_PARAMS = "##params"
_HEX = "0123456789abcdefABCDEF"


def encode(data: bytes) -> str:
    """DATA as a part of a URI: what is not printed or has a meaning there is escaped."""
    return "".join(
        f"%{byte:02X}" if byte in _RESERVED or not 32 < byte < 127 else chr(byte) for byte in data
    )


def decode(text: str) -> bytes:
    """TEXT without its escapes; a ``%`` that begins none stays."""
    out = bytearray()
    at = 0
    while (percent := text.find("%", at)) >= 0:
        out += text[at:percent].encode("utf-8", "surrogateescape")
        at = percent + 1
        end = at
        while end < at + 2 and text[end : end + 1] in _HEX and end < len(text):
            end += 1
        out.append(int(text[at:end], 16) if end > at else 0x25)
        at = end
    out += text[at:].encode("utf-8", "surrogateescape")
    return bytes(out)


def _safe(text: str) -> str:
    """TEXT with what no request may have in it escaped."""
    if text.isascii() and text.isprintable() and " " not in text:
        return text
    data = text.encode("utf-8", "surrogateescape")
    return "".join(chr(byte) if 32 < byte < 127 else f"%{byte:02X}" for byte in data)


class Uri:
    """A URI in parts; None is a part that is not there. ``params`` names a list of parameters."""

    __slots__ = ("authority", "fragment", "opaque", "params", "path", "query", "scheme")

    def __init__(self, text: str = "") -> None:
        self.scheme = self.opaque = self.authority = ""
        self.path: str | None = None
        self.query: str | None = None
        text, marked, params = text.partition(_PARAMS)
        self.params: str | None = params[1:] if marked else None
        text, marked, fragment = text.partition("#")
        self.fragment: str | None = fragment if marked else None
        end = next((i for i, letter in enumerate(text) if letter not in _SCHEME), len(text))
        if text[end : end + 1] == ":":
            self.scheme, text = text[:end], text[end + 1 :]
            if not text.startswith("/"):
                self.opaque = text
                return
        text, marked, query = text.partition("?")
        self.query = query if marked else None
        self.path = text or None
        if self.scheme and text.startswith("//"):
            self.authority, slash, path = text[2:].partition("/")
            self.path = slash + path or None

    def join(self, other: Uri) -> Uri:
        """The URI that OTHER, in a file from here, means."""
        if other.scheme:
            return other
        made = Uri()
        made.scheme, made.opaque, made.authority = self.scheme, self.opaque, self.authority
        made.path, made.query, made.fragment = self.path, self.query, self.fragment
        made.params = other.params
        if other.path is not None:
            made.path = _resolved(self.path or "/", other.path)
            made.query, made.fragment = other.query, other.fragment
        elif other.query is not None:
            made.query, made.fragment = other.query, other.fragment
        elif other.fragment is not None:
            made.fragment = other.fragment
        return made

    @property
    def name(self) -> str:
        """What an image from here is called: the last part of the path."""
        path = self.opaque or self.path or ""
        return decode(path.rstrip("/").rpartition("/")[2]).decode("utf-8", "surrogateescape")

    @property
    def place(self) -> str:
        """Scheme and authority: ``http://10.0.2.2:8080``."""
        return f"{_safe(self.scheme)}://{_safe(self.authority)}"

    @property
    def target(self) -> str:
        """Path and query, as a request has them."""
        query = "" if self.query is None else f"?{self.query}"
        return _safe((self.path or "/") + query)

    def __str__(self) -> str:
        if self.opaque:
            return _safe(f"{self.scheme}:{self.opaque}")
        fragment = "" if self.fragment is None else f"#{self.fragment}"
        where = self.place if self.scheme else ""
        path = self.path or ("/" if self.scheme else "")
        query = "" if self.query is None else f"?{self.query}"
        return where + _safe(path + query + fragment)


def _resolved(base: str, relative: str) -> str:
    if relative.startswith("/"):
        return relative
    folder = _dirname(base)
    while relative.startswith("."):
        if relative == "." or relative.startswith("./"):
            relative = relative[2:]
        elif relative == ".." or relative.startswith("../"):
            folder, relative = _dirname(folder), relative[3:]
        else:
            break
    return folder + ("" if folder.endswith("/") else "/") + relative


def _dirname(path: str) -> str:
    """The path above; that above ``/`` is ``/``."""
    above = path.rstrip("/").rpartition("/")[0].rstrip("/")
    return above or ("/" if path.startswith("/") else ".")
