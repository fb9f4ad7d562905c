"""iPXE's shell: runs scripts and collects what they would boot.

It stands between the ``settings``, the ``host`` (files by URL, people) and the ``commands`` (a
dictionary). It does nothing itself: what is fetched is an ``Image`` among the ``images``, and
``boot`` ends the interpretation. Commands, fetched files, bytes and nesting are bounded.

Ref: iPXE src/core/exec.c, src/image/script.c, src/core/image.c.
"""

from __future__ import annotations

from uroot_py.base.errors import FormatError, LineError, UrootError, explain
from uroot_py.base.text import printable
from uroot_py.bootconfig.ipxe import values
from uroot_py.bootconfig.ipxe.faults import (
    EINVAL,
    EIO,
    ENOENT,
    ENOEXEC,
    ENOTSUP,
    Failure,
    Leave,
)
from uroot_py.bootconfig.ipxe.host import Request
from uroot_py.bootconfig.ipxe.outcome import Image, Menu, Outcome
from uroot_py.bootconfig.ipxe.syntax import MAX_LENGTH, Line, Script, is_script, parse
from uroot_py.bootconfig.ipxe.uri import Uri, encode

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from uroot_py.bootconfig.ipxe.host import Facts, Host

    Handler = Callable[["Shell", list[str]], None]

MAX_STEPS = 50_000  # a step is a command, or so much work that it takes about as long
MAX_DEPTH = 20  # scripts inside each other
MAX_SCRIPT = 1 << 20  # bytes of one script
MAX_READ = 8 << 20  # bytes of all scripts
MAX_FETCHES = 500
MAX_IMAGES = 200
MAX_NOTES = 50
MAX_LINES = 500  # that are written
MAX_TEXT = 400  # characters of a note
HEAD = 4096  # bytes of a file that tell whether it is a script
SCHEMES = ("http", "https", "tftp")
_GO_ON, _NEXT_LINE, _END_SCRIPT = range(3)


class Shell:
    """One interpretation: ``run`` it once."""

    def __init__(self, facts: Facts, host: Host, commands: dict[str, Handler]) -> None:
        self.facts = facts
        self.host = host
        self.commands = commands
        self.settings = facts.settings()
        self.outcome = Outcome()
        self.images: list[Image] = []
        self.selected: Image | None = None
        self.menus: dict[str, Menu] = {}
        self.parameters: dict[str, list[tuple[str, str, bool]]] = {}  # (key, value, is a header)
        self.steps = MAX_STEPS
        self.fetches = MAX_FETCHES
        self.reading = MAX_READ
        # Where it is: the scripts that are being run, the innermost last
        self.running: list[Image] = []
        self.script: Script | None = None
        self.line = 0  # of the script's lines, the one that is run next
        self.number = 0
        self.stop = _GO_ON
        self.status = 0  # of the last command that failed

    # What is reported

    def place(self) -> str:
        """``SCRIPT: line N`` of the command that is being run."""
        name = self.running[-1].url if self.running else "script"
        return f"{name}: line {self.number}"

    def note(self, text: str) -> None:
        """Keep a line about what could not be done as the script says."""
        line = printable(f"{self.place()}: {text}"[:MAX_TEXT])
        if len(self.outcome.notes) < MAX_NOTES and line not in self.outcome.notes:
            self.outcome.notes.append(line)

    def write(self, text: str) -> None:
        """Write TEXT where a person sees it."""
        if len(self.outcome.lines) < MAX_LINES:
            self.outcome.lines.append(text)
        self.host.echo(text)

    def step(self, cost: int = 1) -> None:
        """Count COST steps; LineError when there is none left."""
        self.steps -= cost
        if self.steps < 0:
            raise self.over(f"at most {MAX_STEPS} steps")

    def over(self, expected: str) -> LineError:
        """The error that ends a script which goes over a bound."""
        source = self.running[-1].url if self.running else ""
        return LineError("script", self.number, expected, "more", source=source)

    # Running

    def run(self, image: Image) -> Outcome:
        """Run the script IMAGE; whatever happens, this is how it ended. Raises nothing."""
        outcome = self.outcome
        try:
            outcome.status = self.execute(image)
            if outcome.status:
                outcome.kind = "failed"
                outcome.why = outcome.why or f"the script ended with status {outcome.status:#x}"
        except Leave as leave:
            outcome.kind = leave.kind  # type: ignore[assignment]
            outcome.why = printable(leave.why[:MAX_TEXT])
        except Failure as failure:
            outcome.kind, outcome.status = "failed", failure.status
            outcome.why = printable(failure.text[:MAX_TEXT])
        except FormatError as error:
            outcome.kind = "failed"
            outcome.why = printable(str(error)[:MAX_TEXT])
        return outcome

    def execute(self, image: Image) -> int:
        """Run a script and what it is replaced with, its status; Leave for what is no script."""
        while True:
            if image.data is None:
                self.selected = image
                self.outcome.kernel = image
                self.outcome.initrds = [
                    each for each in self.images if each is not image and not each.ran
                ]
                raise Leave("boot")
            status = self._script(image)
            if image.replacement is None:
                return status
            image, image.replacement = image.replacement, None

    def _script(self, image: Image) -> int:
        """Run one script, which is not among the images meanwhile."""
        if len(self.running) >= MAX_DEPTH:
            raise self.over(f"at most {MAX_DEPTH} scripts inside each other")
        before = self.script, self.line, self.number
        registered = image in self.images
        was_selected = self.selected is image
        if registered:
            self.images.remove(image)
        script = parse(image.data or b"", image.url)
        self.step(len(script.lines) // 8)
        image.ran = True
        self.running.append(image)
        self.outcome.chain.append(printable(image.url[:MAX_TEXT]))
        self.script, self.line = script, 0
        try:
            status = self._lines(script)
        finally:
            self.running.pop()
            self.script, self.line, self.number = before
        if registered and not image.autofree:
            self.images.append(image)
        elif was_selected and self.selected is image:
            self.selected = None
        return status

    def _lines(self, script: Script) -> int:
        while self.line < len(script.lines):
            line = script.lines[self.line]
            self.line += 1
            self.number = line.number
            status = self.system(line)
            ended, self.stop = self.stop == _END_SCRIPT, _GO_ON
            if ended or status:
                return status
        if script.broken:
            self.number = script.broken
            self.outcome.why = f"{self.place()}: its last line is to be continued by none"
            return EINVAL << 24
        return 0

    def system(self, line: Line) -> int:
        """Run the commands of LINE; the status of the last one."""
        status = 0
        wanted = True
        rest = line.words
        while True:
            words, mark, rest = _command(rest)
            if wanted:
                self.step(1 + len(words) // 8)
                status = self.call([self.expand(word) for word in words])
                if self.stop != _GO_ON:
                    break
            if not mark:
                break
            wanted = {"&&": status == 0, "||": status != 0, ";": True}[mark]
        return status

    def call(self, words: list[str]) -> int:
        """Run the command WORDS, none of them: nothing; its status."""
        if not words:
            return 0
        try:
            handler = self.commands.get(words[0])
            if handler is None:
                raise Failure(ENOEXEC, "command not found")
            handler(self, words[1:])
        except Failure as failure:
            if failure.text:  # else what failed inside has said why
                why = f"{self.place()}: {words[0][:40]}: {failure.text}"
                self.outcome.why = printable(why[:MAX_TEXT])
            self.status = failure.status
            return failure.status
        self.outcome.why = ""
        return 0

    def expand(self, text: str) -> str:
        """TEXT with the settings put in, from the inside outwards, until none is left."""
        while (begin := text.find("${")) >= 0:
            end = text.find("}", begin)
            if end < 0:
                break
            begin = text.rfind("${", begin, end)
            self.step(1 + len(text) // 256)
            text = text[:begin] + self.value(text[begin + 2 : end]) + text[end + 1 :]
            if len(text) > MAX_LENGTH:
                raise self.over(f"words of at most {MAX_LENGTH} characters")
        return text

    def value(self, name: str) -> str:
        """The setting NAME, as a text."""
        builtin = self.settings.block("builtin")
        if builtin is not None and name.partition(":")[0].endswith(("errno", "unixtime", "uri")):
            here = str(self.running[-1].uri) if self.running else ""
            builtin.put("errno", values.packed("uint32", self.status))
            builtin.put("unixtime", values.packed("uint32", self.host.now()))
            builtin.put("cwuri", values.raw(here))
            builtin.put("cwduri", values.raw(here[: here.rfind("/") + 1]))
        return self.settings.text(name)

    def goto(self, label: str) -> None:
        """Go on at the line :LABEL."""
        if self.script is None or label not in self.script.labels:
            raise Failure(ENOENT, f"there is no label :{label[:40]}")
        self.line = self.script.labels[label]
        self.stop = _NEXT_LINE

    def leave_script(self) -> None:
        """End this script behind the command that is being run."""
        self.stop = _END_SCRIPT

    # Images

    def find(self, name: str) -> Image | None:
        """The first image called NAME."""
        return next((image for image in self.images if image.name == name), None)

    def free(self, image: Image) -> None:
        """Forget IMAGE."""
        self.images.remove(image)
        if self.selected is image:
            self.selected = None

    def fetch(self, text: str) -> Image:
        """Fetch the file that TEXT, in this script, names; Failure when there is none."""
        uri = Uri(text)
        form, headers = self._claim(uri.params)
        if self.running:
            uri = self.running[-1].uri.join(uri)
        if not uri.scheme:
            raise Failure(ENOTSUP, f"{text[:200]}: a relative name, and the script has no URL")
        if uri.scheme not in SCHEMES or not uri.authority:
            raise Failure(ENOTSUP, f"{str(uri)[:200]}: expected a URL of {', '.join(SCHEMES)}")
        self.fetches -= 1
        if self.fetches < 0 or len(self.images) >= MAX_IMAGES:
            raise self.over(f"at most {MAX_FETCHES} files, {MAX_IMAGES} of them kept")
        uri.fragment = uri.params = None
        data, size, uri = self._download(Request(str(uri), form, headers), uri)
        image = Image(uri.name or f"img{MAX_FETCHES - self.fetches - 1}", uri, data, size)
        self.images.append(image)
        return image

    def _download(self, request: Request, uri: Uri) -> tuple[bytes | None, int | None, Uri]:
        """All of a script, or None for another file; its size; where it was found."""
        try:
            download = self.host.open(request)
            try:
                if download.url != request.url:
                    uri = Uri(download.url)
                data = _read(download.read, HEAD)
                if not is_script(data):
                    size = len(data) if len(data) < HEAD else download.size
                    return None, size, uri
                limit = min(MAX_SCRIPT, self.reading)
                data += _read(download.read, max(limit + 1 - len(data), 0))
            finally:
                download.close()
        except (UrootError, OSError) as error:
            raise Failure(_errno(error), explain(error)) from None
        if len(data) > limit:
            raise Failure(EIO, f"{request.url[:200]}: a script of more than {limit} bytes")
        self.reading -= len(data)
        return data, len(data), uri

    def _claim(self, name: str | None) -> tuple[bytes | None, dict[str, str]]:
        """What the list of parameters NAME posts, and its headers; the list is used up."""
        rows = self.parameters.pop(name, None) if name is not None else None
        if rows is None:
            return None, {}
        pairs = [
            "=".join(encode(text.encode("utf-8", "surrogateescape")) for text in (key, value))
            for key, value, header in rows
            if not header
        ]
        headers = {key: value for key, value, header in rows if header}
        return ("&".join(pairs).encode() if pairs or not headers else None), headers


def _command(words: list[str]) -> tuple[list[str], str, list[str]]:
    """The words up to the first mark, the mark ('' at the end), and what is behind it."""
    for index, word in enumerate(words):
        if word.startswith("#"):
            return words[:index], "", []
        if word in ("||", "&&", ";"):
            return words[:index], word, words[index + 1 :]
    return words, "", []


def _read(read: Callable[[int], bytes], limit: int) -> bytes:
    data = bytearray()
    while len(data) < limit and (piece := read(limit - len(data))):
        data += piece
    return bytes(data)


def _errno(error: UrootError | OSError) -> int:
    """The number for what a server or the network said."""
    return ENOENT if "404" in str(error) else EIO
