"""The conversation with Chromium: JSON messages over a socket, each ended by a NUL, with one time limit for all.

In: a command. Out: its answer. Meanwhile the events that come are noted, and each request that a page makes is answered
as its owner says. Raises ProgramError where the other side is late, gone, or says no.
"""

import json
import re
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, TypeAlias

from publisher.errors import ProgramError

INSTEAD = "try again, or do without pictures by setting PUBLISHER_BROWSER to nothing"

Answer: TypeAlias = tuple[str, dict[str, Any]]
"""What is done with a request of a page: a command of the protocol and its parameters."""


class Wire:
    """Our end of it. `answers` says for each session what is done with a URL of a kind (`Image`, `Document`, …).

    `program` is named in what goes wrong, with the last line of the file `said`, where it complains.
    """

    def __init__(self, end: socket.socket, program: Path, said: Path) -> None:
        self._end, self._program, self._said = end, program, said
        self._until, self._number = 0.0, 0
        self._left = bytearray()
        self._events: set[tuple[str, ...]] = set()
        self.answers: dict[str, Callable[[str, str], Answer]] = {}

    def allow(self, seconds: float) -> None:
        """From now on: the conversation has so many seconds."""
        self._until = time.monotonic() + seconds

    def ask(self, method: str, session: str | None = None, **parameters: Any) -> dict[str, Any]:
        number = self._send(method, session, parameters)
        while (told := self._hear()).get("id") != number:
            self._note(told)
        if wrong := told.get("error"):
            raise ProgramError(f"{self._program}: {method} failed ({wrong['message']}); {INSTEAD}")
        return dict(told.get("result", {}))

    def wait_for(self, event: tuple[str, ...]) -> None:
        while event not in self._events:
            self._note(self._hear())

    def _send(self, method: str, session: str | None, parameters: dict[str, Any]) -> int:
        self._number += 1
        told = {"id": self._number, "method": method, "params": parameters}
        with self._in_time():
            self._end.sendall(json.dumps(told | ({"sessionId": session} if session else {})).encode() + b"\0")
        return self._number

    def _hear(self) -> dict[str, Any]:
        end = self._left.find(b"\0")
        while end < 0:
            known = len(self._left)
            with self._in_time():
                self._left += self._end.recv(1 << 20) or _gone()
            end = self._left.find(b"\0", known)
        told, self._left = self._left[:end], self._left[end + 1 :]
        try:
            return dict(json.loads(told))
        except (ValueError, TypeError) as exc:
            raise ProgramError(f"{self._program}: it does not talk as Chromium does; name another browser") from exc

    def _note(self, told: dict[str, Any]) -> None:
        session, event = told.get("sessionId", ""), told.get("params", {})
        match told.get("method"):
            case "Fetch.requestPaused":
                method, parameters = self.answers[session](event["request"]["url"], event["resourceType"])
                self._send(method, session, parameters | {"requestId": event["requestId"]})
            case "Page.lifecycleEvent":
                self._events.add(("Page.lifecycleEvent", session, event["loaderId"], event["name"]))
            case "Inspector.targetCrashed":
                raise ProgramError(f"{self._program}: the page made it crash; {INSTEAD}")

    @contextmanager
    def _in_time(self) -> Iterator[None]:
        try:
            self._end.settimeout(max(self._until - time.monotonic(), 0.001))
            yield
        except TimeoutError as exc:
            self._end.close()  # whatever it says later would answer another question
            raise ProgramError(f"{self._program}: it gave no answer in time and was ended; {INSTEAD}") from exc
        except OSError as exc:
            raise ProgramError(f"{self._program}: it ended by itself ({self._last_words()}); {INSTEAD}") from exc

    def _last_words(self) -> str:
        with suppress(OSError):
            lines = self._said.read_text(errors="replace").split("\n")
            telling = [line for line in lines if line.strip() and "dbus" not in line]
            fatal = [line for line in telling if "FATAL" in line]
            return re.sub(r"^\[[^]]*\] ", "", (fatal or telling or ["it said nothing"])[-1])[:300]
        return "it said nothing"


def _gone() -> bytes:
    raise ConnectionResetError
