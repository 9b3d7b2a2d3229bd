"""compose | sign -> a message in its envelope, the same bytes on every attempt."""

import threading
from collections.abc import Callable

from publisher.delivery.compose import Composer
from publisher.delivery.sign import Signer, body_hash
from publisher.records import Delivery, Envelope


class Prepare:
    """Prepares the copies of one issue, for many threads at once. `return_path` gives the address that a copy comes
    back to; without a `signer` nothing is signed."""

    def __init__(self, composer: Composer, signer: Signer | None, return_path: Callable[[Delivery], str]) -> None:
        self._composer, self._signer, self._return_path = composer, signer, return_path
        self._verified: set[str | None] = set()
        self._lock = threading.Lock()

    def __call__(self, delivery: Delivery) -> tuple[Envelope, bytes]:
        """The envelope and the finished message. Raises IssueError when it does not say what was approved.

        That is looked at before the first copy in each language leaves; the others differ in personal values alone.
        """
        head, body = self._composer.parts(delivery)
        signature = self._signer.signature(head, body_hash(body)) if self._signer else b""
        message = b"".join((signature, head, b"\r\n", body))
        if delivery.language not in self._verified:
            self._verify(message, delivery)
        return self._envelope(delivery, len(message)), message

    def _verify(self, message: bytes, delivery: Delivery) -> None:
        """By one thread for all: it takes as long as some thirty copies."""
        with self._lock:
            if delivery.language not in self._verified:
                self._composer.verify(message, delivery)
                self._verified.add(delivery.language)

    def _envelope(self, delivery: Delivery, size: int) -> Envelope:
        return Envelope(
            name=delivery.public_id,
            sender=self._return_path(delivery),
            recipient=delivery.address,
            size=size,
            smtputf8=not delivery.address.isascii(),
            dotless=True,  # `compose.encoded` lets no line begin with one, and a header field begins with its name
        )
