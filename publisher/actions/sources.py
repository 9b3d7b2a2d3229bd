"""Looks at sources: what each is and how it fares, and what kind of source stands behind an address."""

import json
import stat
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import islice
from urllib.parse import urljoin, urlsplit

from publisher.actions.collect import since_failing
from publisher.actions.visiting import asking
from publisher.app import App
from publisher.config import FILE, is_slug
from publisher.errors import ConfigError, FetchError, FileError
from publisher.fetching import ContentFetcher, Reply
from publisher.files import put
from publisher.records import FolderSource, SourceKind, WebSource
from publisher.sources.discovery import Named, named_by, sitemaps_in
from publisher.sources.pages import read_page
from publisher.sources.sitemaps import read_sitemap
from publisher.sources.syndicated import read_feed
from publisher.sources.wordpress import read_site
from publisher.store import content
from publisher.store.identity import free, slugify

_MOST_SHOWN = 3
_MOST_FEEDS = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """One source: where it is, how many articles it gave, when it was last read, and since when it fails."""

    source: FolderSource | WebSource
    articles: int
    last: datetime | None
    failing: datetime | None

    @property
    def place(self) -> str:
        return str(self.source.path) if isinstance(self.source, FolderSource) else ", ".join(self.source.urls)


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A source that could be declared: its kind and address, what it would give, and some of its headlines."""

    kind: SourceKind
    url: str
    gives: str
    headlines: tuple[str, ...] = ()
    allow: tuple[str, ...] = ()
    name: str = ""

    @property
    def toml(self) -> str:
        """The lines to put into publisher.toml."""
        lines = [
            "[[source]]",
            f"name = {json.dumps(self.name)}",
            f'kind = "{self.kind}"',
            f"urls = [{json.dumps(self.url)}]",
        ]
        if self.allow:
            lines.append(f"allow = {json.dumps(list(self.allow))}")
        return "\n".join(lines) + "\n"


def standing(app: App) -> list[Standing]:
    """All declared sources, in the order of publisher.toml."""
    with app.database.read() as connection:
        last = content.last_collected(connection)
        failing, held = since_failing(connection), content.by_source(connection)
    return [
        Standing(
            source=one,
            articles=held.get(one.name, 0),
            last=last.get(one.name),
            failing=failing.get(one.name),
        )
        for one in app.sources.values()
    ]


def look(app: App, url: str, *, allowed: tuple[str, ...] = ()) -> list[Candidate]:
    """What stands behind an address that could be a source, the best first. Raises FetchError where nothing answers.

    An address as people say it, `www.alderbay.example`, is one with https.
    WordPress gives most (every post, whole, with its edits), then feeds, then sitemaps; a page alone gives least.
    """
    url = url if "://" in url else f"https://{url}"
    with ContentFetcher(contact=app.links.home, allowed=allowed, pause=0.2, now=app.clock) as fetcher:
        reply = fetcher.get(url, robots=False)
        if reply.status != 200:
            raise FetchError(f"{url}: the server answered {reply.status}; open it in a browser, and check the address")
        scout = _Scout(app, fetcher)
        found = scout.at(reply) or [*scout.named(reply), *scout.page(reply)]
    free = _free_name(app, url)
    return [replace(one, allow=allowed, name=free) for one in found]


class _Scout:
    """Asks around an address what is there."""

    def __init__(self, app: App, fetcher: ContentFetcher) -> None:
        self._app, self._fetcher = app, fetcher

    def at(self, reply: Reply) -> list[Candidate]:
        """The address itself as a feed or as a sitemap."""
        return [*self._feed(reply), *self._sitemap(reply)]

    def named(self, reply: Reply) -> Iterator[Candidate]:
        """What the page names, and what usually lies beside it."""
        names = named_by(reply.body, reply.url)
        yield from self._wordpress(reply.url, names)
        for address in names.feeds[:_MOST_FEEDS]:
            if answer := self._got(address):
                yield from self._feed(answer)
        robots = self._got(urljoin(reply.url, "/robots.txt"))
        listed = sitemaps_in(robots.body) if robots else ()
        for address in listed or (urljoin(reply.url, "/sitemap.xml"),):
            if answer := self._got(address):
                yield from self._sitemap(answer)

    def page(self, reply: Reply) -> Iterator[Candidate]:
        read = read_page(
            reply.body, source="look", place=reply.url, url=reply.url, content_type=reply.headers.get("content-type")
        )
        if read.articles or read.teasers:
            many = f"{len(read.teasers)} teasers and the pages behind them"
            what = " and ".join([*(["an article"] if read.articles else []), *([many] if read.teasers else [])])
            heads = [one.headline or "" for one in read.articles] + [one.headline for one in read.teasers]
            yield Candidate(kind="page", url=reply.url, gives=what, headlines=tuple(heads[:_MOST_SHOWN]))

    def _got(self, url: str) -> Reply | None:
        try:
            reply = self._fetcher.get(url, robots=False)
        except FetchError:
            return None
        return reply if reply.status == 200 else None

    def _feed(self, reply: Reply) -> Iterator[Candidate]:
        feed = read_feed(
            reply.body,
            source="look",
            place=reply.url,
            url=reply.url,
            content_type=reply.headers.get("content-type"),
            now=self._app.clock(),
        )
        if feed.items:
            whole = sum(item.whole for item in feed.items)
            some = f"{whole} whole, the others read from their pages" if whole else "each read from its page"
            how = "all whole" if whole == len(feed.items) else some
            heads = [item.article.headline for item in feed.items if item.article.headline]
            gives = f"{len(feed.items)} articles of “{feed.title or 'a feed without a title'}”, {how}"
            yield Candidate(kind="feed", url=reply.url, gives=gives, headlines=tuple(heads[:_MOST_SHOWN]))

    def _sitemap(self, reply: Reply) -> Iterator[Candidate]:
        sitemap = read_sitemap(reply.body, base=reply.url)
        number = len(sitemap.pages) or len(sitemap.children)
        if number:
            what = f"{number} pages" if sitemap.pages else f"{number} further sitemaps"
            heads = [page.title for page in sitemap.pages if page.title]
            gives = f"{what}, news or not: only what is an article is kept"
            yield Candidate(kind="sitemap", url=reply.url, gives=gives, headlines=tuple(heads[:_MOST_SHOWN]))

    def _wordpress(self, url: str, names: Named) -> Iterator[Candidate]:
        if not names.wordpress:
            return
        parts = urlsplit(url)
        root = f"{parts.scheme}://{parts.netloc}/"
        for page in islice(read_site(asking(self._fetcher), root, source="look", zone=self._app.zone, since=None), 1):
            articles = [article for one in page.collected for article in one.articles]
            if articles:
                heads = tuple(article.headline or "" for article in articles[:_MOST_SHOWN])
                gives = f"{page.total or len(articles)} posts, whole, with every edit"
                yield Candidate(kind="wordpress", url=root, gives=gives, headlines=heads)


def declare(app: App, candidate: Candidate, name: str | None = None) -> str:
    """Append a source to publisher.toml; the lines. Raises ConfigError for a name that is taken or no name, and for an
    address that is declared already."""
    chosen = replace(candidate, name=name or candidate.name)
    if not is_slug(chosen.name):
        raise ConfigError(f'"{chosen.name}" is no name of a source; use small letters, digits and hyphens, 60 at most')
    if chosen.name in app.sources:
        raise ConfigError(f'publisher.toml declares a [[source]] "{chosen.name}" already; choose another with --name')
    for known in app.sources.values():
        if isinstance(known, WebSource) and chosen.url in known.urls:
            raise ConfigError(f'publisher.toml declares {chosen.url} already, as [[source]] "{known.name}"')
    path = (app.folder / FILE).resolve()  # of a link, the file that it leads to
    try:
        text, rights = path.read_text(encoding="utf-8-sig"), stat.S_IMODE(path.stat().st_mode)
    except OSError as exc:
        raise FileError(f"{path}: cannot be read ({exc.strerror}); mend its rights") from exc
    put(path, f"{text.rstrip()}\n\n{chosen.toml}".encode(), mode=rights)  # passwords may stand in it
    return chosen.toml


def _free_name(app: App, url: str) -> str:
    """A short name after the host, that no source has yet."""
    host = (urlsplit(url).hostname or "").removeprefix("www.")
    return free(slugify(host.partition(".")[0] or "site"), app.sources.__contains__)
