"""A WordPress site by its REST API -> articles, newest change first.

In: a callable that fetches, and when it was last read. Out: one Page for each hundred posts. It asks as little as it
can: one question where nothing is new; on a first reading two for each hundred posts, and a few for names.
Embedding (`_embed`) is not asked for: the site would look up four things for every post, and its answer cannot be cut
down by `_fields` to what is needed. (WordPress REST API Handbook: pagination, global parameters, posts, media.)
Fetching, its limits and its politeness are the caller's.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

from publisher.errors import FetchError
from publisher.records import Collected, Finding
from publisher.sources import clean
from publisher.sources.findings import finding
from publisher.sources.wordpress_answers import (
    Answer as Answer,
    Ask as Ask,
    code_of,
    moment_of,
    number_of,
    refused,
    text_of,
    value_of,
)
from publisher.sources.wordpress_lookups import Lookups
from publisher.sources.wordpress_posts import Post, collected_of, is_post as is_post, key_of, withheld
from publisher.sources.wordpress_roots import Api, api_of, site_of

_FIELDS = (
    "id,date,date_gmt,modified,modified_gmt,status,type,link,title,content,excerpt,author,featured_media,categories,"
    "tags,lang,wpml_current_locale"
)
_MOST_PAGES = 1_000
"""A hundred thousand posts; a site that gives more gives the same ones again and again."""

_FEWER = 20
_SECOND = timedelta(seconds=1)
"""WordPress counts in seconds, and more may change in one that was not over when it was read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """One answer of the site: what came in, one Collected for each post, and one for each problem with the whole.

    `withheld` are keys of posts that stand there and that readers may not have (any more). `newest_change` is on the
    last page alone, and only where all was read: hand it in as `since` the next time. `total` is how many posts the
    site says that the answer is part of.
    """

    collected: tuple[Collected, ...]
    withheld: tuple[str, ...] = ()
    newest_change: datetime | None = None
    total: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Ids:
    """The keys of all that the site shows; None where not all could be read, and then nothing is known to be gone."""

    keys: frozenset[str] | None
    problems: tuple[Finding, ...] = ()


def read_site(
    ask: Ask,
    root: str,
    *,
    source: str,
    zone: str,
    since: datetime | None,
    kinds: Sequence[str] = ("posts",),
    page_size: int = 100,
) -> Iterator[Page]:
    """All posts that changed since `since` (aware), or all. `zone` (IANA) is that of posts that state no UTC date.

    Sites before WordPress 5.7 cannot be asked for changes; of them pages are read, newest change first, down to what
    is known; of the oldest, which know no such order, all. The order also makes it safe to read while people write: a
    post that is saved moves to the front, never past us.
    """
    site = site_of(root)
    reading = _Reading(ask, site, source=source, zone=zone, since=since, page_size=min(100, max(1, page_size)))
    api: Api | Finding | None = None
    for kind in kinds:
        api = reading.found(root, kind) if api is None else api
        if isinstance(api, Finding):
            break
        answer = api.answer if api.kind == kind else None
        yield from reading.pages(api, kind, answer)
        if reading.problems:
            break
    problems = (api,) if isinstance(api, Finding) else tuple(reading.problems)
    whole = () if not problems else (Collected(problems=problems),)
    yield Page(collected=whole, newest_change=None if problems else reading.newest_change())


def read_ids(ask: Ask, root: str, *, kinds: Sequence[str] = ("posts",)) -> Ids:
    """What the site shows at all, by keys, to learn what is gone. A question for each hundred posts: ask it rarely."""
    site, keys = site_of(root), set[str]()
    reading = _Reading(ask, site, source="", zone="UTC", since=None, page_size=100)
    api: Api | Finding | None = None
    for kind in kinds:
        api = api_of(reading.ask, root, kind, _ID_QUESTION) if api is None else api
        if isinstance(api, Finding):
            return Ids(keys=None, problems=(api,))
        first = api.answer if api.kind == kind else None
        for items, _ in reading.lists(api, kind, first, _ID_QUESTION):
            keys.update(key_of(number) for item in items if (number := _id_of(item)) and _may_be_shown(item))
    whole = None if reading.problems else frozenset(keys)
    return Ids(keys=whole, problems=tuple(reading.problems))


_ID_QUESTION = {"per_page": "100", "_fields": "id,status,content.protected", "orderby": "id", "order": "asc"}


def _id_of(item: Any) -> int:
    return number_of(item.get("id")) if isinstance(item, dict) else 0


def _may_be_shown(item: Mapping[str, Any]) -> bool:
    content = item.get("content")
    return item.get("status") == "publish" and not (isinstance(content, dict) and content.get("protected"))


class _Reading:
    """One reading of one site: what it was asked for, the newest change seen, what went wrong."""

    def __init__(self, ask: Ask, site: str, *, source: str, zone: str, since: datetime | None, page_size: int) -> None:
        self._ask, self._site, self._source, self._zone, self._since = ask, site, source, zone, since
        self._page_size = page_size
        self._seen: set[int] = set()
        self._lookups = Lookups(self.ask)
        self._newest = since
        self._answered: datetime | None = None
        self.problems: list[Finding] = []

    def ask(self, url: str) -> Answer:
        """The answer; one of status 0 where none came, with the reason as its body."""
        try:
            return self._ask(url)
        except FetchError as exc:
            return Answer(status=0, headers={}, body=str(exc).encode())

    def found(self, root: str, kind: str) -> Api | Finding:
        """Where the site answers. One that fails at a hundred posts, for want of memory, is asked for fewer."""
        api = api_of(self.ask, root, kind, self.question())
        if isinstance(api, Finding) and api.code == "site-error" and self._page_size > _FEWER:
            self._page_size = _FEWER
            api = api_of(self.ask, root, kind, self.question())
        return api

    def question(self) -> dict[str, str]:
        asked = {"per_page": str(self._page_size), "orderby": "modified", "order": "desc", "_fields": _FIELDS}
        if self._since:
            asked["modified_after"] = self._since.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        return asked

    def pages(self, api: Api, kind: str, first: Answer | None) -> Iterator[Page]:
        """Each list of posts with all that belongs to them, down to what is known."""
        for items, total in self.lists(api, kind, first, self.question()):
            posts = [item for item in items if self._is_new(item)]
            yield self._page(api, posts, total)
            if not api.modest and len(posts) < len(items) and any(self._is_known(item) for item in items):
                return

    def lists(
        self, api: Api, kind: str, first: Answer | None, question: Mapping[str, str]
    ) -> Iterator[tuple[list[Any], int | None]]:
        """The answers for one kind, page by page; what ends them too early is a problem."""
        for number in range(1, _MOST_PAGES + 1):
            answer = first if number == 1 and first else self.ask(api.url(kind, {**question, "page": str(number)}))
            if number > 1 and code_of(answer) == "rest_post_invalid_page_number":
                return
            items = value_of(answer) if answer.status == 200 else None
            if not isinstance(items, list):
                self.problems.append(_why(answer, self._site))
                return
            self._answered = self._answered or _date(answer)
            yield items, _header(answer, "x-wp-total")
            pages = _header(answer, "x-wp-totalpages")
            if not items or (number >= pages if pages is not None else len(items) < int(question["per_page"])):
                return
        mend = f"the site gives more than {_MOST_PAGES} pages; the rest is not read: tell those who run it"
        self.problems.append(finding("too-many", "error", self._site, mend))

    def newest_change(self) -> datetime | None:
        """The newest change seen; a second less where that second may not have been over, by the site's own clock."""
        newest = self._newest
        if newest is None or newest == self._since or (self._answered and newest < self._answered - _SECOND):
            return newest
        return newest - _SECOND

    def _is_new(self, item: Any) -> bool:
        """Whether it is to be read: not one known, nor one that moved to a second page while we read the first."""
        number = _id_of(item)
        if not number or number in self._seen or self._is_known(item):
            return False
        self._seen.add(number)
        return True

    def _is_known(self, item: Any) -> bool:
        changed = self._changed(item) if isinstance(item, dict) else None
        return bool(self._since and changed and changed <= self._since)

    def _changed(self, item: Mapping[str, Any]) -> datetime | None:
        return moment_of(item.get("modified_gmt"), item.get("modified"), self._zone)

    def _page(self, api: Api, items: Sequence[Mapping[str, Any]], total: int | None) -> Page:
        self._lookups.prepare(api, items)
        collected, kept_back = [], []
        for item in items:
            post = self._post(item)
            self._newest = max((moment for moment in (self._newest, post.modified) if moment), default=None)
            place = clean.shortened(clean.line(post.link), 200) or f"{self._site} post {post.id}"
            why = withheld(post)
            if why is None:
                collected.append(collected_of(post, source=self._source, place=place, base=self._site))
            else:
                kept_back.append(key_of(post.id))
                collected.append(Collected(problems=(finding("not-public", "note", place, f"left out: {why}"),)))
        return Page(collected=tuple(collected), withheld=tuple(kept_back), total=total)

    def _post(self, item: Mapping[str, Any]) -> Post:
        content = item.get("content")
        language = item.get("lang") or item.get("wpml_current_locale")
        return Post(
            id=number_of(item.get("id")),
            status=text_of(item.get("status")),
            title=text_of(item.get("title")),
            content=text_of(content),
            excerpt=text_of(item.get("excerpt")),
            link=text_of(item.get("link")),
            is_protected=isinstance(content, dict) and bool(content.get("protected")),
            published=moment_of(item.get("date_gmt"), item.get("date"), self._zone),
            modified=self._changed(item),
            image=self._lookups.image(item),
            authors=self._lookups.authors(item),
            topics=self._lookups.topics(item),
            language=language if isinstance(language, str) else "",
        )


def _why(answer: Answer, site: str) -> Finding:
    if answer.status == 0:
        return finding("no-answer", "error", site, answer.body.decode())
    return refused(answer, site, f"{site}feed/")


def _date(answer: Answer) -> datetime | None:
    try:
        stated = parsedate_to_datetime(answer.headers.get("date", ""))
    except ValueError:
        return None
    return stated if stated.tzinfo else None


def _header(answer: Answer, name: str) -> int | None:
    value = answer.headers.get(name, "").strip()
    return int(value) if value.isascii() and value.isdigit() and len(value) < 10 else None
