"""dm-crypt's work on a file, done by OpenSSL: for machines without device-mapper."""

import ctypes
import ctypes.util
import errno
import os

from uroot_py.base.errors import KernelError

_lib = ctypes.CDLL(ctypes.util.find_library("crypto"))
for _name in ("EVP_CIPHER_CTX_new", "EVP_get_cipherbyname"):
    getattr(_lib, _name).restype = ctypes.c_void_p
NAMES = {
    "aes-xts-plain64": {32: "AES-128-XTS", 64: "AES-256-XTS"},
    "aes-cbc-plain64": {16: "AES-128-CBC", 32: "AES-256-CBC"},
}


def decrypted(cipher: str, key: bytes, data: bytes, first: int, sector: int) -> bytes:
    """DATA in plain: sectors of SECTOR bytes, the first of which has the number FIRST (of 512)."""
    kind = ctypes.c_void_p(_lib.EVP_get_cipherbyname(NAMES[cipher][len(key)].encode()))
    context = ctypes.c_void_p(_lib.EVP_CIPHER_CTX_new())
    result = bytearray()
    for at in range(0, len(data), sector):
        vector = (first + at // 512).to_bytes(16, "little")
        assert _lib.EVP_DecryptInit_ex(context, kind, None, key, vector)
        _lib.EVP_CIPHER_CTX_set_padding(context, 0)
        out = ctypes.create_string_buffer(sector + 32)
        size = ctypes.c_int()
        part = data[at : at + sector]
        assert _lib.EVP_DecryptUpdate(context, out, ctypes.byref(size), part, len(part))
        result += out.raw[: size.value]
    _lib.EVP_CIPHER_CTX_free(context)
    return bytes(result)


class Mapper:
    """In place of uroot_py.disks.mapper: a table of dm-crypt over the file IMAGE becomes a file."""

    def __init__(self, image, folder):
        self.image = image
        self.folder = folder
        self.tables = []  # (name, first words of the table, UUID, whether it is read-only)

    def ready(self, types=()):
        assert list(types) == ["crypt"]

    def activate(self, name, targets, *, uuid="", readonly=True, secure=False):
        assert secure
        (target,) = targets
        assert (target.start, target.type) == (0, "crypt")
        cipher, key, tweak, _, offset, *more = bytes(target.parameters).decode().split()
        if key.startswith(":"):  # of the kernel's keyring, which nobody else can read
            raise KernelError("DM_TABLE_LOAD", errno.EINVAL, subject=name)
        self.tables.append((name, f"{cipher} {len(key)}", uuid, readonly))
        sector = next((int(word[12:]) for word in more if word.startswith("sector_size:")), 512)
        with self.image.open("rb") as file:
            file.seek(int(offset) * 512)
            data = file.read(target.length * 512)
        path = self.folder / name
        path.write_bytes(decrypted(cipher, bytes.fromhex(key), data, int(tweak), sector))
        return str(path)

    def deactivate(self, name):
        os.unlink(self.folder / name)
