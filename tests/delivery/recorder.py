"""A transport that keeps in memory what would have left, and answers what it is told to: for tests of the engine alone.

Like a relay it takes a message only when its end comes, and never one that was withdrawn.
"""

import threading
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping

from publisher.records import Accepted, Envelope, Outcome, Uncertain, Unsent

Answers = Mapping[str, Iterable[Outcome]]
"""What is answered to the ends of each recipient's copies, one after the other; Accepted after these."""


class Recorder:
    """`kept` are the messages that were taken, by recipient; `broken_off` those that were withdrawn.

    An Uncertain copy is taken where its reply says so: "kept".
    """

    repeatable = False
    relay = "recorder"

    def __init__(self, answers: Answers | None = None) -> None:
        self.kept: defaultdict[str, list[bytes]] = defaultdict(list)
        self.broken_off: Counter[str] = Counter()
        self.opened = 0
        self._answers = {who: iter(told) for who, told in (answers or {}).items()}
        self._lock = threading.Lock()

    def open(self) -> "_Courier":
        with self._lock:
            self.opened += 1
        return _Courier(self)

    def answer(self, envelope: Envelope, message: bytes) -> Outcome:
        with self._lock:
            outcome = next(self._answers.get(envelope.recipient, iter(())), Accepted(reply="250 kept"))
            if isinstance(outcome, Accepted) or (isinstance(outcome, Uncertain) and outcome.reply == "kept"):
                self.kept[envelope.recipient].append(message)
            return outcome


class _Courier:
    def __init__(self, recorder: Recorder) -> None:
        self._recorder, self.is_open = recorder, True
        self._offered: Envelope | None = None
        self._message: bytes | None = None

    def exchange(self, envelope: Envelope | None) -> tuple[Outcome | None, Outcome | None]:
        last = None
        if self._offered and self._message is not None:
            last = self._recorder.answer(self._offered, self._message)
        self._offered, self._message = envelope, None
        if isinstance(last, (Unsent, Uncertain)):
            self.is_open = False
            return last, Unsent(reply="the way is broken") if envelope else None
        return last, None

    def put(self, message: bytes) -> Unsent | None:
        self._message = message
        return None

    def withdraw(self) -> None:
        assert self._offered
        self._recorder.broken_off[self._offered.recipient] += 1
        self.close()

    def close(self) -> None:
        self.is_open, self._message = False, None
