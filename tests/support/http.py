"""Real servers on this machine: Python's HTTP, with answers that go wrong on purpose; an echo."""

from __future__ import annotations

import hashlib
import socketserver
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

DATA = b"".join(hashlib.sha256(number.to_bytes(4, "big")).digest() for number in range(1 << 17))
SHA256 = hashlib.sha256(DATA).hexdigest()
SHORT = 70000  # bytes of DATA that /short sends of the 4 MiB it promises, unless asked for the rest


class Answers(BaseHTTPRequestHandler):
    """/data, /slow, /short (breaks off), /chunked, /silent; 404 for all else."""

    protocol_version = "HTTP/1.1"

    def do_GET(self):
        """See BaseHTTPRequestHandler."""
        if self.path == "/chunked":
            self.send_response(200)
            self.send_header("Transfer-Encoding", "chunked")
            self.end_headers()
            self.wfile.write(b"5\r\nhello\r\n" * 5 + b"0\r\n\r\n")
        elif self.path in ("/data", "/short"):
            start = int(self.headers.get("Range", "bytes=0-")[6:-1])
            self.send_response(206 if start else 200)
            self.send_header("Content-Length", str(len(DATA) - start))
            if start:
                self.send_header("Content-Range", f"bytes {start}-{len(DATA) - 1}/{len(DATA)}")
            self.end_headers()
            breaks = self.path == "/short" and not start
            self.wfile.write(DATA[start:SHORT] if breaks else DATA[start:])
            self.close_connection = True
        elif self.path == "/slow":
            self.send_response(200)
            self.send_header("Content-Length", str(len(DATA)))
            self.end_headers()
            for start in range(0, len(DATA), 1 << 19):
                self.wfile.write(DATA[start : start + (1 << 19)])
                time.sleep(0.5)
        elif self.path == "/silent":
            self.rfile.read(1)  # until the other side has had enough
        else:
            self.send_error(404)

    def log_message(self, *_):
        """Say nothing."""


class Background:
    """A server on a free port of the loopback interface, in a thread of this program."""

    handler: type[socketserver.BaseRequestHandler]
    port = 0

    def start(self):
        """Start it, once."""
        if not self.port:
            self.server = ThreadingHTTPServer(("127.0.0.1", 0), self.handler)
            self.port = self.server.server_port
            threading.Thread(target=self.server.serve_forever, daemon=True).start()
        return self

    def stop(self):
        self.server.shutdown()
        self.server.server_close()


class Server(Background):
    """Answers, by HTTP."""

    handler = Answers

    def url(self, path, host="127.0.0.1"):
        return f"http://{host}:{self.port}{path}"


class Capitals(socketserver.StreamRequestHandler):
    """Each line comes back in capitals."""

    def handle(self):
        """See StreamRequestHandler."""
        for line in self.rfile:
            self.wfile.write(line.upper())


class Echo(Background):
    """Capitals, by TCP."""

    handler = Capitals
