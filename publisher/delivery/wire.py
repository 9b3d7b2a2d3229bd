"""A connection to a relay: bytes out, whole replies in, each within its time.

In: a connected socket, plain or encrypted. It never blocks but where it waits on purpose: a thread that asks the system
leaves the interpreter to the others and queues for it again, so nothing is asked that can be done without.
"""

import select
import socket
import ssl
import time

from publisher.delivery.replies import Broken, Reader, Reply, why

_BLOCK = 256 * 1024
_MOST = 65536
_NOT_NOW = (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError)
"""TLS may have to read before it can write, and the other way round."""


class Wire:
    """One thread's. Everything here raises Broken when the connection is of no more use."""

    def __init__(self, connection: socket.socket) -> None:
        connection.settimeout(0)
        self._socket = connection
        self._reader = Reader()
        self._readable, self._writable = select.poll(), select.poll()
        self._readable.register(connection, select.POLLIN)
        self._writable.register(connection, select.POLLOUT)

    def say(self, data: bytes, seconds: float) -> None:
        """Hand all of it over, each 256 KB whole within so many seconds."""
        view = memoryview(data)
        for start in range(0, len(view), _BLOCK):
            rest, deadline = view[start : start + _BLOCK], time.monotonic() + seconds
            while rest:
                try:
                    rest = rest[self._socket.send(rest) :]
                except ssl.SSLWantReadError:
                    self._wait(self._readable, deadline, "the relay did not answer in time")
                except _NOT_NOW:
                    self._wait(self._writable, deadline, "the relay did not answer in time")
                except OSError as exc:
                    raise Broken(why(exc)) from exc

    def hear(self, seconds: float) -> Reply:
        """The next reply, whole within so many seconds: a relay that sends a byte now and then is stopped too."""
        deadline = time.monotonic() + seconds
        while (reply := self._reader.take()) is None:
            if not self._holds_some():
                self._wait(self._readable, deadline, f"the relay gave no whole answer within {seconds:g} seconds")
            self._receive()
        return reply

    def expect_silence(self) -> None:
        """Before anything is said: raises Broken where the relay hung up meanwhile, or said something unasked."""
        if self._holds_some() or self._readable.poll(0):
            self._receive()
        if reply := self._reader.take():
            raise Broken(str(reply))
        if self._reader.has_more:
            raise Broken("the relay spoke unasked")

    def expect_nothing_more(self) -> None:
        """After an answer: raises Broken where more was said than was asked."""
        if self._reader.has_more:
            raise Broken("the relay said more than it was asked")

    def _holds_some(self) -> bool:
        """Whether something was decrypted already, of which the system knows nothing."""
        return isinstance(self._socket, ssl.SSLSocket) and self._socket.pending() > 0

    def _receive(self) -> None:
        """What has come, if anything: of what TLS says for itself nothing is left."""
        try:
            data = self._socket.recv(_MOST)
        except _NOT_NOW:
            return
        except OSError as exc:
            raise Broken(why(exc)) from exc
        if not data:
            raise Broken("the relay hung up")
        self._reader.feed(data)

    @staticmethod
    def _wait(until: select.poll, deadline: float, late: str) -> None:
        left = deadline - time.monotonic()
        if left <= 0 or not until.poll(left * 1000):
            raise Broken(late)
