"""What a script of iPXE's offers: its menus tried row by row, so that they stand among ours.

A script is run as if nobody was there, with answers for the first menus: what it would start then
is a boot entry, what it asks next is a submenu. What cannot be known without a person or without
telling a server something (``prompt``, ``read``, ``login``, a POST, a row that goes back to its
menu) is an entry of the kind ``ipxe``, whose script is run when it is started: ``resume`` does.
"""

from __future__ import annotations

from uroot_py.base.errors import RefusedError, UrootError
from uroot_py.base.text import printable
from uroot_py.bootconfig.entry import BootEntry, FileRef
from uroot_py.bootconfig.ipxe import uri
from uroot_py.bootconfig.ipxe.host import Nobody, Request
from uroot_py.bootconfig.ipxe.loaders import LOADERS
from uroot_py.bootconfig.ipxe.outcome import Image, Menu, Outcome
from uroot_py.bootconfig.ipxe.shell import MAX_SCRIPT, MAX_TEXT, Shell
from uroot_py.bootconfig.ipxe.syntax import is_script

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from uroot_py.bootconfig.entry import Listing
    from uroot_py.bootconfig.ipxe.host import Download, Facts, Host

MAX_ENTRIES = 200
MAX_RUNS = 300
MAX_FILES = 200  # that are asked for while menus are tried
MAX_STEPS = 40_000  # of all runs together
MAX_SUBMENUS = 4  # inside each other
_ANSWER = "choose="


class _Kept:
    """A file that was looked at once, as a Download."""

    def __init__(self, url: str, data: bytes, size: int | None) -> None:
        self.url = url
        self.data = data
        self.size = size

    def read(self, limit: int) -> bytes:
        """See Download.read."""
        piece, self.data = self.data[:limit], self.data[limit:]
        return piece

    def close(self) -> None:
        """See Download.close."""


class _Memory(Nobody):
    """Nobody, with what the servers have said already: each file is asked for once."""

    def __init__(self, host: Host) -> None:
        super().__init__(host)
        self.known: dict[tuple[object, ...], _Kept | UrootError | OSError] = {}

    def open(self, request: Request) -> Download:
        """See Host.open."""
        key = request.key()
        if key not in self.known:
            if len(self.known) >= MAX_FILES:
                raise RefusedError(f"more than {MAX_FILES} files are asked for")
            self.known[key] = self._look(request)
        found = self.known[key]
        if isinstance(found, _Kept):
            return _Kept(found.url, found.data, found.size)
        raise found

    def _look(self, request: Request) -> _Kept | UrootError | OSError:
        """All of a script, the beginning of another file, or why there is none."""
        try:
            download = super().open(request)
            try:
                data = download.read(4096)
                while len(data) < 4096 and (piece := download.read(4096 - len(data))):
                    data += piece
                while is_script(data) and len(data) <= MAX_SCRIPT:
                    piece = download.read(1 << 16)
                    if not piece:
                        break
                    data += piece
            finally:
                download.close()
        except (UrootError, OSError) as error:
            return error
        return _Kept(download.url, data, download.size)


class _Answering:
    """People, behind the answers that an entry has already."""

    def __init__(self, host: Host, answers: list[str]) -> None:
        self.host = host
        self.answers = answers

    def choose(self, menu: Menu, selected: int, timeout: float | None) -> int | None:
        """See Host.choose."""
        if self.answers:
            label = self.answers.pop(0)
            for index, row in enumerate(menu.rows):
                if row.label == label:
                    return index
        return self.host.choose(menu, selected, timeout)

    def __getattr__(self, name: str) -> object:
        return getattr(self.host, name)


def read(data: bytes, url: str, facts: Facts, host: Host, listing: Listing) -> list[BootEntry]:
    """The entries of the script DATA, which was found at URL, in menu order, the default marked.

    HOST fetches what it names and is asked for nothing else. Faults and the timeout go into
    LISTING; nothing is raised.
    """
    found = _Explorer(data, url, facts, host)
    first = found.run(())
    if first.kind == "menu" and first.menu is not None:
        title = printable(first.menu.title[:MAX_TEXT]) or found.name
        default: BootEntry | None = found.rows(first, (), (title,))
        listing.timeout = first.timeout
    else:
        default = found.entry(first, (), found.name, ())
        listing.timeout = 0
    if default is not None and default.bootable:
        default.default = True
    listing.looked += [(name, "a script for iPXE") for name in sorted(found.scripts)]
    listing.faults += found.faults
    return found.entries


def resume(entry: BootEntry, data: bytes, facts: Facts, host: Host) -> BootEntry:
    """Run the script DATA of ENTRY, of the kind ``ipxe``, with people: what is to be started.

    The entry that comes back has its kernel, or says in ``why_not`` why there is none.
    """
    answers = [
        uri.decode(word.removeprefix(_ANSWER)).decode("utf-8", "surrogateescape")
        for word in entry.cmdline.split()
        if word.startswith(_ANSWER)
    ]
    people: Host = _Answering(host, answers)  # type: ignore[assignment]
    image = Image("", uri.Uri(entry.source), data, len(data))
    outcome = Shell(facts, people, LOADERS).run(image)
    return filled(BootEntry(entry.id, entry.title, source=entry.source), outcome)


def url_ref(url: str, member: str = "") -> FileRef:
    """The file at URL: its volume is ``device=http,10.0.2.2:8080``, its path what is asked for."""
    where = uri.Uri(url)
    return FileRef(where.target, f"device={where.scheme},{where.authority}", member=member)


def filled(entry: BootEntry, outcome: Outcome) -> BootEntry:
    """ENTRY with what OUTCOME starts, or the reason why it starts nothing."""
    entry.notes = list(outcome.notes)
    if outcome.kind == "boot" and outcome.kernel is not None:
        entry.kernel = url_ref(outcome.kernel.url)
        entry.cmdline = outcome.kernel.cmdline
        for image in outcome.initrds:
            # What has a command line is no archive: it becomes a file in one, with that name.
            entry.initrds.append(url_ref(image.url, image.cmdline.partition(" ")[0]))
    else:
        entry.kind = "other"
        entry.why_not = printable(outcome.refusal) or outcome.why
        entry.why_not = entry.why_not or "the script ends here and starts nothing"
    return entry


class _Explorer:
    """Runs a script once for each row of its menus."""

    def __init__(self, data: bytes, url: str, facts: Facts, host: Host) -> None:
        self.image = data, url
        self.facts = facts
        self.memory = _Memory(host)
        self.name = printable(uri.Uri(url).name[:MAX_TEXT]) or "iPXE"
        self.steps = MAX_STEPS
        self.runs = MAX_RUNS
        self.entries: list[BootEntry] = []
        self.scripts: set[str] = set()
        self.faults: list[str] = []

    def run(self, answers: Sequence[str]) -> Outcome:
        """How the script ends when ANSWERS are chosen in its first menus."""
        data, url = self.image
        self.memory.answers = list(answers)
        shell = Shell(self.facts, self.memory, LOADERS)
        shell.steps = min(shell.steps, max(self.steps, 0))
        before = shell.steps
        outcome = shell.run(Image("", uri.Uri(url), data, len(data)))
        self.steps -= before - shell.steps
        self.runs -= 1
        self.scripts.update(outcome.chain)
        return outcome

    def rows(
        self, outcome: Outcome, answers: tuple[str, ...], parents: tuple[str, ...]
    ) -> BootEntry | None:
        """Entries for the menu that OUTCOME ended with; the one that it starts by itself."""
        default: BootEntry | None = None
        menu = outcome.menu
        for index, row in enumerate(menu.rows if menu is not None else ()):
            if row.label is None:
                continue
            if len(self.entries) >= MAX_ENTRIES:
                self.faults.append(
                    f"{self.name}: more than {MAX_ENTRIES} entries, the rest is left out"
                )
                break
            title = printable((row.text or row.label)[:MAX_TEXT].strip()) or "-"
            chosen = (*answers, row.label)
            if self.runs <= 0 or self.steps <= 0:
                found: BootEntry | None = self.later(
                    chosen, title, parents, "not looked at: the others took all the time"
                )
            else:
                found = self.tried(outcome, chosen, title, parents)
            if index == outcome.selected and outcome.timeout is not None:
                default = found
        return default

    def tried(
        self, before: Outcome, answers: tuple[str, ...], title: str, parents: tuple[str, ...]
    ) -> BootEntry | None:
        """The entries for ANSWERS, of which BEFORE was the outcome without the last."""
        after = self.run(answers)
        if after.kind != "menu" or after.menu is None:
            return self.entry(after, answers, title, parents)
        if after.menu.key() in [menu.key() for menu in before.menus[:-1]]:
            return None  # the way back to a menu above, which ours has itself
        if after.menu.key() == before.menus[-1].key():
            return self.later(answers, title, parents, "it comes back to this menu")
        if len(answers) >= MAX_SUBMENUS:
            return self.later(answers, title, parents, "opens another menu")
        return self.rows(after, answers, (*parents, title))

    def entry(
        self, outcome: Outcome, answers: tuple[str, ...], title: str, parents: tuple[str, ...]
    ) -> BootEntry:
        """The entry for what the script does after ANSWERS."""
        if outcome.kind == "input":
            return self.later(answers, title, parents, outcome.why, alone=": posts" in outcome.why)
        made = self._new(answers, title, parents)
        return filled(made, outcome)

    def later(
        self,
        answers: tuple[str, ...],
        title: str,
        parents: tuple[str, ...],
        why: str,
        *,
        alone: bool = False,
    ) -> BootEntry:
        """The entry that runs the script; a person is needed for it unless it can do so ALONE."""
        made = self._new(answers, title, parents)
        made.kind, made.kernel = "ipxe", url_ref(self.image[1])
        made.cmdline = " ".join(
            _ANSWER + uri.encode(label.encode("utf-8", "surrogateescape")) for label in answers
        )
        made.attended, made.editable = not alone, False
        made.remark = f"the script is run when this is started: {why}"
        return made

    def _new(self, answers: tuple[str, ...], title: str, parents: tuple[str, ...]) -> BootEntry:
        name = ">".join(uri.encode(label.encode("utf-8", "surrogateescape")) for label in answers)
        made = BootEntry(name or self.name, title, source=self.image[1])
        made.parents = parents
        self.entries.append(made)
        return made
