"""Digests, from the modules behind ``hashlib``, which would load OpenSSL or all of them."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from uroot_py.base.layout import Buffer

KINDS = ("md5", "sha1", "sha256", "sha384", "sha512")


def made(kind: str) -> Any:  # noqa: ANN401 - an object of the interpreter's C modules
    """A new digest of one of KINDS, as hashlib has them."""
    if kind == "md5":
        import _md5 as module  # type: ignore[import-not-found]
    elif kind == "sha1":
        import _sha1 as module  # type: ignore[import-not-found]
    else:
        try:
            import _sha2 as module  # type: ignore[import-not-found, unused-ignore]
        except ImportError:  # before Python 3.12
            if kind == "sha256":
                import _sha256 as module  # type: ignore[import-not-found, unused-ignore]
            else:
                import _sha512 as module  # type: ignore[import-not-found, unused-ignore]
    return getattr(module, kind)()


def digest(kind: str, *parts: Buffer) -> bytes:
    """The digest of PARTS in a row."""
    state = made(kind)
    for part in parts:
        state.update(part)
    return bytes(state.digest())
