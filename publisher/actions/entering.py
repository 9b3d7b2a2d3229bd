"""What is new in the feeds: which entries belong where from now on, and which documents must be written again.

Everything is decided in one transaction from what the last build knew: a saved change, a release, a withdrawal, an
issue that was sent, a month that ended. Nothing here looks at all articles, unless all feeds are built anew.
"""

import hashlib
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial

from publisher.app import App
from publisher.feeds import FORMAT, Channel
from publisher.feeds.placing import LastPart, belongs, closed_parts, in_order_of_coming, month_of, placed
from publisher.records import Build, Standing
from publisher.store import Connection, entries, standings

_SET_BACK = timedelta(hours=1)
_AT_ONCE = 500
"""Entries placed together: bounds the memory that a first build of many takes."""


def is_idle(connection: Connection, app: App, settings: str) -> bool:
    """Whether a build would find nothing to do. Reads only, so that the service can ask each minute."""
    last = entries.last_build(connection)
    now = _moment(app.clock(), last)
    known = _continued(last, settings, now)
    return (
        known is not None
        and month_of(known.until, app.zone) == month_of(now, app.zone)
        and not entries.stale(connection)
        and not standings.changed(connection, known, now, app.tag_authority)
    )


def enter(connection: Connection, app: App, settings: str, *, everything: bool) -> None:
    """Bring the memory of the feeds up to now, and mark what must be written."""
    last = entries.last_build(connection)
    now = _moment(app.clock(), last)
    known = None if everything else _continued(last, settings, now)
    revision = standings.revision(connection)
    changed = in_order_of_coming(standings.changed(connection, known, now, app.tag_authority))
    entering = _Entering(connection, app, month_of(last.until, app.zone) if last else "")
    for start in range(0, len(changed), _AT_ONCE):
        entering.place(changed[start : start + _AT_ONCE])
    if known is None:
        entries.spoil_all(connection, [feed.path for feed in app.feeds])
    entering.make_documents(month_of(now, app.zone), everywhere=known is None)
    entries.note_build(connection, Build(revision=revision, until=now, settings=settings))


def _moment(now: datetime, last: Build | None) -> datetime:
    """The moment of this build. A clock that was set back a little is no reason to build everything anew."""
    return last.until if last and now < last.until <= now + _SET_BACK else now


def _continued(last: Build | None, settings: str, now: datetime) -> Build | None:
    """The last build, if this one can go on from it: with the same settings, and no earlier."""
    return last if last and last.settings == settings and last.until <= now else None


def settings_of(app: App, channels: Mapping[str, Channel]) -> str:
    """A fingerprint of all that stands in every document: when it changes, all are written anew."""
    site = (app.links.home, app.language, app.zone, list(app.topics.values()), app.templates.fingerprint("feeds"))
    told = (FORMAT, site, list(channels.values()))
    return hashlib.sha256(repr(told).encode("utf-8", "backslashreplace")).hexdigest()


class _Entering:
    """One build's entries on their way to their places. Nothing enters a month before `earliest`."""

    def __init__(self, connection: Connection, app: App, earliest: str) -> None:
        self._connection, self._app, self._earliest = connection, app, earliest
        self._last: dict[tuple[str, str], LastPart] = {}
        self._holders: dict[datetime, str | None] = {}
        self._touched: dict[str, set[str]] = {}

    def place(self, some: Sequence[Standing]) -> None:
        """Place some entries, and spoil the documents that they are in or were."""
        known = entries.known(self._connection, [standing.id for standing in some])
        self._look_up(some)
        changed: list[entries.Listed] = []
        spoilt: set[entries.Document] = set()
        for standing in some:
            was = known.get(standing.id)
            if was is None and not standing.visible:
                continue
            now = self._listed(standing, was)
            self._holders[now.placed.updated] = standing.id
            spoilt |= now.documents | (was.documents if was else set())
            for feed in now.shown:
                self._touched.setdefault(feed, set()).add(now.parts[feed])
            if was != now:
                changed.append(now)
        entries.place(self._connection, changed, known.keys() & {one.placed.id for one in changed})
        entries.spoil(self._connection, spoilt)

    def _listed(self, standing: Standing, was: entries.Listed | None) -> entries.Listed:
        """Where it lies in each feed: a withdrawn entry is a tombstone wherever it ever was; a hidden one is nowhere.

        A part it once had in a feed it has for ever: should it come back, it comes back there.
        """
        zone, is_taken = self._app.zone, partial(self._is_taken, by_others_than=standing.id)
        month = was.placed.month if was else max(month_of(standing.came_at, zone), self._earliest)
        at = placed(standing, was.placed if was else None, month, is_taken)
        parts = dict(was.parts) if was else {}
        if standing.gone_at:
            return entries.Listed(at, parts, frozenset(parts))
        feeds = [f.path for f in self._app.feeds if standing.visible and belongs(f, standing, self._app.language)]
        for feed in feeds:
            if feed not in parts:
                parts[feed] = self._enter(feed, month)
        return entries.Listed(at, parts, frozenset(feeds))

    def _enter(self, feed: str, month: str) -> str:
        """The part of the feed that one more entry of this month comes to."""
        last = self._last.get((feed, month)) or LastPart(*entries.last_part(self._connection, feed, month))
        self._last[feed, month] = last.enter()
        return self._last[feed, month].name

    def _look_up(self, some: Sequence[Standing]) -> None:
        """Learn at once who has the moments that these entries wish for."""
        wishes = {standing.updated for standing in some}
        self._holders |= dict.fromkeys(wishes) | entries.moments_taken(self._connection, wishes)

    def _is_taken(self, moment: datetime, by_others_than: str) -> bool:
        if moment not in self._holders:
            self._holders[moment] = entries.moments_taken(self._connection, [moment]).get(moment)
        return self._holders[moment] not in (None, by_others_than)

    def make_documents(self, month: str, *, everywhere: bool) -> None:
        """A document to poll for each feed that lists anything, and archive documents for the parts that are closed.

        `month` is that of the build. Unless they are wanted `everywhere`, only where something entered or may have
        been closed since. The archives beside a new one get a link to it.
        """
        polled, closed = set(), set()
        for feed in (feed.path for feed in self._app.feeds):
            archived = entries.archives(self._connection, feed)
            after = archived[-1] if archived and not everywhere else ""
            parts = {*entries.parts_listed(self._connection, feed, after), *self._touched.get(feed, ())}
            closed |= {(feed, part) for part in closed_parts(parts, month, archived)}
            polled |= {(feed, entries.SUBSCRIPTION)} if parts else set()
        new = entries.make_documents(self._connection, polled | closed)
        if not everywhere:
            entries.spoil(self._connection, self._beside(new))

    def _beside(self, new: Sequence[entries.Document]) -> set[entries.Document]:
        """The documents that lead to these: neighbours, what is polled, and the page that lists all feeds."""
        spoilt: set[entries.Document] = set()
        for feed, part in new:
            spoilt.add((feed if part else "news", entries.SUBSCRIPTION))
            there = entries.archives(self._connection, feed) if part else []
            at = there.index(part) if part else 0
            spoilt |= {(feed, beside) for beside in there[max(at - 1, 0) : at + 2]}
        return spoilt
