"""Tells the WebSub hub which feeds changed (w3.org/TR/websub, section 7), after the new bytes can be fetched.

A build only notes what changed; telling is done afterwards and tried again later, so that a hub that is down never
holds up a feed. The hub fetches the feed as soon as it is told: so the feed's own address is asked first, and the hub
is told nothing while that still gives the old bytes.
"""

import hashlib
import time
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from publisher.app import App
from publisher.errors import FetchError
from publisher.fetching import Fetcher
from publisher.links import ENDINGS
from publisher.store import Connection, pings

_FIRST_PAUSE = timedelta(minutes=1)
_LONGEST_PAUSE = timedelta(hours=1)
_PATIENCE = timedelta(days=1)
_SECONDS = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What became of one ping: `told`, `later` (and why), or `given up`."""

    url: str
    what: str
    why: str | None = None


def note_standing(connection: Connection, app: App, feeds: Iterable[str]) -> None:
    """Note what subscribers poll of these feeds, now that its files stand."""
    if app.hub is None:
        return
    documents = {
        app.links.feed(feed, ending): hashlib.sha256((app.feeds_folder / f"{feed}.{ending}").read_bytes()).hexdigest()
        for feed in feeds
        for ending in ENDINGS
    }
    pings.note(connection, documents, app.clock())


def tell_hub(app: App) -> list[Told]:
    """Tell the hub of every feed that is due. Never raises for what the hub or the network does.

    After one question without an answer, or some seconds, the others are put off unasked: whoever calls does not wait
    for each.
    """
    if app.hub is None:
        return []
    with app.database.read() as connection:
        waiting = pings.due(connection, app.clock())
    told: list[Told] = []
    silent: str | None = None
    until = time.monotonic() + 2 * _SECONDS
    with Fetcher(seconds=_SECONDS) as fetcher:
        for ping in waiting:
            trouble = silent
            if trouble is None:
                try:
                    trouble = _tell(fetcher, app.hub, ping)
                except FetchError as exc:
                    trouble = silent = str(exc)
                if time.monotonic() > until:
                    silent = "the hub is slow; the others are told later"
            told.append(_settled(app, ping, trouble))
    return told


def _tell(fetcher: Fetcher, hub: str, ping: pings.Ping) -> str | None:
    """Tell the hub of one feed; what went wrong, if anything. Raises FetchError when nobody answers."""
    live = fetcher.get(ping.url, {"Cache-Control": "no-cache"})
    if live.status != 200 or hashlib.sha256(live.body).hexdigest() != ping.hash:
        return f"{ping.url} does not give the new feed yet (status {live.status}); publish the feeds folder"
    reply = fetcher.post(hub, {"hub.mode": "publish", "hub.topic": ping.url, "hub.url": ping.url})
    if reply.status >= 500 or reply.status == 429:
        raise FetchError(f"{hub} is in trouble (status {reply.status})")
    return None if 200 <= reply.status < 300 else f"{hub} answered with status {reply.status}"


def _settled(app: App, ping: pings.Ping, trouble: str | None) -> Told:
    now = app.clock()
    with app.database.write() as connection:
        if trouble is None:
            pings.settle(connection, ping)
            return Told(url=ping.url, what="told")
        if now - ping.since >= _PATIENCE:
            pings.settle(connection, ping, trouble)
            return Told(url=ping.url, what="given up", why=trouble)
        pings.put_off(connection, ping, _next(ping, now), trouble)
    return Told(url=ping.url, what="later", why=trouble)


def _next(ping: pings.Ping, now: datetime) -> datetime:
    """Twice as long each time, to an hour at most: the hub asks for it when it is back, and readers poll anyway."""
    pause: timedelta = _FIRST_PAUSE * 2 ** min(ping.attempts, 10)
    return now + min(pause, _LONGEST_PAUSE)
