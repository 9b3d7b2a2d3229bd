"""Writes the documents that a build must write: the archives oldest first, then what subscribers poll, then pages.

An archive stands before the document that leads to it, and a document that subscribers poll is checked before it
replaces the one that is there: with new errors, the whole feed keeps what it has.
"""

import os
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, ThreadPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache, partial
from multiprocessing import get_context, parent_process
from pathlib import Path
from typing import Literal

from publisher.actions.publishing import publisher_of
from publisher.actions.shelf import Shelf
from publisher.app import App
from publisher.config import Config
from publisher.errors import ConfigError
from publisher.feeds import Channel, Entry, Place, Tombstone, documents
from publisher.feeds.opml import opml
from publisher.feeds.page import page
from publisher.files import put
from publisher.links import ENDINGS
from publisher.records import Feed, Finding, Image, Placed
from publisher.store import Connection, content, entries

_WRITERS = 8
"""Threads that put files in their places: making a file is mostly waiting for the disk."""

_AHEAD = 24
"""Documents rendered and not yet in their places."""

_LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)
_WORTH_A_PROCESS = 40
"""From so many archive documents on a second process pays."""


@dataclass(slots=True, kw_only=True)
class Outcome:
    """What became of the documents: `files` by path below the feeds folder, `standing` are those that need no more
    writing, `entries` the number of entries in what subscribers poll, by feed."""

    files: dict[str, str] = field(default_factory=dict)
    standing: list[entries.Document] = field(default_factory=list)
    entries: dict[str, int] = field(default_factory=dict)
    problems: list[Finding] = field(default_factory=list)


def channels_of(app: App, *, dry_run: bool = False) -> tuple[dict[str, Channel], list[Finding]]:
    """What every document of each feed says of itself, by path; puts the site's icon and logo in their place.

    A picture that is of no use is a Finding: the feeds do without it.
    """
    publish = publisher_of(app, dry_run=dry_run)
    problems: list[Finding] = []

    def picture(which: Literal["icon", "logo"]) -> Image | None:
        try:
            return app.site_picture(which, publish)
        except ConfigError as exc:
            mend = f"{str(exc).removeprefix('publisher.toml: ')}; the feeds are built without it"
            problems.append(Finding(code="picture-unusable", severity="warning", place="publisher.toml", mend=mend))
            return None

    icon, logo = picture("icon"), picture("logo")
    channels = {
        feed.path: Channel(
            feed=feed,
            id=app.links.feed(feed.path, "atom"),
            page=app.links.feed(feed.path, "html"),
            publisher=app.organisation,
            publisher_url=app.organisation_url,
            hub=app.hub,
            icon=icon,
            logo=logo,
        )
        for feed in app.feeds
    }
    return channels, problems


class Writer:
    """Writes documents from one look at the store.

    Files are written by threads of their own: making one is mostly waiting, and rendering goes on meanwhile.
    """

    def __init__(self, app: App, connection: Connection, channels: Mapping[str, Channel], *, force: bool) -> None:
        self._app, self._connection, self._channels, self._force = app, connection, channels, force
        self._archived = cache(lambda feed: entries.archives(connection, feed))
        self._shelf = Shelf(app, connection)
        self.outcome = Outcome(problems=self._shelf.problems)

    def write(self, stale: Sequence[entries.Document], done: Callable[[], None]) -> None:
        """Write these documents. `done` is called after each."""
        known = [(feed, part) for feed, part in stale if feed in self._channels]
        polled = [feed for feed, part in known if part == entries.SUBSCRIPTION]
        closed = self._in_good_order([(feed, part) for feed, part in known if part])
        with _second_process(len(closed)) as second:
            # Where nothing stands yet nothing can be refused: the second process need not wait for that.
            shared = None if any(map(self._stands, polled)) else self._share(closed, second)
            ready = {feed: self._polled(feed) for feed in polled}
            refused = {feed for feed in polled if not self._force and self._refuse(feed, ready[feed])}
            shared = shared or self._share([one for one in closed if one[0] not in refused], second)
            self._archives(*shared, done)
        good = [feed for feed in polled if feed not in refused]
        self._put_all((((feed, entries.SUBSCRIPTION), ready[feed]) for feed in good), done)
        self._list_of_feeds()

    def _stands(self, feed: str) -> bool:
        return any((self._app.feeds_folder / f"{feed}.{ending}").exists() for ending in ENDINGS)

    def _share(
        self, closed: Sequence[entries.Document], second: ProcessPoolExecutor | None
    ) -> tuple[Sequence[entries.Document], Sequence[entries.Document], "Future[Outcome] | None"]:
        """Give a second process, if there is one, the later half of the documents: what is kept, what is given."""
        if second is None:
            return closed, (), None
        app, kept = self._app, len(closed) // 2
        given = second.submit(_write_share, app.config, app.clock(), closed[kept:], force=self._force)
        return closed[:kept], closed[kept:], given

    def _archives(
        self,
        kept: Sequence[entries.Document],
        given: Sequence[entries.Document],
        share: "Future[Outcome] | None",
        done: Callable[[], None],
    ) -> None:
        """Write archive documents, and take in what the second process wrote of them."""
        self.write_archives(kept, done)
        if share is None:
            return
        try:
            outcome = share.result()
        except BrokenProcessPool:  # someone ended it, perhaps for want of memory: this one does its work
            self.write_archives(given, done)
            return
        self.outcome.files |= outcome.files
        self.outcome.standing += outcome.standing
        self.outcome.problems += outcome.problems
        for _ in outcome.standing:
            done()

    def write_archives(self, closed: Sequence[entries.Document], done: Callable[[], None]) -> None:
        self._put_all((self._archive(document) for document in closed), done)

    def _in_good_order(self, closed: Sequence[entries.Document]) -> list[entries.Document]:
        """Documents that share entries near each other, so that each entry is rendered once."""
        oldest = entries.oldest(self._connection, closed)
        return sorted(closed, key=lambda document: (document[1][:7], oldest.get(document, _LONG_AGO), document))

    def _archive(self, document: entries.Document) -> tuple[entries.Document, dict[str, bytes]]:
        feed, part = document
        listed = entries.in_part(self._connection, feed, part)
        path = _path(feed, part)
        made = self._documents(feed, self._place(feed, part), listed)
        return document, {f"{path}.{ending}": text for ending, text in made.items()}

    def _polled(self, feed: str) -> dict[str, bytes]:
        """What subscribers poll, by file name below the feeds folder, with the page about it."""
        channel, place = self._channels[feed], self._place(feed, entries.SUBSCRIPTION)
        after = self._archived(feed)[-1] if self._archived(feed) else ""
        newest = entries.newest(self._connection, feed, channel.feed.limit, after)
        made = {f"{feed}.{ending}": text for ending, text in self._documents(feed, place, newest).items()}
        shown = [one.entry for one in self._shelf.rendered(newest)]
        self.outcome.entries[feed] = len(shown)
        made[f"{feed}.html"] = self._page(channel, place, shown)
        return made

    def _documents(self, feed: str, place: Place, listed: Sequence[Placed]) -> dict[str, bytes]:
        tombstones = self._tombstones([one for one in listed if one.gone_at])
        shown = self._shelf.rendered(listed)
        # A document that lost its entries has no moment of its own; that of a build would change with each.
        emptied = None if shown or tombstones else _LONG_AGO
        return documents(self._channels[feed], place, shown, tombstones, emptied=emptied)

    def _put_all(self, made: Iterable[tuple[entries.Document, Mapping[str, bytes]]], done: Callable[[], None]) -> None:
        """Put documents in their places while the next are rendered, no more than a few ahead."""
        with ThreadPoolExecutor(_WRITERS) as threads:
            under_way: deque[tuple[entries.Document, Future[dict[str, str]]]] = deque()
            for document, files in made:
                under_way.append((document, threads.submit(self._put, files)))
                while len(under_way) > _AHEAD:
                    self._settle(*under_way.popleft(), done)
            while under_way:
                self._settle(*under_way.popleft(), done)

    def _settle(self, document: entries.Document, put: Future[dict[str, str]], done: Callable[[], None]) -> None:
        self.outcome.files |= put.result()
        self.outcome.standing.append(document)
        done()

    def _put(self, files: Mapping[str, bytes]) -> dict[str, str]:
        folder, drafts = self._app.feeds_folder, self._app.drafts_folder
        return {name: put(folder / name, document, drafts) for name, document in files.items()}

    def _tombstones(self, gone: Sequence[Placed]) -> list[Tombstone]:
        articles, _, _ = content.by_ids(self._connection, [one.id for one in gone])
        whys = {id: article.withdrawn_why for id, article in articles.items() if article.withdrawn_at}
        return [Tombstone(id=one.id, when=one.gone_at, why=whys.get(one.id)) for one in gone if one.gone_at]

    def _place(self, feed: str, part: str) -> Place:
        parts = self._archived(feed)
        older = [p for p in parts if not part or p < part]
        newer = [p for p in parts if part and p > part]
        return Place(
            own=self._urls(_path(feed, part)),
            current=self._urls(feed),
            older=self._urls(_path(feed, older[-1])) if older else None,
            newer=self._urls(_path(feed, newer[0])) if newer else None,
        )

    def _urls(self, path: str) -> dict[str, str]:
        return {ending: self._app.links.feed(path, ending) for ending in ENDINGS}

    def _page(self, channel: Channel, place: Place, shown: Sequence[Entry]) -> bytes:
        app, links = self._app, self._app.links
        main = next(feed for feed in app.feeds if feed.path == "news")
        listed = self._listed_feeds() if channel.feed == main else [main]
        others = [(feed, links.feed(feed.path, "html")) for feed in listed if feed != channel.feed]
        own = (main.title, links.feed(main.path, "rss"))
        return page(channel, place, shown, others, own, links.opml(), app.zone, app.templates)

    def _listed_feeds(self) -> list[Feed]:
        made = entries.feeds_with_documents(self._connection)
        return [feed for feed in self._app.feeds if feed.path in made]

    def _list_of_feeds(self) -> None:
        app, links = self._app, self._app.links
        listed = [(f, links.feed(f.path, "rss"), links.feed(f.path, "html")) for f in self._listed_feeds()]
        if listed:
            self.outcome.files |= self._put({"index.opml": opml(app.config.site.title, app.organisation, listed)})

    def _is_known(self, id: str) -> bool:
        """Whether the feeds remember this entry: one that they do not was published by another database."""
        return bool(entries.known(self._connection, [id]))

    def _refuse(self, feed: str, made: Mapping[str, bytes]) -> bool:
        """Whether a document with errors would replace a good one; then it is said why."""
        app = self._app
        for ending, media_type in ENDINGS.items():
            name, address = f"{feed}.{ending}", app.links.feed(feed, ending)
            before = _read(app.feeds_folder / name)
            if before is None or before == made[name]:
                continue
            from publisher.feeds.lint import check

            judged = partial(check, now=app.clock(), address=address, media_type=media_type)
            errors = _errors(judged(made[name], previous=before, is_known=self._is_known))
            if errors and not _errors(judged(before)):
                self.outcome.files |= {f"{feed}.{e}": "refused" for e in ENDINGS}
                self.outcome.problems += [_refused(name, error) for error in errors]
                return True
        return False


@contextmanager
def _second_process(archives: int) -> Iterator[ProcessPoolExecutor | None]:
    """A second process where so many archive documents are worth it, awake already when its share is known.

    It is started from nothing, not forked: the service has threads, and a fork would take their locks with it.
    """
    if archives < _WORTH_A_PROCESS:
        yield None
        return
    with ProcessPoolExecutor(1, get_context("spawn"), _end_with_parent) as second:
        second.submit(_awake)
        yield second


def _end_with_parent() -> None:
    """A build that is killed must not go on in its second process, behind the back of the next one."""
    parent = parent_process()
    assert parent, "only a second process is asked this"

    def watch() -> None:
        parent.join()
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


def _awake() -> None:
    """Nothing to do yet: to be called is to have imported all this."""


def _write_share(config: Config, now: datetime, closed: Sequence[entries.Document], *, force: bool) -> Outcome:
    """Archive documents, written by a process of its own with its own look at the store."""
    app = App(config, clock=lambda: now)
    try:
        with app.database.read() as connection:
            writer = Writer(app, connection, channels_of(app, dry_run=True)[0], force=force)
            writer.write_archives(closed, lambda: None)
            return writer.outcome
    finally:
        app.close()


def _path(feed: str, part: str) -> str:
    return f"archive/{feed}/{part}" if part else feed


def _read(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except OSError:
        return None


def _errors(findings: Iterable[Finding]) -> list[Finding]:
    """Errors, but for a feed that lost its last entry: what was withdrawn must go, and a lost store has no feeds."""
    return [finding for finding in findings if finding.severity == "error" and finding.code != "emptied"]


def _refused(name: str, error: Finding) -> Finding:
    mend = f"not replaced, the good one stands: {error.place}: {error.mend} (or build with --force)"
    return Finding(code="feed-refused", severity="error", place=f"feeds/{name}", mend=mend)
