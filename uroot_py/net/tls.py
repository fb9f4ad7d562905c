"""TLS over a connected socket: a server is believed by a CA, or by the digest of its certificate.

The library is Python's ssl (OpenSSL); a program without it says so. Names and dates are checked in
any case, there is no way to turn that off; TLS 1.2 is the least. Ref: RFC 8446, 6125, 5280 6.
"""

from __future__ import annotations

import time

from uroot_py.base.digest import digest
from uroot_py.base.errors import RefusedError, UsageError
from uroot_py.base.text import printable
from uroot_py.net.transport import connect, failed

TYPE_CHECKING = False
if TYPE_CHECKING:
    import _socket
    from typing import Any

CA_FILE = "/etc/uroot/ca.pem"  # of the image
_MAX_CA = 4 << 20  # bytes
_HEX = frozenset("0123456789abcdef")
_HOW = "--ca-certificate FILE, --pin SHA256"  # to say whom to believe
# OpenSSL's X509_V_ERR_...: what is wrong in words, and what to do.
_CLOCK = "the clock here says {clock}; if that is wrong: date -s, ntpdate"
_FAULTS = {
    9: ("its certificate is not valid yet", _CLOCK),
    10: ("its certificate has expired", _CLOCK),
    18: ("its certificate is signed by itself", "give its CA, or the digest of its certificate"),
    19: ("its certificate is from a CA that is not trusted here", "give that CA"),
    20: ("its certificate is from a CA that is not trusted here", "give that CA"),
    21: ("its certificate is from a CA that is not trusted here", "give that CA"),
    62: ("its certificate is for other names", "use a name that the certificate has"),
    64: ("its certificate is for other addresses", "use a name that the certificate has"),
}


class Trust:
    """Whom to believe; call it with a connected socket and the server's name.

    CA are certificates in PEM, or PIN is the SHA-256 of the server's own certificate, as ``openssl
    x509 -fingerprint -sha256`` prints it; UsageError, RefusedError when neither can be used.
    """

    def __init__(
        self, ca: bytes = b"", pin: str = "", timeout: float = 30, *, how: str = _HOW
    ) -> None:
        self.ssl = _library()
        self.pin = pin.lower().removeprefix("sha256:").replace(":", "")
        if pin and (len(self.pin) != 64 or set(self.pin) - _HEX):
            raise UsageError(f"pin: expected the 64 digits of a SHA-256, found {pin!r}")
        if not ca and not pin:
            raise RefusedError(
                "https: nobody is trusted here: there is no CA",
                hint=f"{how}, or {CA_FILE} in the image",
            )
        self.timeout = timeout
        self.context = self._context()
        if ca:
            self._believe(self.context, ca.decode("ascii", "ignore"), "CA certificates")

    def __call__(self, socket: _socket.socket, host: str) -> _socket.socket:
        """What is used in place of SOCKET, which it owns now; RefusedError, KernelError."""
        try:
            context = self._pinned(socket, host) if self.pin else self.context
        except BaseException:
            socket.close()
            raise
        made: Any = Secure(self._shaken(context, socket, host), host, self.ssl.SSLError)
        result: _socket.socket = made
        return result

    def _context(self) -> Any:  # noqa: ANN401 - of a library that may be absent
        context = self.ssl.SSLContext(self.ssl.PROTOCOL_TLS_CLIENT)
        context.minimum_version = self.ssl.TLSVersion.TLSv1_2
        return context

    def _believe(self, context: Any, ca: str | bytes, what: str) -> None:  # noqa: ANN401
        try:
            context.load_verify_locations(cadata=ca)
        except (ValueError, self.ssl.SSLError) as error:
            text = printable(str(error))[:200]
            raise RefusedError(f"{what}: expected PEM certificates: {text}") from None

    def _pinned(self, socket: _socket.socket, host: str) -> Any:  # noqa: ANN401
        """A context that believes this server only, once its certificate is the pinned one.

        The certificate is asked for on a connection of its own: that of SOCKET is then checked with
        it as with a CA, names and dates as well.
        """
        address, port, *_ = socket.getpeername()
        looking = self._context()
        looking.check_hostname = False
        looking.verify_mode = self.ssl.CERT_NONE
        seen = self._shaken(looking, connect([address], port, self.timeout), host)
        try:
            certificate = seen.getpeercert(binary_form=True)
        finally:
            seen.close()
        found = digest("sha256", certificate).hex()
        if found != self.pin:
            digests = f"expected SHA-256 {self.pin}, found {found}"
            raise RefusedError(f"{host}: its certificate is another one: {digests}")
        context = self._context()
        context.verify_flags |= self.ssl.VERIFY_X509_PARTIAL_CHAIN
        self._believe(context, certificate, host)
        return context

    def _shaken(self, context: Any, socket: _socket.socket, host: str) -> Any:  # noqa: ANN401
        """The handshake on SOCKET, which is closed when it fails."""
        library = __import__("socket")
        whole = library.socket(fileno=socket.detach())
        whole.settimeout(self.timeout)
        try:
            return context.wrap_socket(whole, server_hostname=host, suppress_ragged_eofs=False)
        except self.ssl.SSLCertVerificationError as error:
            whole.close()
            clock = time.strftime("%Y-%m-%d", time.gmtime())
            other = (f"its certificate is not good: {printable(error.verify_message)}", "")
            fault, hint = _FAULTS.get(error.verify_code, other)
            raise RefusedError(f"{host}: {fault}", hint=hint.format(clock=clock)) from None
        except self.ssl.SSLError as error:
            whole.close()
            raise RefusedError(f"{host}: no TLS: {_words(error)}") from None
        except OSError as error:
            whole.close()
            raise failed(f"to {host}", error) from None


class Secure:
    """A connection after its handshake, as ``transport.Stream`` uses a socket."""

    def __init__(self, socket: Any, host: str, error: type[OSError]) -> None:  # noqa: ANN401
        self.socket = socket
        self.host = host
        self.error = error

    def settimeout(self, seconds: float) -> None:
        """Wait for so long at most."""
        self.socket.settimeout(seconds)

    def sendall(self, data: bytes) -> None:
        """Send all of DATA; RefusedError, OSError."""
        try:
            self.socket.sendall(data)
        except self.error as error:
            raise RefusedError(f"{self.host}: TLS: {_words(error)}") from None

    def recv(self, size: int) -> bytes:
        """At most SIZE bytes, none at the end that the server has said; RefusedError, OSError."""
        try:
            received: bytes = self.socket.recv(size)
        except self.error as error:
            raise RefusedError(f"{self.host}: TLS: {_words(error)}") from None
        return received

    def fileno(self) -> int:
        """The descriptor below."""
        number: int = self.socket.fileno()
        return number

    def close(self) -> None:
        """Hang up."""
        self.socket.close()


def ca_of_image() -> bytes:
    """The CA certificates that the image has; empty when it has none."""
    try:
        with open(CA_FILE, "rb") as file:
            return file.read(_MAX_CA)
    except FileNotFoundError:
        return b""


def chosen(ca_file: str, pin: str, timeout: float = 30, *, how: str = _HOW) -> Trust:
    """Whom CA_FILE and PIN say to believe, without either the image's CA; RefusedError, OSError.

    HOW tells in an error where they can be given.
    """
    if ca_file:
        with open(ca_file, "rb") as file:
            return Trust(file.read(_MAX_CA), pin, timeout)
    return Trust(b"" if pin else ca_of_image(), pin, timeout, how=how)


def _library() -> Any:  # noqa: ANN401
    """Python's ssl, where the program carries it."""
    try:
        return __import__("ssl")
    except ImportError:
        raise RefusedError(
            "https needs TLS, which this image has not",
            hint="fetch it with http:// and compare its sha256sum",
        ) from None


def _words(error: OSError) -> str:
    """What OpenSSL says, without its source."""
    reason = getattr(error, "reason", "") or error.strerror or str(error)
    return printable(str(reason).lower().replace("_", " "))[:200]
