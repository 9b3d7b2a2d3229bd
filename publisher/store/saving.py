"""Saves what one reading of a page gave: each article, teaser and event once, under an id minted once.

In: a Collected. Out: what that changed. Matching follows DESIGN section 3: own id, canonical URL or headline within a
source; id, URL, or headline and date across sources; a headline alone is only a problem to show.
"""

from dataclasses import dataclass, field, replace

from sqlalchemy import Connection, insert, update

from publisher.records import Article, Collected, Event, Finding, Teaser, headline_key
from publisher.store import content, questions, schema as s
from publisher.store.content import AT_ITS_SOURCE
from publisher.store.identity import (
    Mint,
    merged,
    met_again,
    moment_of,
    published_moment,
    readers_see_a_change,
    slugify,
    tell_the_same,
    wished_moment,
)
from publisher.store.known import KnownArticles, KnownTeasers, new_id
from publisher.store.rows import event_from, event_row


@dataclass(slots=True)
class Saved:
    """What saving changed, by id, and what a person should look at. `ids` are the page's articles' in page order."""

    ids: list[str | None] = field(default_factory=list)
    new: list[str] = field(default_factory=list)
    updated: list[str] = field(default_factory=list)
    unchanged: int = 0
    problems: list[Finding] = field(default_factory=list)

    def add(self, other: "Saved") -> None:
        self.ids += other.ids
        self.new += other.new
        self.updated += other.updated
        self.unchanged += other.unchanged
        self.problems += other.problems


def save(connection: Connection, page: Collected, mint: Mint) -> Saved:
    """Save all that one page gave. An article without a headline is left out: its Finding says how to give it one."""
    content.one_at_a_time(connection)
    saved = Saved()
    revision = content.next_revision(connection)
    _save_articles(connection, page, mint, revision, saved)
    _save_teasers(connection, page, mint, revision, saved)
    for event in page.events:
        _save_event(connection, event, mint, saved)
    for source, key in page.withdrawn:
        _withdraw_with_its_source(connection, source, key, mint, saved)
    return saved


def _save_articles(connection: Connection, page: Collected, mint: Mint, revision: int, saved: Saved) -> None:
    known = KnownArticles(connection, page.articles, mint, revision)
    for article in page.articles:
        saved.ids.append(_save_article(known, article, mint, saved) if article.headline is not None else None)
    known.write()


def _save_article(known: KnownArticles, found: Article, mint: Mint, saved: Saved) -> str:
    held = _match(known, found, saved)
    if held is None:
        teaser = known.announcing(found)
        fresh = _minted(known, found, teaser, mint)
        saved.problems += [_near_duplicate(other, fresh) for other in _alike(known, fresh)]
        known.add(fresh)
        if teaser:
            known.resolve(fresh)
        saved.new.append(fresh.id)
        return fresh.id
    now_held = merged(held, found)
    if held.withdrawn_why == AT_ITS_SOURCE and held.source == found.source:
        now_held = replace(now_held, withdrawn_at=None, withdrawn_why=None)
    if now_held == held:
        saved.unchanged += 1
        return held.id
    now_held = _moved(known, held, now_held, mint)
    known.change(held, now_held)
    known.resolve(now_held)
    saved.updated.append(held.id)
    return held.id


def _match(known: KnownArticles, found: Article, saved: Saved) -> Article | None:
    """The article we already hold under any of the rules, the surest rule first."""
    if sure := known.with_key(found) or known.with_url(found):
        return sure
    for candidate in known.with_headline(found):
        if _same_story(candidate, found):
            return candidate
        if candidate.source != found.source:
            saved.problems.append(_same_headline(candidate, found))
    return None


def _same_story(known: Article, found: Article) -> bool:
    """Equal headlines are one story when the dates are equal, or, in one source, when one is missing.

    Two different canonical URLs, or two own ids in one folder, are two stories.
    """
    if known.url and found.url and known.url != found.url:
        return False
    if known.source == found.source:
        by_headline = headline_key(found.headline or "") in (known.key, found.key)
        return by_headline and (None in (known.published, found.published) or known.published == found.published)
    return known.published is not None and known.published == found.published


def _same_headline(known: Article, found: Article) -> Finding:
    return Finding(
        code="same-headline",
        severity="note",
        place=f"{found.source}: {found.headline}",
        mend=f'also in source "{known.source}"; if it is one story, give both the same canonical URL',
    )


def _alike(known: KnownArticles, fresh: Article) -> list[Article]:
    """Articles of other sources and about the same time that tell much the same: a person decides whether they are."""
    near = known.strangers_near(fresh)
    return [one for one in near if tell_the_same(one, fresh) and one.headline != fresh.headline]


def _near_duplicate(known: Article, fresh: Article) -> Finding:
    return Finding(
        code="near-duplicate",
        severity="note",
        place=f"{fresh.source}: {fresh.headline}",
        mend=f'tells much the same as "{known.headline}" of source "{known.source}"; if it is one story, withdraw one: '
        f"publisher articles withdraw {fresh.slug}",
    )


def _minted(known: KnownArticles, found: Article, teaser: Teaser | None, mint: Mint) -> Article:
    """`found` with id, slug and moments. A teaser that announced it hands over its own: readers see an update."""
    first_seen = teaser.first_seen if teaser and teaser.first_seen else mint.now
    wish = wished_moment(found, first_seen, mint.zone)
    if teaser and teaser.published_at and found.published is None:
        published_at = teaser.published_at
    else:
        published_at = known.free.moment(wish, but=teaser.id if teaser else None)
    stated = moment_of(found.updated, mint.zone)
    updated = mint.now if teaser else max(stated, published_at) if stated else published_at
    is_new = teaser is None and updated == published_at  # and no one else has that moment
    return replace(
        found,
        id=teaser.id if teaser else known.free.id(found),
        slug=known.free.slug(found.headline or ""),
        published_at=published_at,
        updated_at=updated if is_new else known.free.moment(updated, but=teaser.id if teaser else None),
        first_seen=first_seen,
    )


def _moved(known: KnownArticles, before: Article, held: Article, mint: Mint) -> Article:
    """Moments after an edit: `published_at` follows only a changed statement, `updated_at` only what readers see."""
    if held.published != before.published and held.published is not None:
        wish = published_moment(held.published, before.first_seen or mint.now, mint.zone)
        if wish.replace(microsecond=0) != before.published_at:
            held = replace(held, published_at=known.free.moment(wish, but=before.id))
    if readers_see_a_change(before, held):
        stated = moment_of(held.updated, mint.zone)
        wish = stated if stated and before.updated_at and stated > before.updated_at else mint.now
        held = replace(held, updated_at=known.free.moment(wish, but=before.id))
    return held


def _save_teasers(connection: Connection, page: Collected, mint: Mint, revision: int, saved: Saved) -> None:
    """A page with one article shows its teasers beside it."""
    shown_by = saved.ids[-1] if saved.ids else None
    known = KnownTeasers(connection, page.teasers, mint, revision)
    for teaser in page.teasers:
        _save_teaser(known, replace(teaser, shown_by=shown_by), mint, saved)
    known.write()


def _save_teaser(known: KnownTeasers, found: Teaser, mint: Mint, saved: Saved) -> None:
    held = known.with_key(found)
    if held is None:
        fresh = replace(
            found,
            id=known.free.id(found),
            slug=slugify(found.headline),
            article=known.article_behind(found),
            published_at=known.free.moment(wished_moment(found, mint.now, mint.zone)),
            first_seen=mint.now,
        )
        known.add(fresh)
        saved.new.append(fresh.id)
        return
    now_held = met_again(held, found)
    if now_held == held:
        saved.unchanged += 1
        return
    known.change(now_held)
    saved.updated.append(held.id)


def _save_event(connection: Connection, found: Event, mint: Mint, saved: Saved) -> None:
    e = s.event.c
    row = questions.first(connection, "event", source=found.source, key=found.key)
    if row is None:
        fresh = replace(found, id=new_id(connection, mint.id_of(found.source, found.key)))
        connection.execute(insert(s.event).values(event_row(fresh)))
        saved.new.append(fresh.id)
        return
    held = replace(found, id=row["id"])
    if held == event_from(row):
        saved.unchanged += 1
        return
    connection.execute(update(s.event).where(e.id == held.id).values(event_row(held)))
    saved.updated.append(held.id)


def _withdraw_with_its_source(connection: Connection, source: str, key: str, mint: Mint, saved: Saved) -> None:
    known = content.withdrawable(connection, source, key)
    if known:
        content.withdraw(connection, known, mint.now.replace(microsecond=0), AT_ITS_SOURCE)
        saved.updated.append(known.id)
