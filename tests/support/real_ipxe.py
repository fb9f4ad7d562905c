"""Debian's iPXE in QEMU: it runs scripts from a web server of ours, which keeps what is asked for.

What iPXE writes goes to SeaBIOS' screen, 80 columns wide, and from there to the serial port; of it
count the lines that a script writes with ``echo =...`` and those of ``imgstat``.
"""

import re
import subprocess
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import unquote

from scripts.builders import kernels

WEB = Path(__file__).resolve().parents[1] / "data" / "ipxe" / "web"
IPXE = "/usr/lib/ipxe/ipxe.lkrn"
COLUMNS = 80
# The screen's own words; of the kinds of an image only a script is known to ours.
_ESCAPES = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
_KINDS = re.compile(r" \[(PXE-NBP|bzImage)\]")
_IMAGE = re.compile(r"\S* : \d+ bytes")


def files():
    """What the scripts of the recorded table find: path -> bytes."""
    found = {
        f"/{path.relative_to(WEB)}": path.read_bytes()
        for path in WEB.rglob("*")
        if path.is_file() and path.suffix != ".txt"
    }
    return found | {"/dir/bz": kernels.bzimage(b"\x90" * 64)}


def counted(lines):
    """Of LINES those that count, each without what only the real one knows."""
    return [
        _KINDS.sub("", line).rstrip()
        for line in lines
        if line.startswith("=") or _IMAGE.match(line)
    ]


def joined(text):
    """The lines of a screen of 80 columns."""
    lines, before = [], ""
    for line in _ESCAPES.sub("", text).replace("\r", "").split("\n"):
        before += line
        if len(line) != COLUMNS:
            lines.append(before)
            before = ""
    return lines


def plain(targets):
    """TARGETS without escapes: iPXE has changed which ones it writes."""
    return [unquote(target) for target in targets]


class Web:
    """Serves FILES on the loopback interface; ``log`` are the paths that were asked for."""

    def __init__(self, files):
        self.log = log = []

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):
                log.append(unquote(self.path))
                data = files.get(self.path.partition("?")[0])
                self.send_response(404 if data is None else 200)
                self.send_header("Content-Length", str(len(data or b"")))
                self.end_headers()
                self.wfile.write(data or b"")

            def log_message(self, *_):
                """Say nothing."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.port = self.server.server_port
        self.thread = threading.Thread(target=self.server.serve_forever, daemon=True)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()


def run(paths, files, folder, limit=600):
    """The real one runs the scripts PATHS of FILES, one after another, in one machine.

    For each: the lines that count, and what it asked for.
    """
    with Web(files) as web:
        base = f"http://10.0.2.2:{web.port}"
        lines = ["#!ipxe", "dhcp"]
        for number, path in enumerate(paths):
            lines += [
                f"chain --autofree {base}{path} ||",
                "imgfree",
                f"echo =={number}",
                f"imgfetch {base}/=={number} ||",
            ]
        script = folder / "all.ipxe"
        script.write_text("\n".join([*lines, "reboot", ""]))
        done = subprocess.run(
            ["setpriv", "--pdeathsig", "KILL", "qemu-system-x86_64", "-accel", "tcg", "-nographic",
             "-m", "128", "-no-reboot", "-kernel", IPXE, "-initrd", str(script),
             "-netdev", "user,id=n", "-device", "e1000,netdev=n,romfile="],
            stdin=subprocess.DEVNULL, capture_output=True, timeout=limit, check=True,
        )  # fmt: skip
    text = done.stdout.decode("latin-1")
    said = split(counted(joined(text)), "==")
    return list(zip(said, split(web.log, "/=="), strict=True))


def split(rows, mark):
    """ROWS in parts, each up to a row that begins with MARK."""
    parts: list[list[str]] = [[]]
    for row in rows:
        if row.startswith(mark):
            parts.append([])
        else:
            parts[-1].append(row)
    return parts[:-1]
