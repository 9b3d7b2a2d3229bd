"""Build the feeds: the site's and each topic's, in three formats, only where something changed."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from publisher.app import App
from publisher.feeds import Channel, Entry, apart, article_entry, documents, entries_of, teaser_entry
from publisher.files import put
from publisher.links import ENDINGS
from publisher.records import Feed, Finding
from publisher.store import content


@dataclass(frozen=True, slots=True, kw_only=True)
class Built:
    """One feed after a build: `files` gives for each path below the site folder `written`, `unchanged` or `empty`."""

    feed: Feed
    entries: int
    files: dict[str, str]
    problems: tuple[Finding, ...]


def build_feeds(app: App, *, dry_run: bool = False, progress: Callable[[str], None] = lambda path: None) -> list[Built]:
    """Build every feed as of now. A feed without entries is left as it is: nothing empty replaces something good."""
    candidates = _candidates(app, app.clock())
    built = []
    for feed in app.feeds:
        built.append(_build(app, feed, candidates, dry_run))
        progress(feed.path)
    return built


def list_feeds(app: App) -> list[tuple[Feed, dict[str, str]]]:
    """Each feed with the public URL of each format."""
    return [(feed, _addresses(app, feed)) for feed in app.feeds]


def _candidates(app: App, now: datetime) -> list[Entry]:
    """Everything readers may see at `now`: embargoed and future-dated articles are not among it."""
    with app.database.read() as connection:
        articles = content.articles(connection, until=now)
        teasers = content.teasers(connection, until=now, newest=max(feed.limit for feed in app.feeds))
        beside, _, _ = content.by_ids(connection, {t.shown_by for t in teasers if t.shown_by})
    entries = [article_entry(a, app.links, app.topics, app.language) for a in articles]
    entries += [teaser_entry(t, app.links, beside.get(t.shown_by or ""), app.language) for t in teasers]
    return apart(entries)


def _build(app: App, feed: Feed, candidates: list[Entry], dry_run: bool) -> Built:
    entries, problems = entries_of(feed, candidates)
    if not entries:
        files = {f"feeds/{feed.path}.{ending}": "empty" for ending in ENDINGS}
        return Built(feed=feed, entries=0, files=files, problems=tuple(problems))
    channel = Channel(
        feed=feed,
        home=app.links.home,
        addresses=_addresses(app, feed),
        publisher=app.organisation,
        id=app.links.feed(feed.path, "atom"),
    )
    files = {}
    for ending, document in documents(channel, entries).items():
        path = app.feeds_folder / f"{feed.path}.{ending}"
        files[f"feeds/{feed.path}.{ending}"] = "would be written" if dry_run else put(path, document)
    return Built(feed=feed, entries=len(entries), files=files, problems=tuple(problems))


def _addresses(app: App, feed: Feed) -> dict[str, str]:
    return {ending: app.links.feed(feed.path, ending) for ending in ENDINGS}
