"""`publisher run`: ticks, a sender, the telling of alarms and the web server, side by side in one process.

A tick looks at what is due and never waits for what takes long: it lays that into a lane, which a thread of its own
empties, one piece after the other. What happens is told line by line, and what is the same minute after minute only
once. On SIGTERM no work is begun any more, what is under way is finished, and the program ends.
"""

import logging
import os
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager, suppress
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from urllib.parse import urlsplit

from publisher.actions.run import next_release
from publisher.app import App
from publisher.errors import Busy, Overtaken, PublisherError, StoreAway
from publisher.schedule import Done, keep_ticking, tick

Work = Callable[[], str]

_MINUTE = 60.0
_PING_SECONDS = 10.0
_AGAIN_SECONDS = 5.0
_PATIENCE_SECONDS = 30.0
"""So long the end waits for an alarm or a ping under way: an alarm is told again, and a ping is missed by nobody."""
_log = logging.getLogger("publisher.service")


@contextmanager
def services(app: App, tell: Callable[[Done], None], listener: socket.socket | None) -> Iterator[Callable[[], None]]:
    """All parts at work to the end of the block, except for the ticks: what is yielded keeps these going until SIGTERM
    or SIGINT. `tell` is given what happened. With a `listener` the web is served."""
    notify = notifier()
    service = Service(app, Teller(tell), notify)
    with ExitStack() as parts:
        if listener is not None:
            from publisher.web.server import answering

            parts.enter_context(answering(app, listener))
        service.start()
        parts.callback(service.close)
        # However it ends: whoever closes a lane waits for it.
        parts.callback(app.stop.set)

        def keep_on() -> None:
            notify("READY=1")
            keep_ticking(app, service.tick)
            notify("STOPPING=1")

        yield keep_on


def notifier() -> Callable[[str], None]:
    """What tells systemd how we are (sd_notify(3)): one datagram to the socket it names. Without one, it does nothing.

    It never raises: a supervisor that is gone is no reason to stop.
    """
    place = os.environ.get("NOTIFY_SOCKET", "")
    if not place:
        return lambda _: None
    # A name that begins with @ is in the abstract name space, which has no files (unix(7)).
    address = f"\0{place[1:]}" if place.startswith("@") else place

    def notify(state: str) -> None:
        with suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as to:
            to.sendto(state.encode("ascii"), address)

    return notify


class Teller:
    """Passes lines on, but not what was told already a minute ago, or an hour ago where it never stopped."""

    _PAUSE, _AGAIN = 2.2 * _MINUTE, 60 * _MINUTE

    def __init__(self, tell: Callable[[Done], None]) -> None:
        self._tell = tell
        self._lock = threading.Lock()
        self._seen: dict[str, tuple[float, float]] = {}
        self._away = False

    def __call__(self, done: Done) -> None:
        # What was written was written, however often; all else may be the same thing still.
        if done.line and (self._is_news(done.line) or done.line.startswith("feeds: ")):
            self._tell(done)

    def away(self, said: str) -> None:
        """The database cannot be used: told once, whoever meets it, until it is back."""
        with self._lock:
            news, self._away = not self._away, True
        if news:
            self._tell(
                Done(line=f"{said.removesuffix(', try again')}; it is tried again every few seconds", well=False)
            )

    @property
    def is_away(self) -> bool:
        return self._away

    def back(self) -> None:
        """The database answers."""
        with self._lock:
            news, self._away = self._away, False
        if news:
            self._tell(Done(line="the database can be used again"))

    def _is_news(self, line: str) -> bool:
        now = time.monotonic()
        with self._lock:
            self._seen = {known: at for known, at in self._seen.items() if now - at[1] < self._PAUSE}
            told, _ = self._seen.get(line, (None, 0.0))
            news = told is None or now - told > self._AGAIN
            self._seen[line] = (now if told is None or news else told, now)
        return news


class Lane:
    """One thread that does one piece of work after the other, each once while it waits or is under way."""

    def __init__(self, name: str, tell: Teller, then: Callable[[], None], stop: threading.Event) -> None:
        self._tell, self._then, self._stop = tell, then, stop
        self._held: dict[str, Work] = {}
        self._change = threading.Condition()
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    def open(self) -> None:
        self._thread.start()

    def give(self, name: str, work: Work) -> None:
        """Have it done, unless it waits already or is under way."""
        with self._change:
            self._held.setdefault(name, work)
            self._change.notify()

    def close(self, patience: float | None) -> None:
        """Once `stop` is set: wait for what is under way, so many seconds at most. The rest is not begun."""
        with self._change:
            self._change.notify()
        self._thread.join(patience)

    def _run(self) -> None:
        while (held := self._next()) is not None:
            self._do(*held)
            with self._change:
                del self._held[held[0]]
            self._then()

    def _next(self) -> tuple[str, Work] | None:
        with self._change:
            while not self._held and not self._stop.is_set():
                self._change.wait()
            return None if self._stop.is_set() else next(iter(self._held.items()))

    def _do(self, name: str, work: Work) -> None:
        try:
            self._tell(Done(line=work()))
        except StoreAway as exc:
            self._tell.away(str(exc))
        except (Busy, Overtaken) as exc:
            self._tell(Done(line=f"{name}: stood back: {exc}"))
        except PublisherError as exc:
            said = str(exc)
            self._tell(Done(line=said if said.startswith(name) else f"{name}: {said}", well=False))
        except Exception:
            # Whatever this is, the next minute tries again.
            _log.exception("internal error in %s", name)
            self._tell(Done(line=f"{name}: internal error, see the log", well=False))


class Service:
    """Ticks, and the threads beside them."""

    def __init__(self, app: App, tell: Teller, notify: Callable[[str], None]) -> None:
        self._app, self._tell, self._notify = app, tell, notify
        self._ticking = threading.Lock()
        self._wake, self._sent = threading.Event(), threading.Event()
        self._pinged_at: float | None = None
        self._lanes = {
            "send": Lane("sender", tell, self._has_sent, app.stop),
            "alarms": Lane("alarms", tell, lambda: None, app.stop),
            "ping": Lane("ping", tell, lambda: None, app.stop),
        }
        self._waker = threading.Thread(target=self._keep_waking, name="waker", daemon=True)

    def start(self) -> None:
        # The first tick may take a while, and whoever begins is alive.
        self._app.ticked_at = self._app.clock()
        for lane in self._lanes.values():
            lane.open()
        self._app.aside = lambda lane, name, work: self._lanes[lane].give(name, work)
        self._waker.start()

    def close(self) -> None:
        """Wait for copies that are under way, however long that takes; for an alarm or a ping, a little."""
        self._wake.set()
        self._waker.join()
        for name, lane in self._lanes.items():
            lane.close(None if name == "send" else _PATIENCE_SECONDS)

    def tick(self) -> None:
        """Do what is due; never two at once. Nothing is begun once it is to stop."""
        with self._ticking:
            if self._app.stop.is_set():
                return
            try:
                done = tick(self._app)
            except PublisherError as exc:
                self._tell.away(str(exc))
                self._wake.set()
            except Exception:
                _log.exception("internal error in a tick")
            else:
                self._tell.back()
                for one in done:
                    self._tell(one)
                self._ping()
            self._app.ticked_at = self._app.clock()
            self._notify("WATCHDOG=1")

    def _keep_waking(self) -> None:
        """A tick more when an issue has left, for the feeds list it; when the next embargo ends; and every few seconds
        while the database is away."""
        while not self._app.stop.is_set():
            due = _AGAIN_SECONDS if self._tell.is_away else self._seconds_to_release()
            woken = self._wake.wait(min(due, _MINUTE))
            self._wake.clear()
            if self._sent.is_set():
                self.tick()
                # Not at once again: one that waits for its relay ends each time it is tried.
                self._app.stop.wait(_MINUTE / 4)
                self._sent.clear()
            elif not woken and due <= _MINUTE:
                self.tick()

    def _has_sent(self) -> None:
        self._sent.set()
        self._wake.set()

    def _seconds_to_release(self) -> float:
        with suppress(PublisherError):
            if moment := next_release(self._app):
                return max(0.0, (moment - self._app.clock()).total_seconds()) + 0.05
        return 2 * _MINUTE

    def _ping(self) -> None:
        """Ask the dead-man address after a good tick, no more often than is set, and beside all else."""
        table, now = self._app.config.alarms, time.monotonic()
        is_due = self._pinged_at is None or now - self._pinged_at >= table.ping_minutes * _MINUTE - 1
        if (url := table.ping) and is_due:
            self._pinged_at = now
            self._lanes["ping"].give("ping", lambda: ping(url))


def ping(url: str) -> str:
    """GET the address that notices when nobody asks any more; what went wrong, as a line without the address."""
    parts = urlsplit(url)
    kind = HTTPSConnection if parts.scheme == "https" else HTTPConnection
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    try:
        with closing(kind(parts.hostname or "", parts.port, timeout=_PING_SECONDS)) as connection:
            connection.request("GET", target, headers={"User-Agent": "Publisher"})
            status = connection.getresponse().status
    except (OSError, HTTPException, ValueError) as exc:
        return f"ping of [alarms]: no answer ({type(exc).__name__}); check the address and the way there"
    return "" if 200 <= status < 300 else f"ping of [alarms]: the answer had status {status}; check the address"
