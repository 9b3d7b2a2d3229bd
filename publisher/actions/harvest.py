"""Reads a source on the web: asks for what changed since the last time -> Collected, one for each page or entry.

conditional question | read | pages behind it, as many as one reading may ask for -> Collected
What an address answered is remembered only after what came of it was kept, so that a crash asks again. What a server
does not give is a Finding; what we hold of it stays.
"""

import time
from collections import Counter
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from urllib.parse import urlsplit

from publisher.app import App
from publisher.errors import FetchError, NotWelcome
from publisher.fetching import ContentFetcher, Reply, validators
from publisher.records import Article, Collected, Fetched, Finding, Severity, Teaser, WebSource
from publisher.sources import clean
from publisher.sources.pages import read_page
from publisher.sources.sitemaps import Child, Located, read_sitemap
from publisher.sources.syndicated import Item, as_teaser, read_feed
from publisher.sources.wordpress import Answer, is_post, read_ids, read_site
from publisher.store import content, fetched

_AGAIN = timedelta(days=1)
"""A page behind another is asked for again after so long: who corrects an article does so soon."""
_MOST_SITEMAPS = 20
_AT_ONCE = 100
"""Entries of a feed that are kept together."""
_MOST_ALIKE = 10
_FEW_GONE, _SHARE_GONE = 10, 0.25
"""More posts than these, and than this share of all, do not go within a day: rather the site says less than it has."""
_REFUSED, _AWAY = "refused", "away"
_PAUSES = {_REFUSED: _AGAIN, _AWAY: timedelta(hours=1)}
"""Marks of pages that were not given, and after how long each is asked for again: sooner, and those that are never
given would be all that one reading asks for."""
_MOST_TROUBLES = 3
"""So many pages in a row without an answer, and the others wait for the next reading: each may take half a minute."""
_AT_LEAST, _FOR_A_PAGE = 60.0, 1.0
"""Seconds that pages behind may take beside the pauses, together and each: a slow server might take half an hour."""
_FEED_TYPES = "application/feed+json, application/rss+xml, application/atom+xml, application/xml;q=0.9, */*;q=0.5"


def harvest(app: App, source: WebSource, *, dry_run: bool) -> Iterator[Collected]:
    """All that is new or edited at a source's addresses. A dry run remembers nothing, and asks as if it were the first:
    what it shows is what a source gives, not that nothing changed since."""
    with ContentFetcher(
        contact=app.links.home, allowed=source.allowed, pause=source.pause.total_seconds(), now=app.clock
    ) as fetcher:
        visit = _Visit(app, source, fetcher, dry_run)
        for url in source.urls:
            yield from _KINDS[source.kind](visit, url)


@dataclass(frozen=True, slots=True)
class _Answer:
    """A page that is new or changed, and how to remember that it was read."""

    reply: Reply
    remember: Callable[[], None]


@dataclass(frozen=True, slots=True)
class _NoAnswer:
    """Why there is no page; `mark` says whether the server refuses this one (_REFUSED) or has trouble (_AWAY). Nothing
    was asked where there is none: the robots.txt of its site could not be read."""

    problem: Finding
    mark: str | None


class _Visit:
    """One reading of one source. `left` is how many pages behind others it may still ask for."""

    def __init__(self, app: App, source: WebSource, fetcher: ContentFetcher, dry_run: bool) -> None:
        self.app, self.source, self._fetcher, self.is_trial = app, source, fetcher, dry_run
        self.left, self._troubles = source.most_pages, 0
        self._ends = time.monotonic() + _AT_LEAST + source.most_pages * (source.pause.total_seconds() + _FOR_A_PAGE)

    @property
    def goes_on(self) -> bool:
        """Whether another page may be asked for: newsletters wait for a reading, and so does who stops the service."""
        return self.left > 0 and time.monotonic() < self._ends and not self.app.stop.is_set()

    def known(self, urls: Iterable[str]) -> dict[str, Fetched]:
        if self.is_trial:
            return {}
        with self.app.database.read() as connection:
            return fetched.known(connection, self.source.name, urls)

    def ask(
        self, url: str, *, mark: str | None = None, robots: bool = False, accept: str = "*/*", again: bool = False
    ) -> _Answer | _NoAnswer | None:
        """What stands there; None where it is as it was. `again`: whatever is remembered of it, all of it."""
        known = None if again else self.known([url]).get(url)
        if known and not robots and known.mark != mark:  # it was read as something else, or as no source of its own
            known = None
        try:
            reply = self._fetcher.get(
                url,
                etag=known.etag if known else None,
                last_modified=known.last_modified if known else None,
                accept=accept,
                robots=robots,
            )
        except FetchError as exc:
            mark = _AWAY if not isinstance(exc, NotWelcome) else None if exc.for_now else _REFUSED
            return _NoAnswer(_found("not-fetched", "error", url, str(exc).removeprefix(f"{url}: ")), mark)
        if reply.status == 304:
            self.remember(replace(known, at=self.app.clock(), mark=mark) if known else None)
            return None
        if reply.status != 200:
            lasts = 400 <= reply.status < 500 and reply.status not in _MAY_PASS
            problem = _found("not-fetched", "error", url, _refusal(reply, is_named=not robots))
            return _NoAnswer(problem, _REFUSED if lasts else _AWAY)
        told = validators(reply)
        one = Fetched(url=url, at=self.app.clock(), etag=told.etag, last_modified=told.last_modified, mark=mark)
        return _Answer(reply, lambda: self.remember(one))

    def remember(self, one: Fetched | None) -> None:
        if one is not None and not self.is_trial:
            with self.app.database.write() as connection:
                fetched.note(connection, self.source.name, one)

    def is_as_it_was(self, held: Fetched | None, mark: str | None) -> bool:
        """Whether a page need not be asked for: nothing new is said of it, or it was asked for a short while ago."""
        if held is None:
            return False
        if held.mark in _PAUSES:
            return self.is_recent(held, _PAUSES[held.mark])
        return held.mark == mark if mark else self.is_recent(held)

    def is_recent(self, held: Fetched, span: timedelta = _AGAIN) -> bool:
        """Whether it was read within that time; a rehearsal may have read it in what is still the future."""
        return abs(self.app.clock() - held.at) < span

    def answer(self, url: str) -> Answer:
        """For the reader of WordPress, which asks its own questions."""
        reply = self._fetcher.get(url, accept="application/json", robots=False)
        return Answer(status=reply.status, headers=reply.headers, body=reply.body)

    def named(self, keys: Iterable[str]) -> tuple[tuple[str, str], ...]:
        return tuple((self.source.name, key) for key in keys)

    def page(self, url: str, mark: str | None = None, heard: Article | None = None) -> Generator[Collected, None, bool]:
        """A page behind another: its article alone, for what it points to stands elsewhere too. What was `heard` of it
        fills what it does not say. Returns whether the server had its say, for now."""
        answer = self.ask(url, mark=mark, robots=True)
        if isinstance(answer, _NoAnswer):
            # What was named by hand must be there; of what others name, something is always missing.
            yield Collected(problems=(_at_most(answer.problem, "warning"),))
            self._missed(url, answer.mark)
            return answer.mark == _REFUSED
        self.left, self._troubles = self.left - 1, 0
        if answer is not None:
            read = self.read(answer.reply, url, is_known=heard is not None)
            # Nobody promised that each page of a site is an article; a feed did, of what it summarises.
            problems = tuple(_at_most(problem, "warning" if heard else "note") for problem in read.problems)
            yield Collected(articles=tuple(_with(one, heard) for one in read.articles[:1]), problems=problems)
            answer.remember()
        return True

    def _missed(self, url: str, mark: str | None) -> None:
        if mark is not None:
            self.left -= 1
            self.remember(Fetched(url=url, at=self.app.clock(), mark=mark))
        self._troubles = 0 if mark == _REFUSED else self._troubles + 1
        if self._troubles >= _MOST_TROUBLES:
            self.left = 0

    def read(self, reply: Reply, url: str, *, is_known: bool = False) -> Collected:
        return read_page(
            reply.body,
            source=self.source.name,
            place=url,
            url=clean.web_address(reply.url) or url,
            content_type=reply.headers.get("content-type"),
            zone=self.app.zone,
            is_known=is_known,
        )


# Pages ----------------------------------------------------------------------------------------------------------------


def _page(visit: _Visit, url: str) -> Iterator[Collected]:
    """A page that was named: its article and its teasers, and the articles behind them on the same host."""
    answer = visit.ask(url, mark="page", again=visit.source.follows)
    if isinstance(answer, _NoAnswer):
        yield Collected(problems=(answer.problem,))
        return
    if answer is None:
        return
    read = visit.read(answer.reply, url)
    yield read
    if not _has_failed(read.problems):
        answer.remember()
    if visit.source.follows:
        yield from _behind(visit, url, read.teasers)


def _behind(visit: _Visit, url: str, teasers: Iterable[Teaser]) -> Iterator[Collected]:
    host = urlsplit(url).hostname
    urls = [one.url for one in teasers if one.url and urlsplit(one.url).hostname == host]
    known = visit.known(urls)
    for behind in dict.fromkeys(urls):
        if visit.goes_on and not visit.is_as_it_was(known.get(behind), None):
            yield from visit.page(behind)


# Sitemaps -------------------------------------------------------------------------------------------------------------


def _sitemap(visit: _Visit, url: str) -> Iterator[Collected]:
    """The pages that a sitemap, or those it names, lists as new or changed; the newest first."""
    listed: dict[str, Located] = {}
    waiting, seen, asked = [url], {url}, 0
    while waiting and asked < _MOST_SITEMAPS and visit.goes_on:
        answer, asked = visit.ask(waiting.pop(0), again=True), asked + 1
        if isinstance(answer, _NoAnswer):
            yield Collected(problems=(_at_most(answer.problem, "error" if asked == 1 else "warning"),))
        elif answer is not None:
            sitemap = read_sitemap(answer.reply.body, base=answer.reply.url)
            if sitemap.problems:
                worst: Severity = "error" if asked == 1 else "warning"
                yield Collected(problems=tuple(_at_most(problem, worst) for problem in sitemap.problems))
            listed |= {page.loc: page for page in sitemap.pages}
            newest = sorted(sitemap.children, key=_newest_first, reverse=True)
            children = [one.loc for one in newest if one.loc not in seen]
            waiting += children
            seen |= set(children)
    if waiting:
        mend = (
            f"{len(waiting)} further sitemaps are not read, those without a date and the oldest; declare those you want"
        )
        yield Collected(problems=(_found("many-sitemaps", "note", url, mend),))
    yield from _listed(visit, listed)


def _listed(visit: _Visit, listed: dict[str, Located]) -> Iterator[Collected]:
    known = visit.known(listed)
    for one in sorted(listed.values(), key=_newest_first, reverse=True):
        mark = one.lastmod.isoformat() if one.lastmod else None
        if visit.goes_on and not visit.is_as_it_was(known.get(one.loc), mark):
            yield from visit.page(one.loc, mark)


def _newest_first(one: Located | Child) -> str:
    newest = one.lastmod or (one.published if isinstance(one, Located) else None)
    return newest.isoformat() if newest else ""


# Feeds ----------------------------------------------------------------------------------------------------------------


def _feed(visit: _Visit, url: str) -> Iterator[Collected]:
    """A feed's entries; where it only summarises them, the pages behind, as long as this reading may ask."""
    answer = visit.ask(url, mark="feed", accept=_FEED_TYPES)
    if isinstance(answer, _NoAnswer):
        yield Collected(problems=(answer.problem,))
        return
    if answer is None:
        return
    feed = read_feed(
        answer.reply.body,
        source=visit.source.name,
        place=url,
        url=answer.reply.url,
        content_type=answer.reply.headers.get("content-type"),
        zone=visit.app.zone,
        now=visit.app.clock(),
    )
    items, shared = _apart(feed.items, url)
    given = {item.article.key for item in items}
    gone = [key for key in feed.withdrawn if key not in given]
    if feed.problems or shared or gone:
        yield Collected(problems=(*feed.problems, *shared), withdrawn=visit.named(gone))
    known = visit.known(item.article.url for item in items if not item.whole and item.article.url)
    whole = [_whole(item, url) for item in items if item.whole]
    for start in range(0, len(whole), _AT_ONCE):
        yield _joined(whole[start : start + _AT_ONCE])
    all_read, pointers = not _has_failed(feed.problems), []
    for item in items:
        if item.whole:
            continue
        behind = item.article.url if visit.source.follows else None
        mark, held = _mark(item), known.get(item.article.url or "")
        if visit.is_as_it_was(held, mark):
            all_read = all_read and (held is None or held.mark != _AWAY)
        elif behind and visit.goes_on:
            had_its_say = yield from _article_behind(visit, behind, item, mark)
            all_read = all_read and had_its_say
        else:
            all_read = all_read and not behind
            pointers.append(as_teaser(item, page=url))
    for start in range(0, len(pointers), _AT_ONCE):
        yield Collected(teasers=tuple(pointers[start : start + _AT_ONCE]))
    if all_read:
        answer.remember()


def _apart(items: Sequence[Item], place: str) -> tuple[list[Item], tuple[Finding, ...]]:
    """The entries, without an address that several of them have: it would make one article of them, by turns."""
    times = Counter(item.article.url for item in items if item.article.url)
    shared = tuple(
        _found(
            "same-url",
            "warning",
            place,
            f"{many} entries lead to {address}: it is taken as the address of none of them",
        )
        for address, many in times.items()
        if many > 1
    )
    without = [
        replace(item, article=replace(item.article, url=None)) if times[item.article.url or ""] > 1 else item
        for item in items
    ]
    return without, shared[:_MOST_ALIKE]


def _whole(item: Item, place: str) -> Collected:
    article = item.article
    if article.headline is not None:
        return Collected(articles=(article,))
    mend = f"left out, for it has no headline: {article.url or clean.shortened(article.key, 80)}; give it one there"
    return Collected(problems=(_found("headline-missing", "warning", place, mend),))


def _article_behind(visit: _Visit, url: str, item: Item, mark: str) -> Generator[Collected, None, bool]:
    """The article that an entry summarises; while its page cannot be read, what the feed says of it. Returns whether
    nothing more is to be had of it as long as the feed says nothing new."""
    reading = visit.page(url, mark, item.article)
    while True:
        try:
            page = next(reading)
        except StopIteration as over:
            return bool(over.value)
        yield page if page.articles else replace(page, teasers=(as_teaser(item, page=None),))


def _mark(item: Item) -> str:
    """Another whenever the feed says anything else of this entry."""
    article = item.article
    said = (article.headline, article.summary, str(article.published), str(article.updated))
    return sha256(repr(said).encode()).hexdigest()[:16]


def _with(found: Article, heard: Article | None) -> Article:
    """An article as its page has it, under the key that the feed knows it by."""
    if heard is None:
        return found
    gaps = {
        name: getattr(heard, name)
        for name in ("headline", "summary", "image", "authors", "topics", "published", "updated", "language")
        if not getattr(found, name) and getattr(heard, name)
    }
    return replace(found, key=heard.key, url=found.url or heard.url, **gaps)


# WordPress ------------------------------------------------------------------------------------------------------------


def _wordpress(visit: _Visit, url: str) -> Iterator[Collected]:
    """What changed at a WordPress site since the newest change that was read."""
    # Not under the site's own address: as another kind of source it may have been read, and remembered, before.
    here = f"{url}#posts"
    held = visit.known([here]).get(here)
    since = datetime.fromisoformat(held.mark) if held and held.mark else None
    newest = yield from _posts(visit, url, since)
    if visit.app.stop.is_set():
        return
    yield from _gone(visit, url, is_first=held is None)
    if newest:
        visit.remember(Fetched(url=here, at=visit.app.clock(), mark=newest.astimezone(UTC).isoformat()))


def _posts(visit: _Visit, url: str, since: datetime | None) -> Generator[Collected, None, datetime | None]:
    """The posts that changed since then; returns the newest change."""
    newest = since
    for page in read_site(visit.answer, url, source=visit.source.name, zone=visit.app.zone, since=since):
        yield _joined(page.collected)
        if page.withheld:
            yield Collected(withdrawn=visit.named(page.withheld))
        newest = page.newest_change or newest
        if visit.app.stop.is_set():  # what was read is kept, and read once more the next time
            break
        if visit.is_trial and page.total and page.total > len(page.collected):
            mend = f"only the newest {len(page.collected)} of {page.total} posts are read to see what the site gives"
            yield Collected(problems=(_found("first-posts", "note", url, mend),))
            break
    return newest


def _gone(visit: _Visit, url: str, *, is_first: bool) -> Iterator[Collected]:
    """Once a day: what was deleted there, and what is there again, of which no list of changes tells."""
    here = f"{url}#all"
    held = visit.known([here]).get(here)
    now = Fetched(url=here, at=visit.app.clock())
    if is_first:  # all is new
        visit.remember(now)
    elif held is None or not visit.is_recent(held):
        ids = read_ids(visit.answer, url)
        if ids.keys is None:
            yield Collected(problems=ids.problems)
            return
        with visit.app.database.read() as connection:
            shown = set(filter(is_post, content.keys_of(connection, visit.source.name)))
            taken = content.taken_back(connection, visit.source.name)
        gone = sorted(shown - ids.keys)
        if gone and (not ids.keys or len(gone) > max(_FEW_GONE, len(shown) * _SHARE_GONE)):
            yield Collected(problems=(_many_gone(url, len(gone), len(shown)),))
        else:
            yield Collected(withdrawn=visit.named(gone))
        if taken & ids.keys:  # their last change is long known, so that nobody would ask for them
            yield from _posts(visit, url, None)
        visit.remember(now)


def _many_gone(url: str, gone: int, shown: int) -> Finding:
    """A site that is half down answers with nothing, or with half, and a status of 200."""
    mend = (
        f"{gone} of the {shown} posts that we hold are not shown there any more; rather the site is at fault, so they "
        "stay: look there, and withdraw those that are meant to be gone (publisher articles withdraw)"
    )
    return _found("many-gone", "warning", url, mend)


_KINDS: dict[str, Callable[[_Visit, str], Iterator[Collected]]] = {
    "page": _page,
    "sitemap": _sitemap,
    "feed": _feed,
    "wordpress": _wordpress,
}


def _joined(pages: Sequence[Collected]) -> Collected:
    """Many entries of one answer as one, to be kept in one transaction: each would wait for the disk by itself."""
    return Collected(
        articles=tuple(article for page in pages for article in page.articles),
        problems=tuple(problem for page in pages for problem in page.problems),
    )


def _has_failed(problems: Iterable[Finding]) -> bool:
    """Whether an answer is none: to remember it would make the same answer pass for "nothing new" the next time."""
    return any(problem.severity == "error" for problem in problems)


_GRAVE: tuple[Severity, ...] = ("note", "warning", "error")


def _at_most(problem: Finding, severity: Severity) -> Finding:
    return replace(problem, severity=min(problem.severity, severity, key=_GRAVE.index))


def _found(code: str, severity: Severity, place: str, mend: str) -> Finding:
    return Finding(code=code, severity=severity, place=place, mend=mend)


_MAY_PASS = (408, 425, 429)


def _refusal(reply: Reply, *, is_named: bool) -> str:
    """What an answer without a page means; `is_named` that it was publisher.toml that named the address."""
    if reply.status in (401, 403):
        return f"the server does not let us in ({reply.status}); ask whoever runs it to allow Publisher"
    if reply.status in (404, 410):
        mend = "open it in a browser, and mend publisher.toml" if is_named else "whoever runs the site links to nothing"
        return f"there is nothing at this address ({reply.status}); {mend}"
    return f"the server answered {reply.status}; what we hold stays, and it is asked again later"
