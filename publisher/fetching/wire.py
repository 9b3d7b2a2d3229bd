"""Connects to the address that was judged, and to no other; ends every answer in time and within its bytes.

In: a host and port from httpcore. Out: a connection whose every step looks at the one clock of the question. A name is
looked up once for a connection, all its addresses are judged, and one of these is connected to: a name that leads
elsewhere the second time it is looked up (DNS rebinding) is never looked up a second time. Certificates are still
checked against the name, which httpcore hands over for TLS.
"""

import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from typing import Any, TypeAlias

import httpcore

from publisher.addresses import Allowed, refusal
from publisher.errors import FetchError

Resolver: TypeAlias = Callable[[str, int], Sequence[str]]
"""From a name and a port to addresses as text, the best first. OSError or ValueError where there are none."""

CONNECT_SECONDS = 5.0
_MOST_BEFORE_BODY = 512 * 1024


class Question:
    """One question, with the redirects it takes, and its limits: seconds until its last byte, bytes on the wire.

    Its clock runs from `begin` to `end` of each step: pauses that manners ask for are not the server's.
    """

    def __init__(self, *, seconds: float) -> None:
        self._seconds = self._rest = seconds
        self.begin("")

    def begin(self, url: str) -> None:
        self.url = url
        self._ends = time.monotonic() + self._rest
        self._part, self._left = "header", _MOST_BEFORE_BODY
        self.has_connected = self._has_heard = False

    def end(self) -> None:
        self._rest = self._ends - time.monotonic()

    def within(self, seconds: float | None = None) -> float:
        """The seconds that a step may take. Raises FetchError where none are left."""
        left = self._ends - time.monotonic()
        if left <= 0:
            raise self.late()
        return left if seconds is None else min(seconds, left)

    def begin_body(self, most: int) -> None:
        """The header is there; from now on `most` bytes may come."""
        self._part, self._left = "body", most

    def count(self, number: int) -> None:
        """Hints without an answer, chunks of nothing and trailers without end all come to this."""
        self._has_heard = self._has_heard or number > 0
        self._left -= number
        if self._left < 0:
            raise FetchError(f"{self.url}: the answer's {self._part} has no end; is this the right address?")

    @property
    def met_a_closed_connection(self) -> bool:
        """Was it put to a connection kept open, which the server was just closing? Then it was not heard, and may be
        put again (RFC 9112, 9.3.1): a pause of a second between two questions makes this likely with some servers."""
        return not (self.has_connected or self._has_heard)

    def late(self) -> FetchError:
        return FetchError(f"{self.url}: no answer (it was not whole after {self._seconds:g} seconds); try again later")

    @property
    def is_late(self) -> bool:
        return time.monotonic() >= self._ends


def resolve(host: str, port: int) -> list[str]:
    """Ask the machine, as any program would: its hosts file counts too."""
    return [str(place[0]) for *_, place in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]


class Wire(httpcore.SyncBackend):
    """What httpcore's connections are made of. One question at a time: `question` is set before each."""

    question: Question

    def __init__(self, allowed: Allowed, resolver: Resolver) -> None:
        self._allowed, self._resolver = allowed, resolver

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        question = self.question
        question.has_connected = True
        numbers = self._looked_up(host, port)
        if (why := refusal(host, port, numbers, self._allowed)) is not None:
            raise FetchError(f"{question.url}: not asked ({why}); mend the address, or list its host in `allow`")
        failed: Exception | None = None
        for number in numbers:
            try:
                seconds = question.within(CONNECT_SECONDS)
                opened = super().connect_tcp(number, port, seconds, local_address, socket_options)
                return _Stream(opened, self)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as exc:
                failed = failed or exc
        raise failed or httpcore.ConnectError("no address")

    def _looked_up(self, host: str, port: int) -> Sequence[str]:
        """Look up a name within the question's time: the machine may take minutes, and cannot be told to stop."""
        found: list[Sequence[str]] = []
        troubles: list[Exception] = []

        def look_up() -> None:
            try:
                found.append(tuple(dict.fromkeys(self._resolver(host, port))))
            except (OSError, ValueError) as exc:  # a name that is none (UnicodeError) is a ValueError
                troubles.append(exc)

        worker = threading.Thread(target=look_up, name="looks up a name", daemon=True)
        worker.start()
        worker.join(self.question.within())
        if troubles:
            why = "its name could not be looked up just now" if _may_pass(troubles[0]) else "there is no such host"
            raise FetchError(f"{self.question.url}: no answer ({why}); check the address, then try again")
        if not found:
            raise self.question.late()
        return found[0]


def _may_pass(trouble: Exception) -> bool:
    return isinstance(trouble, socket.gaierror) and trouble.errno == socket.EAI_AGAIN


class _Stream(httpcore.NetworkStream):
    """A connection each of whose steps ends in time; a server that sends a byte now and then gains nothing by it."""

    def __init__(self, inner: httpcore.NetworkStream, wire: Wire) -> None:
        self._inner, self._wire = inner, wire

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        question = self._wire.question
        data = self._inner.read(max_bytes, question.within(timeout))
        question.count(len(data))
        return data

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._inner.write(buffer, self._wire.question.within(timeout))

    def close(self) -> None:
        self._inner.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        seconds = self._wire.question.within(CONNECT_SECONDS)
        return _Stream(self._inner.start_tls(ssl_context, server_hostname, seconds), self._wire)

    def get_extra_info(self, info: str) -> Any:
        return self._inner.get_extra_info(info)
