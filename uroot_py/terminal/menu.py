"""What the boot menu shows and what it gives: Items in, a Decision out.

Its two forms, full_menu and plain_menu, stand on this; ``choose`` picks one. Nothing is started
here.
"""

from __future__ import annotations

import time

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Protocol

    from uroot_py.terminal.console import Terminal

    class Late(Protocol):
        """What comes while the menu is shown."""

        def filenos(self) -> list[int]:
            """Descriptors that are readable when something has come."""

        def pause(self) -> float | None:
            """The seconds after which to ``take`` in any case; None: not before."""

        def take(self) -> bool:
            """Take it, without waiting; true when the menu was changed."""

        def again(self) -> None:
            """Look for it again: a person has asked for that."""


_TRIES = 3
REFUSED = "The right password was not given."
LOCKED = "Its configuration forbids to change its command line."


class Item:
    """One entry: PARENTS are the submenus around it, WHY_NOT says why it cannot be started.

    An entry that is not EDITABLE is started with its own command line only; one that is MENDABLE
    may be started with another one although there is a reason against it; one that is ATTENDED is
    started by a person only. START and EDIT say whether a password is one that this needs; None:
    none is needed. ``remark`` is what may go wrong although nothing stops it.
    """

    __slots__ = (
        "attended",
        "cmdline",
        "details",
        "edit",
        "editable",
        "mendable",
        "parents",
        "remark",
        "start",
        "title",
        "why_not",
    )

    def __init__(
        self,
        title: str,
        *,
        cmdline: str = "",
        why_not: str = "",
        details: Sequence[str] = (),
        parents: tuple[str, ...] = (),
        editable: bool = True,
    ) -> None:
        self.title = title
        self.cmdline = cmdline
        self.why_not = why_not
        self.remark = ""
        self.mendable = False
        self.attended = False
        self.start: Callable[[str], bool] | None = None
        self.edit: Callable[[str], bool] | None = None
        self.details = details
        self.parents = parents
        self.editable = editable

    def path(self) -> str:
        """The titles from the top down."""
        return " > ".join((*self.parents, self.title))

    def flag(self) -> str:
        """``!`` when it cannot be started, ``?`` when something may go wrong, else a blank."""
        if self.why_not:
            return "!"
        return "?" if self.remark else " "

    def against(self) -> list[str]:
        """Why it cannot be started, what may go wrong: lines."""
        lines = [f"cannot be started: {self.why_not}"] if self.why_not else []
        return [*lines, self.remark] if self.remark else lines


class Decision:
    """``boot`` entry INDEX with CMDLINE, or ``shell``, ``reboot``, ``poweroff``.

    ``by_hand`` is false when the clock or a missing terminal has decided.
    """

    __slots__ = ("by_hand", "cmdline", "index", "kind")

    def __init__(
        self, kind: str, index: int = -1, cmdline: str = "", *, by_hand: bool = True
    ) -> None:
        self.kind = kind
        self.index = index
        self.cmdline = cmdline
        self.by_hand = by_hand

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Decision) and repr(self) == repr(other)

    def __hash__(self) -> int:
        return hash(repr(self))

    def __repr__(self) -> str:
        who = "" if self.by_hand else " by itself"
        return f"<{self.kind} {self.index} {self.cmdline!r}{who}>"


class Menu:
    """The menu over ITEMS. DEFAULT is started after TIMEOUT seconds (None: never by itself).

    NOTICES are lines that stay visible; LOG gives the lines of the log; PASSWORD, when there is
    one, must accept what is typed before a shell is opened. LATE changes the menu while it is
    shown, through ``replace``. The same menu can be shown again, with
    other notices and no time-out, after an entry has failed.
    """

    def __init__(
        self,
        items: Sequence[Item],
        *,
        title: str = "uroot-py",
        default: int = 0,
        timeout: float | None = None,
        notices: Sequence[str] = (),
        log: Callable[[], list[str]] = list,
        password: Callable[[str], bool] | None = None,
        clock: Callable[[], float] = time.monotonic,
        late: Late | None = None,
    ) -> None:
        self.items = items
        self.late = late
        self.title = title
        self.timeout = timeout
        self.notices = list(notices)
        self.log = log
        self.password = password
        self.clock = clock
        self.edited = [item.cmdline for item in items]
        self.default = self._able(default)
        self.marked = self.default  # the entry that is marked when the menu is shown

    def _able(self, default: int) -> int:
        """DEFAULT, or the first entry that can be started where that one cannot; -1 for none."""
        able = [n for n, item in enumerate(self.items) if not item.why_not and not item.attended]
        return default if default in able else next(iter(able), -1)

    def replace(self, items: Sequence[Item], default: int) -> None:
        """Have ITEMS from now on: those that stay are the same objects, and stay edited."""
        edited = {
            id(item): text
            for item, text in zip(self.items, self.edited, strict=True)
            if text != item.cmdline
        }
        marked = self.items[self.marked] if self.marked >= 0 else None
        self.items = items
        self.edited = [edited.get(id(item), item.cmdline) for item in items]
        self.default = self._able(default)
        self.marked = next((n for n, item in enumerate(items) if item is marked), self.default)

    def by_itself(self) -> Decision:
        """What happens when nobody decides."""
        if self.default < 0:
            return Decision("shell", by_hand=False)
        return Decision("boot", self.default, self.edited[self.default], by_hand=False)


class Chooser:
    """What both forms of the menu share: the clock, what comes late, the editor, the password."""

    def __init__(self, menu: Menu, terminal: Terminal, seconds: float | None) -> None:
        self.menu = menu
        self.terminal = terminal
        self.deadline = None if seconds is None else menu.clock() + seconds
        self.touched = False  # somebody has pressed a key
        self.versions: dict[Item, list[str]] = {}

    def left(self) -> int:
        """The whole seconds until the default is started, rounded up."""
        return (
            0 if self.deadline is None else max(0, -int((self.menu.clock() - self.deadline) // 1))
        )

    def key(self) -> str | None:
        """The next key; None when the time is over; an empty text when something has changed."""
        late = self.menu.late
        wait = late.pause() if late else None
        if self.deadline is not None:
            rest = self.deadline - self.menu.clock()
            if rest <= 0:
                return None
            wait = min(rest % 1 or 1, 1 if wait is None else wait)
        key = self.terminal.key(wait, late.filenos() if late else ())
        if key:
            self.deadline, self.touched = None, True
        else:
            self.take()
        return key

    def take(self) -> None:
        """Take what has come late; a default where there was none, or another, starts the clock."""
        menu = self.menu
        before = list(menu.items)
        default = before[menu.default] if menu.default >= 0 else None
        if menu.late is None or not menu.late.take():
            return
        now = menu.items[menu.default] if menu.default >= 0 else None
        if now is None:
            self.deadline = None
        elif now is not default and not self.touched and menu.timeout is not None:
            self.deadline = menu.clock() + menu.timeout
        self.changed(before, moved=now is not default and not self.touched)

    def changed(self, before: Sequence[Item], *, moved: bool) -> None:
        """Show the menu as it is now; BEFORE are the items that were shown.

        MOVED: another default is to be marked.
        """
        raise NotImplementedError

    def allowed(self, prompt: Callable[[str], None], fits: Callable[[str], bool] | None) -> bool:
        """Whether a password that FITS, if one is needed, was given."""
        if fits is None:
            return True
        from uroot_py.terminal.password import typed

        for _ in range(_TRIES):
            prompt("Password: ")
            text = typed(self.terminal)
            if text is None:
                return False
            if fits(text):
                return True
        return False

    def edit(self, index: int) -> Decision | None:
        """Edit the command line of an entry on this line; the decision to start it, or None."""
        from uroot_py.terminal.editor import Editor

        menu = self.menu
        item = menu.items[index]
        versions = self.versions.setdefault(item, [item.cmdline])
        editor = Editor(self.terminal, versions)
        try:
            text = editor.read("cmdline: ", menu.edited[index], cancel=True)
        except (KeyboardInterrupt, EOFError):
            text = None
        editor.remember(editor.line.text)
        menu.edited[index] = editor.line.text
        return None if text is None else Decision("boot", index, text)
