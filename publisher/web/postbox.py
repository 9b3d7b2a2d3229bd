"""Sends the mails that the form asks for, after the answers have left.

One thread does it, one mail after the other: whoever asks cannot tell from the time of this answer or the next what
kind of mail goes out, and no mail leaves twice because two people asked at once. What fails is left for the service.
"""

import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Lock

_log = logging.getLogger("publisher.web")


class Postbox:
    """`send` sends all that waits, and is never called twice at once."""

    def __init__(self, send: Callable[[], object]) -> None:
        self._send = send
        self._worker = ThreadPoolExecutor(1, "postbox")
        self._called = False
        self._lock = Lock()

    def wake(self) -> None:
        """There is something to send. Who calls does not wait."""
        with self._lock:
            if self._called:
                return
            self._called = True
        self._worker.submit(self._empty)

    def close(self) -> None:
        """Let what is under way end."""
        self._worker.shutdown()

    def _empty(self) -> None:
        with self._lock:
            self._called = False
        try:
            self._send()
        except Exception as exc:  # its text may hold an address: relays repeat them
            _log.error("confirmations were not sent (%s); `publisher run` tries again", type(exc).__name__)
