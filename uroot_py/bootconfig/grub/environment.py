"""What a GRUB script can change by name: variables, which of them are exported, functions.

Ref: GNU GRUB Manual 2.06, 17 "GRUB environment variables".
"""

from __future__ import annotations

from uroot_py.base.errors import FormatError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from uroot_py.bootconfig.grub.syntax import Function

MAX_VARIABLES = 1000

_FEATURES = (
    "chainloader_bpb ntldr platform_search_hint default_font_path all_video_module menuentry_id"
    " menuentry_options 200_final nativedisk_cmd timeout_style"
)


class Environment:
    """Named values, positional arguments (``args``), and whether the last command succeeded."""

    def __init__(self) -> None:
        self.variables: dict[str, str] = {}
        self.exported: set[str] = set()
        self.functions: dict[str, Function] = {}
        self.args: list[str] = []
        self.success = True

    def start(self, device: str, prefix: str, platform: str, cpu: str) -> None:
        """Set the variables that GRUB has before it reads a file in the directory PREFIX."""
        self.variables.update(
            {
                "root": device,
                "prefix": f"({device}){prefix}",
                "cmdpath": f"({device}){prefix}",
                "grub_platform": platform,
                "grub_cpu": cpu,
            }
        )
        self.variables.update({f"feature_{name}": "y" for name in _FEATURES.split()})
        # GRUB forgets in submenus who its superusers are where that is not exported: we do not.
        self.exported = {*self.variables, "superusers"}

    def copy(self, *, new_context: bool = False) -> Environment:
        """One that changes on its own; a new context sees the exported variables only."""
        other = Environment()
        other.variables = {
            name: value
            for name, value in self.variables.items()
            if not new_context or name in self.exported
        }
        other.exported = set(self.exported)
        other.functions = dict(self.functions)
        return other

    def get(self, name: str) -> str:
        """A variable's value, an empty string if it is not set; positional ones included."""
        if name.isascii() and name.isdigit():
            index = int(name[:6])
            return self.args[index - 1] if 0 < index <= len(self.args) else ""
        if name == "#":
            return str(len(self.args))
        if name in ("*", "@"):
            return " ".join(self.args)
        if name == "?":
            return "0" if self.success else "1"
        return self.variables.get(name, "")

    def set(self, name: str, value: str) -> None:
        """Set a variable; ``root`` loses its parentheses, as in GRUB. FormatError: too many."""
        if name not in self.variables and len(self.variables) >= MAX_VARIABLES:
            raise FormatError("set", 0, f"at most {MAX_VARIABLES} variables", "more")
        self.variables[name] = value.strip("()") if name == "root" else value
