"""Commands that ask a person: menus, keys, lines.

Ref: iPXE src/hci/commands/{menu,dynui,login,nvo}_cmd.c, src/image/script.c "prompt".
"""

from __future__ import annotations

from uroot_py.bootconfig.ipxe import values
from uroot_py.bootconfig.ipxe.faults import ECANCELED, EINVAL, ENOENT, ETIMEDOUT, Failure
from uroot_py.bootconfig.ipxe.options import split
from uroot_py.bootconfig.ipxe.outcome import Menu, Row

TYPE_CHECKING = False
if TYPE_CHECKING:
    from uroot_py.bootconfig.ipxe.shell import Handler, Shell

MAX_ROWS = 1000
MAX_MENUS = 100


def _key(text: str) -> int:
    """The code of the key TEXT: a character, ``ctrl-c``, or a number; 0: none."""
    if not text:
        return 0
    if len(text) == 1:
        return ord(text)
    if text.lower().startswith("ctrl-") and len(text) == 6:
        return ord(text[5].upper()) & 0x1F
    return values.integer(text)


def _timeout(text: str) -> float | None:
    """Seconds; None: for ever."""
    number = values.integer(text) if text else 0
    if number < 0:
        raise Failure(EINVAL, f"{text[:40]}: expected milliseconds")
    return number / 1000 if number else None


def _menu(shell: Shell, args: list[str]) -> None:
    given = split(args, "name:n= delete:d")
    name = given.get("name")
    if len(shell.menus) >= MAX_MENUS:
        raise shell.over(f"at most {MAX_MENUS} menus")
    shell.menus[name] = Menu(" ".join(given.operands))
    if "delete" in given:
        del shell.menus[name]


def _find(shell: Shell, name: str) -> Menu:
    if name not in shell.menus:
        raise Failure(ENOENT, f'"{name[:40]}": no such menu' if name else "there is no menu")
    return shell.menus[name]


def _item(shell: Shell, args: list[str]) -> None:
    given = split(args, "menu:m= key:k= default:d gap:g")
    words = given.operands
    label = words.pop(0) if words and "gap" not in given else None
    menu = _find(shell, given.get("menu"))
    if len(menu.rows) >= MAX_ROWS:
        raise shell.over(f"a menu of at most {MAX_ROWS} rows")
    key = _key(given.get("key"))
    menu.rows.append(Row(label, " ".join(words), key, default="default" in given))


def _choose(shell: Shell, args: list[str]) -> None:
    given = split(args, "menu:m= default:d= timeout:t= keep:k", least=1, most=1)
    name = given.get("menu")
    timeout = _timeout(given.get("timeout"))
    menu = _find(shell, name)
    wanted = given.get("default") if "default" in given else None
    selected = menu.selected(wanted)
    if "keep" not in given:
        del shell.menus[name]
    if selected is None:
        raise Failure(ENOENT, "the menu has no row that can be chosen")
    shown = Menu(menu.title)
    shown.rows = list(menu.rows)
    shown.source, shown.line = shell.running[-1].url if shell.running else "", shell.number
    outcome = shell.outcome
    outcome.menu, outcome.selected, outcome.timeout = shown, selected, timeout
    if len(outcome.menus) < MAX_MENUS:
        outcome.menus.append(shown)
    chosen = shell.host.choose(shown, selected, timeout)
    if chosen is None or not 0 <= chosen < len(shown.rows) or shown.rows[chosen].label is None:
        raise Failure(ECANCELED, "nothing was chosen")
    outcome.menu = None
    shell.settings.store(given.operands[0], shown.rows[chosen].label or "")


def _prompt(shell: Shell, args: list[str]) -> None:
    given = split(args, "key:k= timeout:t= set:s=")
    wanted = _key(given.get("key"))
    timeout = _timeout(given.get("timeout"))
    pressed = shell.host.prompt(" ".join(given.operands), timeout)
    if pressed is None:
        raise Failure(ETIMEDOUT, "no key was pressed")
    if wanted and pressed != wanted:
        raise Failure(ECANCELED, "another key was pressed")
    if "set" in given:
        shell.settings.store_number(given.get("set"), pressed)


def _typed(shell: Shell, name: str, *, hidden: bool = False) -> None:
    text = shell.host.read(name, shell.settings.text(name), hidden=hidden)
    if text is None:
        raise Failure(ECANCELED, "nothing was typed")
    shell.settings.store(name, text)


def _read(shell: Shell, args: list[str]) -> None:
    _typed(shell, split(args, "timeout:t=", least=1, most=1).operands[0])


def _login(shell: Shell, args: list[str]) -> None:
    split(args, "timeout:t=", most=0)
    _typed(shell, "username")
    _typed(shell, "password", hidden=True)


MENUS: dict[str, Handler] = {
    "menu": _menu,
    "item": _item,
    "choose": _choose,
    "prompt": _prompt,
    "read": _read,
    "login": _login,
}
