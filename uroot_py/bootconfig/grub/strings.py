"""GRUB's commands that make strings: regexp, tr, cat, file_env, read, smbios.

Ref: GNU GRUB Manual 2.12, 16.3 "regexp", "smbios"; GRUB's tr.c, read.c; Home Assistant OS'
file_env.
"""

from __future__ import annotations

from uroot_py.base.errors import FormatError
from uroot_py.bootconfig.grub.condition import number
from uroot_py.bootconfig.grub.options import split

TYPE_CHECKING = False
if TYPE_CHECKING:
    from uroot_py.bootconfig.grub.shell import Handler, Shell
    from uroot_py.bootconfig.grub.syntax import SimpleCommand
    from uroot_py.formats.smbios import Structure

_LOWER = "abcdefghijklmnopqrstuvwxyz"
_SMBIOS = (
    "type/t: handle/h: match/m: get-byte/b: get-word/w: get-dword/d: get-qword/q: get-string/s:"
    " get-uuid/u: set:"
)
MAX_LINE = 4096  # characters of a file's first line that a variable gets


def _regexp(shell: Shell, args: list[str], node: SimpleCommand) -> bool:
    """``regexp [--set [GROUP:]VARIABLE]... PATTERN STRING``; a group that is not there unsets."""
    from uroot_py.base.ere import compile_ere, search

    options, operands = split(args, "set/s:")
    if len(operands) != 2:
        shell.note("regexp: expected a pattern and a string")
        return False
    try:
        pattern = compile_ere(operands[0])
    except FormatError as fault:
        shell.note(f"regexp: {fault}")
        return False
    shell.step(len(pattern.code) // 16)
    found = search(pattern, operands[1], lambda cost: shell.step(cost // 16))
    if found is None:
        return False
    for name in options.get("set", []):
        group_text, colon, variable = name.rpartition(":")
        if colon and not (group_text.isascii() and group_text.isdigit()):
            shell.note(f"regexp: expected NUMBER:VARIABLE, found {name}")
            return False
        group = number(group_text) if colon else 1
        begin, end = found[group] if group < len(found) else (-1, -1)
        if begin < 0:
            shell.env.variables.pop(variable, None)
        else:
            shell.set(variable, operands[1][begin:end])
    return True


def _tr(shell: Shell, args: list[str], node: SimpleCommand) -> bool:
    """``tr [--set VARIABLE] [-U|-D] [SET1 SET2] [STRING]``."""
    options, operands = split(args, "set/s: upcase/U downcase/D")
    variable = options.get("set", [""])[-1]
    old, new = "", ""
    if "upcase" in options:
        old, new = _LOWER, _LOWER.upper()
    if "downcase" in options:
        old, new = _LOWER.upper(), _LOWER
    text = shell.env.variables.get(variable)
    if len(operands) in (1, 3):
        text = operands[-1]
    if len(operands) in (2, 3):
        old, new = operands[:2]
    if len(operands) > 3 or text is None or not old or len(old) != len(new):
        shell.note("tr: expected two sets of one length and a string")
        return False
    shell.step(len(text) // 64)
    if variable:
        first = {char: new[old.index(char)] for char in old}
        shell.set(variable, "".join(first.get(char, char) for char in text))
    return True


def _first_line(shell: Shell, what: str, path: str, variable: str) -> bool:
    text = shell.read(path)
    if text is None:
        shell.note(f"{what} {path}: cannot be read")
        return False
    if variable:
        shell.set(variable, text.replace("\r", "").partition("\n")[0][:MAX_LINE])
    return True


def _cat(shell: Shell, args: list[str], node: SimpleCommand) -> bool:
    """``cat [--set VARIABLE] FILE``: without the variable GRUB only shows it."""
    options, operands = split(args, "dos set/s:")
    variable = options.get("set", [""])[-1]
    return not variable or _first_line(shell, "cat", "".join(operands[:1]), variable)


def _file_env(shell: Shell, args: list[str], node: SimpleCommand) -> bool:
    """``file_env -f FILE VARIABLE``: the file's first line."""
    options, operands = split(args, "file/f:")
    path = options.get("file", [""])[-1]
    return _first_line(shell, "file_env", path, "".join(operands[:1]))


def _read(shell: Shell, args: list[str], node: SimpleCommand) -> bool:
    """``read [VARIABLE]`` waits for a person; here the answer is an empty line."""
    _, operands = split(args, "silent/s")
    shell.note("read: nobody is asked here, the answer is taken to be empty")
    if operands:
        shell.set(operands[0], "")
    return True


def _smbios(shell: Shell, args: list[str], node: SimpleCommand) -> bool:
    """``smbios --type N --get-string OFFSET --set VARIABLE`` and its relatives."""
    from uroot_py.formats import smbios

    options, _ = split(args, _SMBIOS)
    what = next((name for name in options if name.startswith("get-")), "")
    asked = {name: number(values[-1]) for name, values in options.items() if values[-1]}
    left = asked.get("match", 1)
    for structure in smbios.parse(shell.devices.volumes.read_smbios()):
        if asked.get("type", structure.kind) != structure.kind:
            continue
        if asked.get("handle", structure.handle) != structure.handle:
            continue
        left -= 1
        if left or not what:
            continue
        try:
            value = _field(structure, what, asked[what])
        except FormatError as fault:
            shell.note(f"smbios: {fault}")
            return False
        if "set" in options:
            shell.set(options["set"][-1], value)
        return True
    shell.note("smbios: this machine's tables have no such structure")
    return False


def _field(structure: Structure, what: str, offset: int) -> str:
    if what == "get-string":
        return structure.string(offset)
    if what == "get-uuid":
        return structure.uuid(offset)
    size = {"get-byte": 1, "get-word": 2, "get-dword": 4, "get-qword": 8}[what]
    return str(structure.number(offset, size))


STRINGS: dict[str, Handler] = {
    "regexp": _regexp,
    "tr": _tr,
    "cat": _cat,
    "file_env": _file_env,
    "read": _read,
    "smbios": _smbios,
}
