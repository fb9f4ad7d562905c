"""The boot menu in the form that its terminal can show, for a serial line of 80 columns first."""

from __future__ import annotations

from uroot_py.terminal.console import Hangup

TYPE_CHECKING = False
if TYPE_CHECKING:
    from uroot_py.terminal.console import Terminal
    from uroot_py.terminal.full_menu import FullMenu
    from uroot_py.terminal.menu import Decision, Menu
    from uroot_py.terminal.plain_menu import PlainMenu


def choose(menu: Menu, terminal: Terminal) -> Decision:
    """Show MENU and return what was decided; without a terminal, the default at once."""
    if not terminal.is_terminal:
        return menu.by_itself()
    try:
        with terminal:
            # Time-out 0 starts at once, unless a key is being pressed already.
            if menu.timeout == 0 and menu.default >= 0 and not terminal.key(0):
                return menu.by_itself()
            clock = menu.timeout if menu.timeout and menu.default >= 0 else None
            decision = _form(terminal)(menu, terminal, clock).run()
            if decision.index >= 0:
                menu.marked = decision.index
            return decision
    except Hangup:
        return menu.by_itself()
    finally:
        menu.timeout = None


def _form(terminal: Terminal) -> type[FullMenu | PlainMenu]:
    # Imported here: only one of the two is needed.
    if terminal.dumb:
        from uroot_py.terminal.plain_menu import PlainMenu

        return PlainMenu
    from uroot_py.terminal.full_menu import FullMenu

    return FullMenu
