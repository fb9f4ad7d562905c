"""The entries of a survey as the items of a menu, and what becomes of it when disks come or go."""

from __future__ import annotations

from uroot_py.base.text import printable
from uroot_py.boot.describe import details, log, paths
from uroot_py.boot.waiting import Arrivals
from uroot_py.machine.sysroot import HERE
from uroot_py.terminal import password
from uroot_py.terminal.menu import Item, Menu

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from uroot_py.boot.survey import Survey
    from uroot_py.bootconfig.entry import BootEntry

MAX_NOTICES = 2  # faults that the menu shows by themselves


class Offer(Arrivals):
    """The ``menu`` over the ``entries`` of SURVEY, each with the command line that CMDLINE gives.

    The first of ORDER is started after TIMEOUT seconds (None: never by itself); MORE gives lines
    for the log.
    """

    def __init__(
        self,
        survey: Survey,
        cmdline: Callable[[BootEntry], str],
        order: Callable[[], list[BootEntry]],
        timeout: Callable[[], float | None],
        more: Callable[[], list[str]],
    ) -> None:
        super().__init__(survey)
        self.cmdline = cmdline
        self.order = order
        self.timeout = timeout
        defaults = order()
        self.entries = list(survey.entries)
        items, shell = self._items()
        self.menu = Menu(
            items,
            title="uroot-py: which system shall be started?",
            default=self._place(defaults[0] if defaults else None),
            timeout=timeout(),
            notices=self._notices(),
            log=lambda: [printable(line) for line in (*log(survey), *more())],
            password=shell,
            late=self if survey.filenos() else None,
        )

    def again(self) -> None:
        """See Late.again."""
        self.survey.again()

    def take(self) -> bool:
        """See Late.take: items of entries that stay are the same objects."""
        if not super().take():
            return False
        menu = self.menu
        default = menu.items[menu.default] if menu.default >= 0 else None
        known = {_key(entry): item for entry, item in zip(self.entries, menu.items, strict=True)}
        defaults = self.order()
        self.entries = list(self.survey.entries)
        items, menu.password = self._items()
        for number, (entry, new) in enumerate(zip(self.entries, items, strict=True)):
            old = known.pop(_key(entry), None)
            if old:
                for name in Item.__slots__:
                    setattr(old, name, getattr(new, name))
                items[number] = old
        place = next((n for n, item in enumerate(items) if item is default), -1)
        if place < 0 or self.asked_for(defaults):
            place = self._place(defaults[0] if defaults else None)
            menu.timeout = self.timeout() if default is None else menu.timeout
        menu.replace(items, place)
        menu.notices = self._notices()
        return True

    def asked_for(self, defaults: list[BootEntry]) -> bool:
        """Whether the first of DEFAULTS is so because the machine's owner has said it."""
        return bool(defaults) and defaults[0] not in self.survey.defaults()[:1]

    def _place(self, entry: BootEntry | None) -> int:
        return next((n for n, other in enumerate(self.entries) if other is entry), -1)

    def _notices(self) -> list[str]:
        notices = [printable(fault) for fault in self.survey.faults]
        if len(notices) > MAX_NOTICES:
            notices = [notices[0], f"and {len(notices) - 1} more faults: l shows them"]
        return notices

    def _items(self) -> tuple[list[Item], Callable[[str], bool] | None]:
        """An item for each entry; what says whether a password may open a shell."""
        own = password.of(HERE)
        shell: list[str] = []  # whoever may edit an entry of any configuration
        items = []
        for entry, path in zip(self.entries, paths(self.survey), strict=True):
            line = self.cmdline(entry)
            item = Item(path[-1], cmdline=line, details=details(entry, line), parents=path[:-1])
            item.why_not = printable(entry.why_not)
            item.remark = entry.remark
            item.editable = entry.editable
            item.mendable = entry.kernel is not None and entry.kernel.tree is not None
            item.attended = entry.attended
            item.edit = password.any_of(own, entry.editors)
            if entry.starters is not None:
                item.start = password.any_of(own, entry.starters)
            shell += [line for line in entry.editors or () if line not in shell]
            items.append(item)
        guarded = any(entry.editors is not None for entry in self.entries)
        return items, password.any_of(own, shell if guarded else None)


def _key(entry: BootEntry) -> tuple[object, ...]:
    """What an entry is known by when its configuration is read again."""
    return entry.device, entry.source, entry.line, entry.id, entry.parents, entry.title
