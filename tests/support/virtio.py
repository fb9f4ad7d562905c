"""A guest's side of a virtio device, by the specification's numbers: registers, rings, chains."""

import struct

NEXT, WRITE = 1, 2


class Driver:
    """Drives DEVICE, with a queue of SIZE parts in MEMORY at BASE."""

    def __init__(self, device, memory, base=0x10000, size=8, number=0):
        self.device, self.memory, self.base, self.size, self.number = (
            device,
            memory,
            base,
            size,
            number,
        )
        self.sent = self.seen = 0

    def get(self, register):
        return self.device.read(register, 4)

    def set(self, register, value):
        self.device.write(register, 4, value)

    def features(self):
        found = 0
        for half in (0, 1):
            self.set(0x014, half)
            found |= self.get(0x010) << 32 * half
        return found

    def start(self, accept=1 << 32):
        self.set(0x070, 1)
        self.set(0x070, 3)
        for half in (0, 1):
            self.set(0x024, half)
            self.set(0x020, accept >> 32 * half & 0xFFFFFFFF)
        self.set(0x070, 11)
        if not self.get(0x070) & 8:
            return False
        self.queue()
        self.set(0x070, 15)
        return True

    def queue(self):
        self.set(0x030, self.number)
        self.set(0x038, self.size)
        for register, place in ((0x80, 0), (0x90, 0x1000), (0xA0, 0x2000)):
            self.set(register, self.base + place)
            self.set(register + 4, 0)
        self.set(0x044, 1)

    def descriptor(self, at, address, size, flags, following=0):
        data = struct.pack("<QIHH", address, size, flags, following)
        self.memory.write(self.base + 16 * at, data)

    def available(self, head, flags=0):
        self.memory.write(
            self.base + 0x1000 + 4 + 2 * (self.sent % self.size), struct.pack("<H", head)
        )
        self.sent += 1
        self.memory.write(self.base + 0x1000, struct.pack("<HH", flags, self.sent & 0xFFFF))

    def used(self):
        """(head, length) of what came back since the last time."""
        idx = struct.unpack("<HH", self.memory.read(self.base + 0x2000, 4))[1]
        found = []
        while self.seen & 0xFFFF != idx:
            at = self.base + 0x2000 + 4 + 8 * (self.seen % self.size)
            found.append(struct.unpack("<II", self.memory.read(at, 8)))
            self.seen += 1
        return found

    def notify(self):
        self.set(0x050, self.number)

    def ask(self, sent=(), room=(), *, at=0, flags=0):
        """A chain: bytes that are SENT, sizes of ROOM; the answer's bytes, and its used length."""
        parts = [(data, len(data), 0) for data in sent] + [(b"", size, WRITE) for size in room]
        where, places = self.base + 0x4000, []
        for n, (data, size, kind) in enumerate(parts):
            self.memory.write(where, data or b"\xee" * size)
            last = n == len(parts) - 1
            self.descriptor(at + n, where, size, kind | (0 if last else NEXT), at + n + 1)
            if kind:
                places.append((where, size))
            where += size + 64
        self.available(at, flags)
        self.notify()
        found = self.used()
        assert [head for head, _ in found] == [at]
        return b"".join(self.memory.read(*place) for place in places), found[0][1]
