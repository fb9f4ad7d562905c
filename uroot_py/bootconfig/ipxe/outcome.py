"""What comes of a script: values, to be shown, compared, and made into boot entries."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Literal

    from uroot_py.bootconfig.ipxe.uri import Uri

    Kind = Literal["boot", "exit", "failed", "menu", "input", "shell", "reboot", "poweroff"]


class Row:
    """A row of a menu; without a label it cannot be chosen; ``key`` is the code of its key or 0."""

    __slots__ = ("default", "key", "label", "text")

    def __init__(
        self, label: str | None, text: str, key: int = 0, *, default: bool = False
    ) -> None:
        self.label = label
        self.text = text
        self.key = key
        self.default = default


class Menu:
    """A menu as a script has made it; ``source`` and ``line`` say where it was shown."""

    __slots__ = ("line", "rows", "source", "title")

    def __init__(self, title: str) -> None:
        self.title = title
        self.rows: list[Row] = []
        self.source = ""
        self.line = 0

    def selected(self, label: str | None) -> int | None:
        """The index of the row that is marked at first, where LABEL was asked for, None: nothing.

        None when no row can be chosen.
        """
        index = None
        for at, row in enumerate(self.rows):
            if row.label is not None and (
                index is None or (row.default if label is None else row.label == label)
            ):
                index = at
        return index

    def key(self) -> tuple[object, ...]:
        """The same for the same menu, shown again at the same place."""
        rows = tuple((row.label, row.text) for row in self.rows)
        return self.source, self.line, self.title, rows


class Image:
    """A file that was fetched: a script with all of its ``data``, or what is no script with none.

    ``size`` is None where the server has not said it. ``ran`` is true for a script that was run.
    """

    __slots__ = ("autofree", "cmdline", "data", "name", "ran", "replacement", "size", "uri", "url")

    def __init__(self, name: str, uri: Uri, data: bytes | None, size: int | None) -> None:
        self.name = name
        self.uri = uri
        self.url = str(uri)
        self.data = data
        self.size = size
        self.cmdline = ""
        self.autofree = False
        self.ran = False
        self.replacement: Image | None = None

    def __repr__(self) -> str:
        return f"<Image {self.name!r} {self.url} {self.cmdline!r}>"


class Outcome:
    """How an interpretation ended, and what it did on the way.

    ``kind`` is ``boot`` (``kernel`` and ``initrds`` are what was to be started), ``exit`` (the
    script came to its end), ``failed`` (with ``why``: a command failed, or a bound was passed),
    ``menu`` and ``input`` (somebody has to choose or to type something: ``menu``, its row
    ``selected`` and ``timeout`` in seconds; ``why``), ``shell``, ``reboot`` and ``poweroff``.
    ``chain`` are the URLs of the scripts that were run, ``menus`` those that were shown, ``lines``
    what was written, ``notes`` what could not be done as the script says, ``refusal`` the last of
    those that made a command fail.
    """

    __slots__ = (
        "chain",
        "initrds",
        "kernel",
        "kind",
        "lines",
        "menu",
        "menus",
        "notes",
        "refusal",
        "selected",
        "status",
        "timeout",
        "why",
    )

    def __init__(self) -> None:
        self.kind: Kind = "exit"
        self.status = 0
        self.why = ""
        self.kernel: Image | None = None
        self.initrds: list[Image] = []
        self.menu: Menu | None = None
        self.selected = 0
        self.timeout: float | None = None
        self.menus: list[Menu] = []
        self.chain: list[str] = []
        self.lines: list[str] = []
        self.notes: list[str] = []
        self.refusal = ""
