"""A disk of a guest that can fall silent: QEMU reads it from here, and nobody answers any more.

Ref: the NBD protocol, doc/proto.md of https://github.com/NetworkBlockDevice/nbd, "fixed newstyle".
"""

from __future__ import annotations

import socket
import struct
import threading
from typing import TYPE_CHECKING, BinaryIO, cast

if TYPE_CHECKING:
    from pathlib import Path

OPTION = struct.Struct(">8sII")  # IHAVEOPT, option, length
OPTION_REPLY = struct.Struct(">QIII")  # magic, option, type, length
REQUEST = struct.Struct(">IHHQQI")  # magic, flags, type, cookie, offset, length
REPLY = struct.Struct(">IIQ")  # magic, error, cookie
EXPORT = struct.Struct(">HQH")  # NBD_INFO_EXPORT, size, flags
GREETING = b"NBDMAGIC" + b"IHAVEOPT" + struct.pack(">H", 3)  # fixed newstyle, no zeroes
NBD_OPT_GO, NBD_REP_ACK, NBD_REP_INFO, NBD_REP_ERR_UNSUP = 7, 1, 3, 0x80000001
NBD_CMD_READ, NBD_CMD_WRITE, NBD_CMD_DISC = 0, 1, 2
HAS_FLAGS = 1
SECTOR = 512


class SilentDisk:
    """IMAGE as an NBD export at the socket ``path`` in FOLDER; what is written is kept in memory.

    It answers while ``answers`` is true; ``asked`` counts the requests that came after that. Single
    sectors are answered always: the firmware asks for one and would wait, before there is a kernel.
    """

    def __init__(self, image: Path, folder: Path, number: int, *, answers: bool) -> None:
        self.image = image
        self.path = folder / f"disk{number}.sock"
        self.answers = answers
        self.asked = 0
        self.written: dict[int, bytes] = {}  # sector -> its bytes
        self.path.unlink(missing_ok=True)
        self.server = socket.socket(socket.AF_UNIX)
        self.server.bind(str(self.path))
        self.server.listen()
        threading.Thread(target=self._serve, daemon=True).start()

    def close(self) -> None:
        """Nobody can connect any more; a guest that is connected has ended by now."""
        self.server.close()
        self.path.unlink(missing_ok=True)

    def words(self, number: int) -> list[str]:
        """The words for QEMU: a virtio disk; with a geometry, or QEMU itself would wait for it."""
        drive = f"if=none,id=silent{number},format=raw,file.driver=nbd,file.server.type=unix"
        return [
            "-drive",
            f"{drive},file.server.path={self.path}",
            "-device",
            f"virtio-blk-pci,drive=silent{number},cyls=1024,heads=16,secs=63",
        ]

    def _serve(self) -> None:
        try:
            peer, _ = self.server.accept()
            with peer, peer.makefile("rwb") as both, self.image.open("rb") as file:
                stream = cast("BinaryIO", both)
                self._negotiate(stream)
                self._transmit(stream, file)
        except (OSError, struct.error):
            return  # the guest has ended

    def _negotiate(self, stream: BinaryIO) -> None:
        stream.write(GREETING)
        stream.flush()
        stream.read(4)
        while True:
            _, option, length = OPTION.unpack(stream.read(OPTION.size))
            stream.read(length)
            replies = [(NBD_REP_ERR_UNSUP, b"")]
            if option == NBD_OPT_GO:
                export = EXPORT.pack(0, self.image.stat().st_size, HAS_FLAGS)
                replies = [(NBD_REP_INFO, export), (NBD_REP_ACK, b"")]
            for kind, data in replies:
                stream.write(OPTION_REPLY.pack(0x3E889045565A9, option, kind, len(data)) + data)
            stream.flush()
            if option == NBD_OPT_GO:
                return

    def _transmit(self, stream: BinaryIO, file: BinaryIO) -> None:
        while True:
            _, _, kind, cookie, offset, length = REQUEST.unpack(stream.read(REQUEST.size))
            data = stream.read(length) if kind == NBD_CMD_WRITE else b""
            if kind == NBD_CMD_DISC:
                return
            if not self.answers and length > SECTOR:
                self.asked += 1
                continue
            for place in range(0, len(data), 512):
                self.written[offset + place] = data[place : place + 512]
            stream.write(REPLY.pack(0x67446698, 0, cookie))
            if kind == NBD_CMD_READ:
                stream.write(self._read(file, offset, length))
            stream.flush()

    def _read(self, file: BinaryIO, offset: int, length: int) -> bytes:
        file.seek(offset)
        data = bytearray(file.read(length).ljust(length, b"\0"))
        for place in range(0, length, 512):
            if offset + place in self.written:
                data[place : place + 512] = self.written[offset + place]
        return bytes(data)
