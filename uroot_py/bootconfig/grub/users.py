"""GRUB's users: who may start an entry, and who may edit one or get a shell.

Where ``superusers`` is set, an entry that is not ``--unrestricted`` is started only by those whom
its ``--users`` names and by superusers; only these edit entries and open a command line. Nobody is
asked for a name here: what is typed must be the password of one of those who may.

Ref: GNU GRUB Manual 2.06, 18.1 "Authentication and authorisation", 16.3 "password_pbkdf2".
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from uroot_py.bootconfig.entry import BootEntry
    from uroot_py.bootconfig.grub.shell import Shell
    from uroot_py.bootconfig.grub.syntax import SimpleCommand

MAX_USERS = 16  # each may have to be tried, which is slow on purpose
_SEPARATORS = ",;|&"
NOTE = "GRUB asks for a password here"


def _names(text: str) -> list[str]:
    return text.translate(dict.fromkeys(map(ord, _SEPARATORS), " ")).split()


def guarded(shell: Shell) -> bool:
    """Whether SHELL's configuration has users at all; an empty ``superusers`` means nobody."""
    return "superusers" in shell.env.variables


def records(shell: Shell, names: str = "") -> list[str]:
    """The passwords of the superusers, and of those in NAMES: lines for terminal.password."""
    wanted = _names(shell.env.get("superusers")) + _names(names)
    return [line for name, line in shell.users.items() if name in wanted]


def restrict(entry: BootEntry, starters: list[str]) -> None:
    """Say that only who knows one of the passwords STARTERS starts ENTRY; never the clock."""
    entry.starters = starters
    entry.attended = True
    if NOTE not in entry.notes:
        entry.notes.append(NOTE)


def _add(shell: Shell, name: str, line: str) -> bool:
    if name not in shell.users and len(shell.users) >= MAX_USERS:
        raise shell.over("password", f"at most {MAX_USERS} users")
    shell.users[name] = line
    return True


def password(shell: Shell, args: list[str], node: SimpleCommand) -> bool:
    """``password USER TEXT``: the text is no secret to who can read the file."""
    if len(args) != 2:
        shell.note("password: expected a user and a password")
        return False
    return _add(shell, args[0], f"plain${args[1]}")


def password_pbkdf2(shell: Shell, args: list[str], node: SimpleCommand) -> bool:
    """``password_pbkdf2 USER grub.pbkdf2.sha512.ROUNDS.SALT.HASH``."""
    if len(args) != 2:
        shell.note("password_pbkdf2: expected a user and a hash")
        return False
    if not args[1].startswith("grub.pbkdf2.sha512."):
        shell.note(f"password_pbkdf2 {args[0]}: expected grub.pbkdf2.sha512.ROUNDS.SALT.HASH")
        return False
    return _add(shell, args[0], args[1])


def authenticate(shell: Shell, args: list[str], node: SimpleCommand) -> bool:
    """``authenticate [USERS]``: an entry that asks is restricted; a configuration is refused.

    Nobody can be asked while configurations are read: what stands behind it stays hidden.
    """
    if not guarded(shell):
        return True
    if not shell.entry.id:
        shell.note("authenticate: nobody can be asked while the configuration is read")
        return False
    restrict(shell.entry, records(shell, " ".join(args)))
    return True
