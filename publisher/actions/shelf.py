"""Renders entries, each once for all the feeds that list it.

In: what the feeds remember of entries. Out: the entries in each format, made from what the store holds of them now.
What cannot be published as it is becomes a problem, and the others stand.
"""

import logging
from collections.abc import Mapping, Sequence
from functools import cache

from publisher.app import App
from publisher.feeds import Entry, Rendered, article_entry, issue_entry, left_out, rendered, sound, teaser_entry
from publisher.feeds.page import words
from publisher.records import Article, Finding, Issue, Placed, Teaser, may_be_read
from publisher.store import Connection, content, issues

_log = logging.getLogger("publisher.feeds")
_MOST_BYTES = 64 * 1024 * 1024
"""So much of what was rendered is kept for other feeds."""


class Shelf:
    """Entries of one look at the store, ready for any document. `problems` are those met so far."""

    def __init__(self, app: App, connection: Connection) -> None:
        self._app, self._connection = app, connection
        self._words = cache(lambda language: words(app.templates, language))
        self._has_file = cache(self._is_there)
        self._held: dict[str, Rendered | None] = {}
        self._bytes = 0
        self.problems: list[Finding] = []

    def rendered(self, listed: Sequence[Placed]) -> list[Rendered]:
        """The entries in each format, but those withdrawn, and those that no document can carry: they are problems."""
        alive = [one for one in listed if not one.gone_at]
        missing = [one for one in alive if one.id not in self._held]
        made = self._entries(missing)
        fresh: dict[str, Rendered | None] = {}
        for one in missing:
            fresh[one.id] = self._render(made[one.id]) if one.id in made else None
        found = [fresh[one.id] if one.id in fresh else self._held[one.id] for one in alive]
        self._keep(fresh)
        return [one for one in found if one is not None]

    def _render(self, made: Entry) -> Rendered | None:
        entry, problems = sound(made, self._has_file, self._app.language)
        self.problems += problems
        if entry is None:
            return None
        try:
            return rendered(entry)
        except (ValueError, AttributeError, TypeError) as exc:
            # Whatever it is that got past `sound`: one record must not take all feeds down.
            _log.exception("entry %s cannot be rendered", made.id)
            self.problems.append(left_out(made, f"left out: it cannot be written ({exc}); please report this"))
            return None

    def _keep(self, fresh: Mapping[str, Rendered | None]) -> None:
        """Keep what was rendered for the other feeds that list it; the oldest gives way."""
        for id, one in fresh.items():
            self._held[id] = one
            self._bytes += len(one) if one else 0
        while self._bytes > _MOST_BYTES:
            gone = self._held.pop(next(iter(self._held)))
            self._bytes -= len(gone) if gone else 0

    def _entries(self, wanted: Sequence[Placed]) -> dict[str, Entry]:
        app, links = self._app, self._app.links
        sent = issues.by_numbers(self._connection, [one.issue for one in wanted if one.issue is not None])
        ids = {one.id for one in wanted if one.issue is None} | {id for i in sent.values() for id in i.carried}
        articles, teasers, _ = content.by_ids(self._connection, ids)
        beside, _, _ = content.by_ids(self._connection, {t.shown_by for t in teasers.values() if t.shown_by})
        made = {}
        now = app.clock()
        for one in wanted:
            if one.issue is not None:
                made[one.id] = self._issue(sent[one.issue], one, articles, teasers)
            elif one.kind == "article":
                article = articles[one.id]
                if not may_be_read(article, now):  # withdrawn or put under embargo since the build began
                    continue
                made[one.id] = article_entry(article, one, links, app.topics, app.language, self._words)
            else:
                teaser = teasers[one.id]
                made[one.id] = teaser_entry(teaser, one, links, beside.get(teaser.shown_by or ""), app.language)
        return made

    def _issue(self, issue: Issue, at: Placed, articles: Mapping[str, Article], teasers: Mapping[str, Teaser]) -> Entry:
        assert issue.edition, "what was sent has an edition"
        known: dict[str, Article | Teaser] = {**teasers, **articles}
        left = [known[id] for id in issue.carried if id in known and may_be_read(known[id], self._app.clock())]
        newsletter = self._app.newsletters.get(issue.newsletter)
        language = newsletter.language if newsletter else self._app.language
        return issue_entry(issue, issue.edition, at, self._app.links, left, language)

    def _is_there(self, url: str) -> bool:
        """Whether a picture's address leads to a file; of those on other sites nothing is known."""
        own = self._app.links.image("")
        return not url.startswith(own) or (self._app.images_folder / url.removeprefix(own)).is_file()
