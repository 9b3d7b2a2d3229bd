"""The wire to an IMAP server, with limits of time and size.

In: where, and how to wrap it. Out: the standard client on a socket that neither waits nor reads for ever.
"""

import contextlib
import imaplib
import socket
import ssl
import time
from typing import Any, Literal, TypeAlias

from publisher.subscribers.mailboxes.files import MOST_BYTES

Tls: TypeAlias = Literal["tls", "starttls", "none"]

_MOST_ANSWER = 8 * 1024 * 1024
_BLOCK = 64 * 1024


class Server(imaplib.IMAP4):
    """The standard client on a wire with limits: its own waits for ever on a server that sends a byte a minute."""

    def __init__(
        self, host: str, port: int, context: ssl.SSLContext, tls: Tls, timeout: float, patience: float
    ) -> None:
        self._context = context
        self._wrapped = tls == "tls"
        self._each = timeout
        self._left = patience
        self._received = 0
        self._buffer = bytearray()
        self._filled_from: socket.socket | None = None
        super().__init__(host, port, timeout)
        if tls == "starttls":
            self._secure()

    def open(self, host: str = "", port: int = 143, timeout: float | None = None) -> None:
        self.host, self.port = host, port
        self.sock = socket.create_connection((host, port), min(self._each, self._left))
        if self._wrapped:
            try:
                self.sock = self._context.wrap_socket(self.sock, server_hostname=host)
            except OSError:
                self.sock.close()
                raise
        self._file = self.sock.makefile("rb")

    def send(self, data: Any) -> None:  # Any: what has a buffer has no name before Python 3.12
        self._received = 0
        self.sock.settimeout(min(self._each, self._left))
        self.sock.sendall(data)

    def read(self, size: int) -> bytes:
        self._forget_plain_text()
        if size > MOST_BYTES + _BLOCK:
            raise self.abort("larger than what was asked for")
        while len(self._buffer) < size:
            self._fill()
        return self._taken(size)

    def readline(self) -> bytes:
        self._forget_plain_text()
        looked_at = 0
        while (end := self._buffer.find(b"\n", looked_at)) < 0:
            looked_at = len(self._buffer)
            self._fill()
        return self._taken(end + 1)

    def shutdown(self) -> None:
        self._file.close()
        with contextlib.suppress(OSError):
            self.sock.shutdown(socket.SHUT_RDWR)
        self.sock.close()

    def say_goodbye(self) -> None:
        """Without CLOSE, which would delete what others have marked for it."""
        self._left = min(self._left, 2.0)
        with contextlib.suppress(imaplib.IMAP4.error, OSError, ValueError, LookupError):
            self.logout()
        self.shutdown()

    def _secure(self) -> None:
        try:
            self.starttls(self._context)
        except Exception:
            self.shutdown()
            raise

    def _fill(self) -> None:
        before = time.monotonic()
        if self._left <= 0:
            raise TimeoutError
        self.sock.settimeout(min(self._each, self._left))
        chunk = self.sock.recv(_BLOCK)
        self._left -= time.monotonic() - before
        self._received += len(chunk)
        if not chunk:
            raise self.abort("the connection was closed")
        if self._received > _MOST_ANSWER:
            raise self.abort("more than any answer holds")
        self._buffer += chunk

    def _forget_plain_text(self) -> None:
        """What came before STARTTLS took hold may have been put there by somebody on the way (CVE-2011-0411)."""
        if self.sock is not self._filled_from:
            self._buffer.clear()
            self._filled_from = self.sock

    def _taken(self, size: int) -> bytes:
        taken = bytes(self._buffer[:size])
        del self._buffer[:size]
        return taken
