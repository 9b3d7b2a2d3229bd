"""Collect: read the sources, keep what is new or edited, say what could not be read."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cache
from pathlib import Path

from publisher.actions.publishing import attacher_of, publisher_of
from publisher.app import App
from publisher.errors import ConfigError
from publisher.records import (
    Article,
    Collected,
    Event,
    Finding,
    FolderSource,
    Image,
    Source,
    SourceKind,
    Teaser,
    WebSource,
    headline_key,
)
from publisher.sources import FOREIGN, Reading, files_of, read_one, read_source
from publisher.sources.pictures import measured
from publisher.store import Connection, content, heartbeats
from publisher.store.identity import Mint
from publisher.store.saving import Saved, save

BY_HAND = "by-hand"
"""The source that files named on the command line belong to."""
_BY_ENDING: dict[str, SourceKind] = {
    **dict.fromkeys((".md", ".markdown"), "markdown"),
    **dict.fromkeys((".docx", ".html", ".htm", *FOREIGN), "folder"),
}
"""What a file named by hand is; anything else is a captured page."""
_OUR_OWN = ("markdown", "captured")
"""Kinds whose topics are ours already, or none."""
FAILING = "failing "
"""Before a source's name, among the heartbeats: since when it gives nothing but errors."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Collection:
    """What one collecting met and changed. `ids` are those of `articles`; a dry run changes nothing and has none."""

    pages: tuple[Collected, ...]
    ids: tuple[str | None, ...] = ()
    new: tuple[str, ...] = ()
    updated: tuple[str, ...] = ()
    unchanged: int = 0
    more_problems: tuple[Finding, ...] = field(default=())

    @property
    def articles(self) -> list[Article]:
        return [article for page in self.pages for article in page.articles]

    @property
    def teasers(self) -> list[Teaser]:
        return [teaser for page in self.pages for teaser in page.teasers]

    @property
    def events(self) -> list[Event]:
        return [event for page in self.pages for event in page.events]

    @property
    def problems(self) -> list[Finding]:
        return [problem for page in self.pages for problem in page.problems] + list(self.more_problems)


def collect(
    app: App,
    names: Sequence[str] = (),
    *,
    files: Sequence[Path] = (),
    url: str | None = None,
    headline: str | None = None,
    dry_run: bool = False,
    again: bool = False,
    progress: Callable[[str], None] = lambda place: None,
) -> Collection:
    """Read the named sources (all when neither names nor files are given) or single files; `again`: also what did not
    change since.

    One bad file is a Finding and the rest goes on; one page is one transaction, so a crash leaves whole pages.
    """
    reading = _reading(app, dry_run=dry_run)
    pages: list[Collected] = []
    total = Saved()
    ours = _our_topics(app)
    for source, read in _readers(app, names, files, url, headline, reading, dry_run=dry_run, again=again):
        saved, problems = Saved(), 0
        found = failed = False
        for given in read:
            page = given if source.kind in _OUR_OWN else _in_our_topics(ours, given)
            pages.append(page)
            problems += len(page.problems)
            found = found or bool(page.articles or page.teasers or page.events)
            failed = failed or any(problem.severity == "error" for problem in page.problems)
            if not dry_run:
                saved.add(_save(app, page))
            progress(source.name)
        if not dry_run:
            note_reading(app, source, saved, found=found, failed=failed, problems=problems)
        total.add(saved)
    return Collection(
        pages=tuple(pages),
        ids=tuple(total.ids),
        new=tuple(total.new),
        updated=tuple(total.updated),
        unchanged=total.unchanged,
        more_problems=tuple(total.problems),
    )


def _reading(app: App, *, dry_run: bool) -> Reading:
    """For one collecting: a picture that many articles show is looked at and published once."""
    return Reading(
        home=app.links.home,
        zone=app.zone,
        topics=tuple(app.topics),
        publish=cache(publisher_of(app, dry_run=dry_run)),
        attach=attacher_of(app, dry_run=dry_run),
        folder=app.folder,
        measure=cache(lambda path: measured(Image(), path)),
    )


def count_files(app: App, names: Sequence[str], files: Sequence[Path]) -> int:
    """How many pages a collecting will read: for a progress bar."""
    return len(files) or sum(
        len(files_of(source))
        for source in _chosen(app, names)
        if isinstance(source, FolderSource) and source.path.exists()
    )


def _readers(
    app: App,
    names: Sequence[str],
    files: Sequence[Path],
    url: str | None,
    headline: str | None,
    reading: Reading,
    *,
    dry_run: bool,
    again: bool,
) -> Iterator[tuple[Source, Iterator[Collected]]]:
    for path in files:
        by_hand = FolderSource(name=BY_HAND, kind=_BY_ENDING.get(path.suffix.lower(), "captured"), path=path)
        yield by_hand, iter([read_one(path, by_hand, reading, url=url, headline=headline)])
    if names or not files:
        for source in _chosen(app, names):
            if isinstance(source, FolderSource):
                yield source, read_source(source, reading)
            else:
                from publisher.actions.harvest import harvest  # with all its readers: a third of a second

                yield source, harvest(app, source, dry_run=dry_run, again=again)


def _chosen(app: App, names: Sequence[str]) -> list[FolderSource | WebSource]:
    unknown = [name for name in names if name not in app.sources]
    if unknown:
        known = ", ".join(app.sources) or "none"
        raise ConfigError(f'publisher.toml declares no [[source]] "{unknown[0]}" (known: {known})')
    return [app.sources[name] for name in names] or list(app.sources.values())


def note_reading(
    app: App, source: Source, saved: Saved | None = None, *, found: bool, failed: bool, problems: int
) -> None:
    """Remember when a source was last read, and since when it fails: gives nothing but errors."""
    with app.database.write() as connection:
        new, updated = (len(saved.new), len(saved.updated)) if saved else (0, 0)
        content.note_collection(connection, source.name, app.clock(), new=new, updated=updated, problems=problems)
        name = f"{FAILING}{source.name}"
        if found or not failed:
            heartbeats.end(connection, name)
        elif source.name != BY_HAND:
            heartbeats.begin(connection, name, app.clock())


def since_failing(connection: Connection) -> dict[str, datetime]:
    """The sources that fail, each with since when."""
    return heartbeats.beginning(connection, FAILING)


def _our_topics(app: App) -> dict[str, str]:
    """The declared topics by what they may be called elsewhere: their names in any language, and their short names."""
    return {
        headline_key(word): slug
        for slug, topic in app.topics.items()
        for word in (slug, slug.replace("-", " "), topic.title, *topic.titles.values())
    }


def _in_our_topics(ours: Mapping[str, str], page: Collected) -> Collected:
    """The page's articles under the topics that publisher.toml declares: others use other words, and many of them."""

    def told_by_us(article: Article) -> Article:
        slugs = (ours.get(headline_key(word)) for word in article.topics)
        return replace(article, topics=tuple(dict.fromkeys(slug for slug in slugs if slug)))

    return replace(page, articles=tuple(map(told_by_us, page.articles)))


def _save(app: App, page: Collected) -> Saved:
    mint = Mint(authority=app.tag_authority, zone=app.zone, now=app.clock())
    with app.database.write() as connection:
        return save(connection, page, mint)
