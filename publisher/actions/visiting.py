"""One visit to a source on the web: asks an address whether it changed, remembers what it answered, and how many pages
this reading may still ask for.

In: a source and what fetches. Out: Answered, Unanswered, or nothing where all is as it was. What was read is remembered
by whoever kept what came of it.
"""

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import timedelta

from publisher.app import App
from publisher.errors import FetchError, NotWelcome
from publisher.fetching import ContentFetcher, Reply, validators
from publisher.records import SEVERITIES, Article, Collected, Fetched, Finding, Severity, WebSource, filled
from publisher.sources import clean
from publisher.sources.findings import finding
from publisher.sources.pages import read_page
from publisher.sources.wordpress import Answer, Ask
from publisher.store import fetched

_AGAIN = timedelta(days=1)
"""A page behind another is asked for again after so long: who corrects an article does so soon."""
_REFUSED, AWAY = "refused", "away"
_PAUSES = {_REFUSED: _AGAIN, AWAY: timedelta(hours=1)}
"""Marks of pages that were not given, and after how long each is asked for again: sooner, and those that are never
given would be all that one reading asks for."""
_MOST_TROUBLES = 3
"""So many pages in a row without an answer, and the others wait for the next reading: each may take half a minute."""
_AT_LEAST, _FOR_A_PAGE = 60.0, 1.0
"""Seconds that pages behind may take beside the pauses, together and each: a slow server might take half an hour."""


@dataclass(frozen=True, slots=True)
class Answered:
    """A page that is new or changed, and how to remember that it was read."""

    reply: Reply
    remember: Callable[[], None]


@dataclass(frozen=True, slots=True)
class Unanswered:
    """Why there is no page; `mark` says whether the server refuses this one (_REFUSED) or has trouble (AWAY). Nothing
    was asked where there is none: the robots.txt of its site could not be read."""

    problem: Finding
    mark: str | None


@dataclass(frozen=True, slots=True)
class Behind:
    """What came of a page behind another (None where it is as it was), how to remember that it was read, and whether
    the server had its say, for now."""

    collected: Collected | None
    remember: Callable[[], None]
    is_settled: bool


def asking(fetcher: ContentFetcher) -> Ask:
    """How the reader of WordPress asks its own questions."""

    def ask(url: str) -> Answer:
        reply = fetcher.get(url, accept="application/json", robots=False)
        return Answer(status=reply.status, headers=reply.headers, body=reply.body)

    return ask


class Visit:
    """One reading of one source. One that asks `again` asks also for what did not change, as far as it comes; a
    `dry_run` does as if it were the first. `left` is how many pages behind others it may still ask for, `answer` what
    WordPress is asked by."""

    def __init__(
        self, app: App, source: WebSource, fetcher: ContentFetcher, *, dry_run: bool = False, again: bool = False
    ) -> None:
        self.app, self.source, self._fetcher, self.is_trial = app, source, fetcher, dry_run
        self.asks_again = again
        self.answer = asking(fetcher)
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
    ) -> Answered | Unanswered | None:
        """What stands there; None where it is as it was. `again`: whatever is remembered of it, all of it."""
        known = None if again or self.asks_again else self.known([url]).get(url)
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
            mark = AWAY if not isinstance(exc, NotWelcome) else None if exc.for_now else _REFUSED
            return Unanswered(finding("not-fetched", "error", url, str(exc).removeprefix(f"{url}: ")), mark)
        if reply.status == 304:
            self.remember(replace(known, at=self.app.clock(), mark=mark) if known else None)
            return None
        if reply.status != 200:
            lasts = 400 <= reply.status < 500 and reply.status not in _MAY_PASS
            problem = finding("not-fetched", "error", url, _refusal(reply, is_named=not robots))
            return Unanswered(problem, _REFUSED if lasts else AWAY)
        told = validators(reply)
        one = Fetched(url=url, at=self.app.clock(), etag=told.etag, last_modified=told.last_modified, mark=mark)
        return Answered(reply, lambda: self.remember(one))

    def remember(self, one: Fetched | None) -> None:
        if one is not None and not self.is_trial:
            with self.app.database.write() as connection:
                fetched.note(connection, self.source.name, one)

    def is_as_it_was(self, held: Fetched | None, mark: str | None) -> bool:
        """Whether a page need not be asked for: nothing new is said of it, or it was asked for a short while ago."""
        if held is None or (self.asks_again and self.goes_on):
            return False
        if held.mark in _PAUSES:
            return self.is_recent(held, _PAUSES[held.mark])
        return held.mark == mark if mark else self.is_recent(held)

    def is_recent(self, held: Fetched, span: timedelta = _AGAIN) -> bool:
        """Whether it was read within that time; a rehearsal may have read it in what is still the future."""
        return abs(self.app.clock() - held.at) < span

    def named(self, keys: Iterable[str]) -> tuple[tuple[str, str], ...]:
        return tuple((self.source.name, key) for key in keys)

    def page(self, url: str, mark: str | None = None, heard: Article | None = None) -> Behind:
        """A page behind another: its article alone, for what it points to stands elsewhere too. What was `heard` of it
        fills what it does not say."""
        answer = self.ask(url, mark=mark, robots=True)
        if isinstance(answer, Unanswered):
            self._missed(answer.mark)
            missing = Fetched(url=url, at=self.app.clock(), mark=answer.mark) if answer.mark else None
            # What was named by hand must be there; of what others name, something is always missing.
            problem = at_most(answer.problem, "warning")
            return Behind(Collected(problems=(problem,)), lambda: self.remember(missing), answer.mark == _REFUSED)
        self.left, self._troubles = self.left - 1, 0
        if answer is None:
            return Behind(None, lambda: None, True)
        read = self.read(answer.reply, url, is_known=heard is not None)
        # Nobody promised that each page of a site is an article; a feed did, of what it summarises.
        problems = tuple(at_most(problem, "warning" if heard else "note") for problem in read.problems)
        articles = tuple(_as_heard(one, heard) for one in read.articles[:1])
        return Behind(Collected(articles=articles, problems=problems), answer.remember, True)

    def _missed(self, mark: str | None) -> None:
        self.left -= mark is not None
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


_HEARD = ("headline", "summary", "image", "authors", "topics", "published", "updated", "url", "language")


def _as_heard(found: Article, heard: Article | None) -> Article:
    """An article as its page has it, under the key that the feed knows it by."""
    if heard is None:
        return found
    return filled(replace(found, key=heard.key), heard, _HEARD)


def at_most(problem: Finding, severity: Severity) -> Finding:
    return replace(problem, severity=max(problem.severity, severity, key=SEVERITIES.index))


_MAY_PASS = (408, 425, 429)


def _refusal(reply: Reply, *, is_named: bool) -> str:
    """What an answer without a page means; `is_named` that it was publisher.toml that named the address."""
    if reply.status in (401, 403):
        return f"the server does not let us in ({reply.status}); ask whoever runs it to allow Publisher"
    if reply.status in (404, 410):
        mend = "open it in a browser, and mend publisher.toml" if is_named else "whoever runs the site links to nothing"
        return f"there is nothing at this address ({reply.status}); {mend}"
    return f"the server answered {reply.status}; what we hold stays, and it is asked again later"
