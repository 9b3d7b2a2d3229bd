"""Asks many questions at once, each in a thread of its own, and waits for none of them for ever.

In: questions. Out: their results, in their order. An error of ours becomes a result; one that is none of ours is a bug
and is raised.
"""

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from publisher.doctor.results import Result, error, unknown
from publisher.errors import FetchError, PublisherError


@dataclass(frozen=True, slots=True)
class Question:
    """`code` and `place` are told where `ask` fails or hangs."""

    code: str
    place: str
    ask: Callable[[], list[Result]]


def ask_all(questions: Sequence[Question], seconds: float, progress: Callable[[int, int], None]) -> list[Result]:
    """Every question begins now and has so many seconds; one that hangs is left behind, and told.

    `progress` is told (done, of) after each.
    """
    asked = [_Asked(question) for question in questions]
    ends = time.monotonic() + seconds
    for one in asked:
        one.thread.start()
    results: list[Result] = []
    for number, one in enumerate(asked, start=1):
        one.thread.join(max(0.0, ends - time.monotonic()))
        results += one.results(seconds)
        progress(number, len(asked))
    return results


class _Asked:
    """A question under way."""

    def __init__(self, question: Question) -> None:
        self._question = question
        self._found: list[Result] = []
        self._bug: Exception | None = None
        self.thread = threading.Thread(target=self._run, name=f"doctor-{question.code}", daemon=True)

    def results(self, seconds: float) -> list[Result]:
        if self._bug:
            raise self._bug
        code, place = self._question.code, self._question.place
        late = unknown(code, place, f"there was no answer within {seconds:g} seconds; try again later")
        return self._found or [late]

    def _run(self) -> None:
        code, place = self._question.code, self._question.place
        try:
            self._found = self._question.ask()
        except FetchError as exc:
            self._found = [unknown(code, place, str(exc))]
        except PublisherError as exc:
            self._found = [error(code, place, str(exc).removeprefix(f"{place}: "))]
        except Exception as exc:
            self._bug = exc
