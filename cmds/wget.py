"""wget - fetch files by HTTP.

https needs a CA, of the image or with --ca-certificate, or the SHA-256 of the server's certificate;
names and dates are checked in any case. A file has its name when it is complete, until then
``.part`` is behind it. Ref: wget(1); RFC 9110.
"""

from __future__ import annotations

import os
from io import StringIO

from uroot_py.base.errors import RefusedError, Report, UrootError, named_if_full
from uroot_py.base.options import Command, Ignored, Option
from uroot_py.base.text import format_size, parse_duration, printable
from uroot_py.net import transport
from uroot_py.net.fetch import request
from uroot_py.net.url import Url
from uroot_py.terminal.progress import Meter

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, TextIO

    from uroot_py.base.options import ParsedArgs
    from uroot_py.net.fetch import Response
    from uroot_py.net.tls import Trust

COMMAND = Command(
    "wget",
    "wget [OPTION]... URL...",
    OUTPUT := Option(
        "-O", "--output-document", value="FILE", help="write to FILE (-: standard output)"
    ),
    DIRECTORY_PREFIX := Option("-P", "--directory-prefix", value="DIR", help="write into DIR"),
    CONTINUE := Option("-c", "--continue", help="go on with a file that is there in part"),
    QUIET := Option("-q", "--quiet", help="say nothing"),
    SERVER_RESPONSE := Option("-S", "--server-response", help="print the headers"),
    SPIDER := Option("--spider", help="only ask whether it is there"),
    HEADER := Option("--header", value="NAME: TEXT", help="send this header, too"),
    TIMEOUT := Option(
        "-T", "--timeout", value="TIME", help="give up when nothing comes for so long (30s)"
    ),
    MAX_TIME := Option("--max-time", value="TIME", help="give up when it takes longer than this"),
    CA := Option("--ca-certificate", value="FILE", help="believe servers of these CAs (PEM)"),
    PIN := Option("--pin", value="SHA256", help="believe the server that has this certificate"),
    Ignored("-t", "--tries", value="N"),
    Ignored("--no-check-certificate"),
    example="wget -O /tmp/initrd.img http://10.0.2.2/initrd.img",
)


def run(args: list[str], stdin: TextIO, stdout: TextIO, stderr: TextIO) -> int:
    """Fetch every URL."""
    given = COMMAND.parse(args, min_operands=1)
    report = Report("wget", stderr)
    stdout.flush()
    before, transport.SECURE = transport.SECURE, Late(given)
    try:
        for text in given.operands:
            with report:
                url = Url(text)
                if url.scheme == "https":
                    believed(given, url)  # before anybody is asked
                fetch(url, given, stdout, stderr)
    finally:
        transport.SECURE = before
    return report.status


class Late:
    """Whom to believe, found out when a server is to be: most URLs need nobody."""

    def __init__(self, given: ParsedArgs) -> None:
        self.given = given

    def __call__(self, socket: Any, host: str) -> Any:  # noqa: ANN401 - _socket's, not imported
        """See tls.Trust."""
        return trust(self.given)(socket, host)


def believed(given: ParsedArgs, url: Url) -> None:
    """Say that nobody can be believed, of URL."""
    try:
        trust(given)
    except UrootError as error:
        raise error.within(url.text) from None


def trust(given: ParsedArgs) -> Trust:
    """Whom to believe; RefusedError, OSError."""
    from uroot_py.net import tls

    timeout = parse_duration(given.text(TIMEOUT) or "30")
    return tls.chosen(given.text(CA) or "", given.text(PIN) or "", timeout)


def fetch(url: Url, given: ParsedArgs, stdout: TextIO, stderr: TextIO) -> None:
    """Fetch one URL into its file."""
    path = given.text(OUTPUT) or named(url, given)
    draft, have = begun(path, go_on=given.flag(CONTINUE))
    headers = dict(split(text) for text in given.all(HEADER))
    if have:
        headers["Range"] = f"bytes={have}-"
    most = given.text(MAX_TIME)
    response = request(
        url,
        method="HEAD" if given.flag(SPIDER) else "GET",
        headers=headers,
        timeout=parse_duration(given.text(TIMEOUT) or "30"),
        total=parse_duration(most) if most else float("inf"),
    )
    say = StringIO() if given.flag(QUIET) else stderr
    try:
        if given.flag(SERVER_RESPONSE):
            stderr.write(f"  {response.status} {printable(response.reason)}\n")
            stderr.writelines(f"  {k}: {printable(v)}\n" for k, v in response.headers.items())
        if response.status not in (200, 206) and not (have and response.status == 416):
            reason = printable(f"{response.status} {response.reason}".strip())
            raise RefusedError(f"{response.url.text}: the server says {reason}")
        found = response.headers.get("content-range", "")
        if response.status == 206 and not found.startswith(f"bytes {have}-"):
            raise RefusedError(
                f"{response.url.text}: expected the bytes from {have} on, "
                f"found {printable(found) or 'no content-range'}",
                hint="without -c all of it is fetched",
            )
        if not given.flag(SPIDER):
            keep(response, path, draft, have, stdout, say)
    finally:
        response.close()


def begun(path: str, *, go_on: bool) -> tuple[str, int]:
    """The file that is written first, and how many bytes are in it already, if that counts."""
    if path == "-" or (os.path.exists(path) and not os.path.isfile(path)):
        return path, 0  # a device, a pipe
    draft = f"{path}.part"
    if go_on and os.path.isfile(path) and not os.path.isfile(draft):
        draft = path  # begun by another program
    return draft, os.path.getsize(draft) if go_on and os.path.isfile(draft) else 0


def keep(response: Response, path: str, draft: str, have: int, stdout: TextIO, say: TextIO) -> None:
    """Write the body to DRAFT, which becomes PATH."""
    if response.status == 416:
        say.write(f"wget: {printable(path)} is complete\n")
    else:
        try:
            size = save(response, draft, have if response.status == 206 else 0, stdout, say)
        except UrootError as error:
            if draft == "-":
                raise
            hint = f"{printable(draft)} has what came; wget -c goes on"
            raise error.with_hint(hint) from error.__cause__
        except OSError as error:
            raise named_if_full(draft, error) from None
        if path != "-":
            say.write(f"wget: {printable(path)}: {format_size(size)}\n")
    if draft != path:
        os.replace(draft, path)


def split(text: str) -> tuple[str, str]:
    """A header's name and its text."""
    name, colon, value = text.partition(":")
    if not colon or "\n" in text:
        raise COMMAND.usage_error(f"--header: expected NAME: TEXT, found {text!r}")
    return name.strip(), value.strip()


def named(url: Url, given: ParsedArgs) -> str:
    """The file for URL: a new one, unless it is to be continued."""
    path = os.path.join(given.text(DIRECTORY_PREFIX) or "", url.name)
    if given.flag(CONTINUE) or given.flag(SPIDER):
        return path
    number = 0
    new = path
    while os.path.lexists(new):
        number += 1
        new = f"{path}.{number}"
    return new


def save(response: Response, path: str, have: int, stdout: TextIO, say: TextIO) -> int:
    """Write the body to PATH, behind the HAVE bytes that are there; the size of all of it."""
    total = have + response.size if response.size is not None else 0
    meter = Meter(say)
    done = have
    mode = "ab" if have else "wb"
    file = stdout.buffer if path == "-" else open(path, mode)  # noqa: SIM115 - closed below
    try:
        for piece in response.body():
            file.write(piece)
            done += len(piece)
            if path != "-":
                meter(os.path.basename(path).removesuffix(".part"), done, total)
    finally:
        meter.close()
        if path != "-":
            file.close()
    return done
