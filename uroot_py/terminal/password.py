"""Passwords as they are kept in a file of the image: salted, and slow to try.

A line is ``pbkdf2-sha512$ITERATIONS$SALT$HASH``, salt and hash in hexadecimal digits.

Ref: RFC 8018 5.2 (PBKDF2), RFC 2104 (HMAC).
"""

from __future__ import annotations

from uroot_py.base.digest import digest, made
from uroot_py.base.errors import FormatError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from uroot_py.terminal.console import Terminal

FILE = "/etc/uroot/password"  # in the image
SCHEME = "pbkdf2-sha512"
ITERATIONS = 20_000  # a tenth of a second in Python on a small machine
_MAX_ITERATIONS = 1_000_000
_BLOCK = 128  # bytes of a block of SHA-512


def make(password: str, salt: bytes, iterations: int = ITERATIONS) -> str:
    """The line for PASSWORD; SALT is 16 or more random bytes."""
    return f"{SCHEME}${iterations}${salt.hex()}${_derive(password, salt, iterations).hex()}"


def check(line: str, password: str) -> bool:
    """Whether PASSWORD is the one that LINE was made from. FormatError for another kind of line."""
    fields = line.strip().split("$")
    try:
        scheme, iterations = fields[0], int(fields[1])
        salt, wanted = bytes.fromhex(fields[2]), bytes.fromhex(fields[3])
    except (ValueError, IndexError):
        scheme, iterations, salt, wanted = "", 0, b"", b""
    if scheme != SCHEME or not 0 < iterations <= _MAX_ITERATIONS or len(wanted) != 64:
        # The line itself is a secret of the image: it is not shown.
        raise FormatError("password", 0, f"{SCHEME}$ITERATIONS$SALT$HASH", "something else")
    found = _derive(password, salt, iterations)
    # All bytes are looked at: the time says nothing about how many are right.
    return sum(a ^ b for a, b in zip(found, wanted, strict=True)) == 0


def checker(line: str) -> Callable[[str], bool] | None:
    """What says whether a password is that of LINE; None for an empty line: none is wanted.

    Of a damaged line nothing is the password.
    """

    def fits(password: str) -> bool:
        try:
            return check(line, password)
        except FormatError:
            return False

    return fits if line.strip() else None


def typed(terminal: Terminal) -> str | None:
    """What is typed on TERMINAL, unseen, up to Enter; None when it is given up."""
    text = ""
    while (key := terminal.key()) != "enter":
        if key in ("escape", "ctrl-c", "ctrl-g"):
            return None
        if key == "backspace":
            text = text[:-1]
        elif len(key) == 1:
            text += key
    return text


def wait_for(fits: Callable[[str], bool], terminal: Terminal) -> None:
    """Ask on TERMINAL until what is typed FITS. Hangup when nobody is there any more."""
    with terminal:
        while True:
            terminal.write("Password: ")
            text = typed(terminal)
            terminal.write("\n")
            if text is not None and fits(text):
                return


def _derive(password: str, salt: bytes, iterations: int) -> bytes:
    """The first block of PBKDF2 with HMAC-SHA512: 64 bytes."""
    # hashlib costs more to import than all this, and its own PBKDF2 needs OpenSSL.
    key = password.encode("utf-8", "surrogateescape")
    key = (digest("sha512", key) if len(key) > _BLOCK else key).ljust(_BLOCK, b"\0")
    inner, outer = made("sha512"), made("sha512")
    inner.update(bytes(byte ^ 0x36 for byte in key))
    outer.update(bytes(byte ^ 0x5C for byte in key))

    def mac(data: bytes) -> bytes:
        first, second = inner.copy(), outer.copy()
        first.update(data)
        second.update(first.digest())
        result: bytes = second.digest()
        return result

    block = mac(salt + b"\0\0\0\1")
    total = int.from_bytes(block, "big")
    for _ in range(iterations - 1):
        block = mac(block)
        total ^= int.from_bytes(block, "big")
    return total.to_bytes(64, "big")
