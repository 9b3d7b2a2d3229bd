"""Reads a source on the web: asks for what changed since the last time -> Collected, one for each page or entry.

conditional question | read | pages behind it, as many as one reading may ask for -> Collected
What an address answered is remembered only after what came of it was kept, so that a crash asks again. What a server
does not give is a Finding; what we hold of it stays.
"""

from collections import Counter
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from hashlib import sha256
from urllib.parse import urlsplit

from publisher.actions.visiting import AWAY, Behind, Unanswered, Visit, at_most
from publisher.app import App
from publisher.fetching import ContentFetcher
from publisher.records import Collected, Fetched, Finding, Severity, Teaser, WebSource
from publisher.sources import clean
from publisher.sources.findings import finding
from publisher.sources.sitemaps import Child, Located, read_sitemap
from publisher.sources.syndicated import Item, as_teaser, read_feed
from publisher.sources.wordpress import is_post, read_ids, read_site
from publisher.store import content

_MOST_SITEMAPS = 20
_AT_ONCE = 100
"""Entries of a feed that are kept together."""
_MOST_ALIKE = 10
_FEW_GONE, _SHARE_GONE = 10, 0.25
"""More posts than these, and than this share of all, do not go within a day: rather the site says less than it has."""
_FEED_TYPES = "application/feed+json, application/rss+xml, application/atom+xml, application/xml;q=0.9, */*;q=0.5"


def harvest(app: App, source: WebSource, *, dry_run: bool = False, again: bool = False) -> Iterator[Collected]:
    """All that is new or edited at a source's addresses; asked `again`, all of it. A dry run asks so too, for it shows
    what a source gives and not that nothing changed since, and remembers nothing."""
    with ContentFetcher(
        contact=app.links.home, allowed=source.allowed, pause=source.pause.total_seconds(), now=app.clock
    ) as fetcher:
        visit = Visit(app, source, fetcher, dry_run=dry_run, again=again)
        for url in source.urls:
            yield from _KINDS[source.kind](visit, url)


# Pages ----------------------------------------------------------------------------------------------------------------


def _page(visit: Visit, url: str) -> Iterator[Collected]:
    """A page that was named: its article and its teasers, and the articles behind them on the same host."""
    answer = visit.ask(url, mark="page", again=visit.source.follows)
    if isinstance(answer, Unanswered):
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


def _behind(visit: Visit, url: str, teasers: Iterable[Teaser]) -> Iterator[Collected]:
    host = urlsplit(url).hostname
    urls = [one.url for one in teasers if one.url and urlsplit(one.url).hostname == host]
    known = visit.known(urls)
    for behind in dict.fromkeys(urls):
        if visit.goes_on and not visit.is_as_it_was(known.get(behind), None):
            yield from _article(visit.page(behind))


def _article(page: Behind) -> Iterator[Collected]:
    """A page behind another is remembered when what came of it was kept."""
    if page.collected is not None:
        yield page.collected
    page.remember()


# Sitemaps -------------------------------------------------------------------------------------------------------------


def _sitemap(visit: Visit, url: str) -> Iterator[Collected]:
    """The pages that a sitemap, or those it names, lists as new or changed; the newest first."""
    listed: dict[str, Located] = {}
    waiting, seen, asked = [url], {url}, 0
    while waiting and asked < _MOST_SITEMAPS and visit.goes_on:
        answer, asked = visit.ask(waiting.pop(0), again=True), asked + 1
        if isinstance(answer, Unanswered):
            yield Collected(problems=(at_most(answer.problem, "error" if asked == 1 else "warning"),))
        elif answer is not None:
            sitemap = read_sitemap(answer.reply.body, base=answer.reply.url)
            if sitemap.problems:
                worst: Severity = "error" if asked == 1 else "warning"
                yield Collected(problems=tuple(at_most(problem, worst) for problem in sitemap.problems))
            listed |= {page.loc: page for page in sitemap.pages}
            newest = sorted(sitemap.children, key=_newest_first, reverse=True)
            children = [one.loc for one in newest if one.loc not in seen]
            waiting += children
            seen |= set(children)
    if waiting:
        mend = (
            f"{len(waiting)} further sitemaps are not read, those without a date and the oldest; declare those you want"
        )
        yield Collected(problems=(finding("many-sitemaps", "note", url, mend),))
    yield from _listed(visit, listed)


def _listed(visit: Visit, listed: dict[str, Located]) -> Iterator[Collected]:
    known = visit.known(listed)
    for one in sorted(listed.values(), key=_newest_first, reverse=True):
        mark = one.lastmod.isoformat() if one.lastmod else None
        if visit.goes_on and not visit.is_as_it_was(known.get(one.loc), mark):
            yield from _article(visit.page(one.loc, mark))


def _newest_first(one: Located | Child) -> str:
    newest = one.lastmod or (one.published if isinstance(one, Located) else None)
    return newest.isoformat() if newest else ""


# Feeds ----------------------------------------------------------------------------------------------------------------


def _feed(visit: Visit, url: str) -> Iterator[Collected]:
    """A feed's entries; where it only summarises them, the pages behind, as long as this reading may ask."""
    answer = visit.ask(url, mark="feed", accept=_FEED_TYPES)
    if isinstance(answer, Unanswered):
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
            all_read = all_read and (held is None or held.mark != AWAY)
        elif behind and visit.goes_on:
            page = visit.page(behind, mark, item.article)
            yield from _article(_or_as_told(page, item))
            all_read = all_read and page.is_settled
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
        finding(
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
    return Collected(problems=(finding("headline-missing", "warning", place, mend),))


def _or_as_told(page: Behind, item: Item) -> Behind:
    """The article that an entry summarises; while its page cannot be read, what the feed says of it."""
    if page.collected is None or page.collected.articles:
        return page
    return replace(page, collected=replace(page.collected, teasers=(as_teaser(item, page=None),)))


def _mark(item: Item) -> str:
    """Another whenever the feed says anything else of this entry."""
    article = item.article
    said = (article.headline, article.summary, str(article.published), str(article.updated))
    return sha256(repr(said).encode()).hexdigest()[:16]


# WordPress ------------------------------------------------------------------------------------------------------------


def _wordpress(visit: Visit, url: str) -> Iterator[Collected]:
    """What changed at a WordPress site since the newest change that was read."""
    # Not under the site's own address: as another kind of source it may have been read, and remembered, before.
    here = f"{url}#posts"
    held = visit.known([here]).get(here)
    since = datetime.fromisoformat(held.mark) if held and held.mark and not visit.asks_again else None
    newest = yield from _posts(visit, url, since)
    if visit.app.stop.is_set():
        return
    yield from _gone(visit, url, is_first=held is None)
    if newest:
        visit.remember(Fetched(url=here, at=visit.app.clock(), mark=newest.astimezone(UTC).isoformat()))


def _posts(visit: Visit, url: str, since: datetime | None) -> Generator[Collected, None, datetime | None]:
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
            yield Collected(problems=(finding("first-posts", "note", url, mend),))
            break
    return newest


def _gone(visit: Visit, url: str, *, is_first: bool) -> Iterator[Collected]:
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
    return finding("many-gone", "warning", url, mend)


_KINDS: dict[str, Callable[[Visit, str], Iterator[Collected]]] = {
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
