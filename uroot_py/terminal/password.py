"""Passwords as they are kept in a file of the image: salted, and slow to try.

A line is ``pbkdf2-sha512$ROUNDS$SALT$HASH``, salt and hash in hexadecimal digits, or what
``grub-mkpasswd-pbkdf2`` prints: ``grub.pbkdf2.sha512.ROUNDS.SALT.HASH``. scrypt would cost an
attacker more, but lives in OpenSSL, which no image carries.

Ref: GNU GRUB Manual 2.06, 16.3 "password_pbkdf2".
"""

from __future__ import annotations

from uroot_py.base.errors import FormatError
from uroot_py.base.pbkdf2 import block

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from uroot_py.machine.sysroot import Sysroot
    from uroot_py.terminal.console import Terminal

FILE = "/etc/uroot/password"  # in the image
SCHEME = "pbkdf2-sha512"
MIN_ROUNDS = 200_000
PLAIN = "plain$"  # before a password that stands in a configuration as it is
_GRUB = "grub.pbkdf2.sha512."
_SECONDS = 0.25  # that one try shall cost on the machine that makes the line
_MAX_ROUNDS = 1_000_000
_MAX_SALT = 1024  # bytes
_SIZE = 64  # bytes of a hash; of a longer one of GRUB's the first say enough
_MIN_GRUB = 16  # bytes of one that was made to be shorter


def make(password: str, salt: bytes, rounds: int = 0) -> str:
    """The line for PASSWORD; SALT is 16 or more random bytes. ROUNDS 0: as many as cost enough."""
    rounds = rounds or enough_rounds()
    return f"{SCHEME}${rounds}${salt.hex()}${_derive(password, salt, rounds).hex()}"


def enough_rounds() -> int:
    """How many rounds take a quarter of a second here, MIN_ROUNDS at least."""
    from time import perf_counter

    tried = MIN_ROUNDS // 10
    begun = perf_counter()
    _derive("password", b"salt", tried)
    measured = int(_SECONDS / (perf_counter() - begun) * tried)
    return min(max(measured, MIN_ROUNDS), _MAX_ROUNDS)


def check(line: str, password: str) -> bool:
    """Whether PASSWORD is the one that LINE was made from. FormatError for another kind of line."""
    line, least = line.strip(), _SIZE
    if line.startswith(_GRUB):
        least = _MIN_GRUB
        fields = [SCHEME, *line.removeprefix(_GRUB).split(".")]
    else:
        fields = line.split("$")
    try:
        scheme, rounds = fields[0], int(fields[1][:9])
        salt, wanted = bytes.fromhex(fields[2]), bytes.fromhex(fields[3])
    except (ValueError, IndexError):
        scheme, rounds, salt, wanted = "", 0, b"", b""
    known = scheme == SCHEME and len(fields) == 4 and len(wanted) >= least
    if not known or not 0 < rounds <= _MAX_ROUNDS or len(salt) > _MAX_SALT:
        # The line itself is a secret of the image: it is not shown.
        raise FormatError("password", 0, f"{SCHEME}$ROUNDS$SALT$HASH", "something else")
    return _same(_derive(password, salt, rounds)[: len(wanted)], wanted[:_SIZE])


def _same(one: bytes, other: bytes) -> bool:
    """Whether two texts are equal; the time says nothing about how many bytes are."""
    return len(one) == len(other) and sum(a ^ b for a, b in zip(one, other, strict=True)) == 0


def _fits(line: str, password: str) -> bool:
    """Whether PASSWORD is that of LINE, which may be plain; of a damaged line nothing is."""
    if line.startswith(PLAIN):
        plain = line.removeprefix(PLAIN).encode("utf-8", "surrogateescape")
        return _same(password.encode("utf-8", "surrogateescape"), plain)
    try:
        return check(line, password)
    except FormatError:
        return False


def of(machine: Sysroot) -> Callable[[str], bool] | None:
    """What says whether a password is that of MACHINE's image; None: the image has none.

    Of a file that cannot be read, or has no line in it, nothing is the password.
    """
    try:
        line = machine.required(FILE)
    except FileNotFoundError:
        return None
    except OSError:
        line = ""
    return lambda password: _fits(line, password)


def any_of(
    own: Callable[[str], bool] | None, lines: Sequence[str] | None
) -> Callable[[str], bool] | None:
    """What says whether a password is OWN's or that of one of LINES; None where both are None."""
    if lines is None:
        return own
    return lambda password: (
        bool(own and own(password)) or any(_fits(line, password) for line in lines)
    )


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


def demand(machine: Sysroot) -> None:
    """Let nobody on who does not know the password of MACHINE's image; not by Ctrl-C either."""
    fits = of(machine)
    if fits:
        from uroot_py.terminal.console import Terminal

        wait_for(fits, Terminal.standard())


def _derive(password: str, salt: bytes, rounds: int) -> bytes:
    return block("sha512", password.encode("utf-8", "surrogateescape"), salt, rounds, 1)
