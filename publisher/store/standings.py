"""What may appear in feeds at one moment: articles, the teasers that stand for missing ones, and issues that were sent.

In: how far the last build looked. Out: a Standing for everything that changed, was released or was hidden since.
Articles and teasers are found by an index, so that asking costs the same in a small store and in a large one; of
issues there are few.
"""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, RowMapping, Table, func, or_, select

from publisher.records import Build, Standing
from publisher.store import schema as s
from publisher.store.database import in_batches
from publisher.store.identity import tag_uri


def revision(connection: Connection) -> int:
    """The number of the newest change to articles and teasers."""
    return max(connection.execute(select(func.max(t.c.revision))).scalar() or 0 for t in (s.article, s.teaser))


def changed(connection: Connection, since: Build | None, now: datetime, authority: str) -> list[Standing]:
    """Everything whose place in the feeds may differ from what the build `since` saw; all there is, without one."""
    articles = {a.id: a for a in _articles(connection, _touched(s.article, since, now), now)}
    teasers = {t.id: t for t in _teasers(connection, _touched(s.teaser, since, now), now)}
    if since:
        # A teaser gives way to its article, and comes back when that is put under embargo: each needs the other.
        for ids in in_batches(articles):
            beside = or_(s.teaser.c.article.in_(ids), s.teaser.c.id.in_(ids))
            teasers |= {t.id: t for t in _teasers(connection, beside, now)}
        for ids in in_batches(teasers.keys() - articles.keys()):
            articles |= {a.id: a for a in _articles(connection, s.article.c.id.in_(ids), now)}
    hidden = {id for id, a in articles.items() if not a.visible and not a.gone_at}
    standing = [t for id, t in teasers.items() if id not in articles or (id in hidden and t.visible)]
    instead = {t.id for t in standing}
    standing += [a for id, a in articles.items() if id not in instead]
    return standing + _issues(connection, since, authority, articles.keys() | teasers.keys())


def _touched(table: Table, since: Build | None, now: datetime) -> ColumnElement[bool] | None:
    """Saved since that build, or released between it and now."""
    if since is None:
        return None
    moments = [table.c[name] for name in ("published_at", "embargo") if name in table.c]
    released = [(moment > since.until) & (moment <= now) for moment in moments]
    return or_(table.c.revision > since.revision, *released)


def _articles(connection: Connection, rule: ColumnElement[bool] | None, now: datetime) -> Iterable[Standing]:
    a = s.article.c
    query = select(a.id, a.topics, a.language, a.published_at, a.updated_at, a.first_seen, a.embargo, a.withdrawn_at)
    rows = connection.execute(query if rule is None else query.where(rule)).mappings()
    return (_article(row, now) for row in rows)


def _article(row: RowMapping, now: datetime) -> Standing:
    released = max(row["published_at"], row["embargo"] or row["published_at"])
    return Standing(
        id=row["id"],
        kind="article",
        visible=released <= now and row["withdrawn_at"] is None,
        came_at=max(row["first_seen"], released),
        published=released,
        updated=max(row["updated_at"], released),
        topics=tuple(row["topics"]),
        language=row["language"],
        gone_at=row["withdrawn_at"],
    )


def _teasers(connection: Connection, rule: ColumnElement[bool] | None, now: datetime) -> Iterable[Standing]:
    t, a = s.teaser.c, s.article.c
    stands = or_(t.article.is_(None), stands_for_hidden(now))
    query = select(t.id, t.published_at, t.first_seen, stands.label("stands"))
    query = query.outerjoin(s.article, t.article == a.id)
    for row in connection.execute(query if rule is None else query.where(rule)).mappings():
        yield Standing(
            id=row["id"],
            kind="teaser",
            visible=bool(row["stands"]) and row["published_at"] <= now,
            came_at=max(row["first_seen"], row["published_at"]),
            published=row["published_at"],
            updated=row["published_at"],
        )


def stands_for_hidden(now: datetime) -> ColumnElement[bool]:
    """Whether a teaser is shown while its article may not be: its page shows it, too. Not where it is the office that
    keeps the article back: whoever says so by hand means all of it."""
    a = s.article.c
    is_kept_back = a.by_hand["embargo"].as_string()
    is_source = or_(a.embargo.is_(None), a.embargo <= now, is_kept_back.is_(None))
    return or_(a.published_at > now, a.embargo > now) & a.withdrawn_at.is_(None) & is_source


def _issues(connection: Connection, since: Build | None, authority: str, touched: Collection[str]) -> list[Standing]:
    """Issues that were sent: those that are no entry yet, and those that carried what was touched since.

    An issue's id is minted with its edition's date. As an entry it tells what it carried, so it is updated when that
    is corrected or withdrawn.
    """
    i, e, d = s.issue.c, s.entry.c, s.edition.c
    query = select(i.id, i.newsletter, i.period, i.lead, i.entries, d.date, e.id.label("entry")).order_by(i.id)
    frozen = (d.issue == i.id) & (d.place == 0)
    query = query.join(s.edition, frozen).outerjoin(s.entry, e.issue == i.id)
    # With an entry it was sent, even if copies of it are just sent again.
    query = query.where(or_(i.state == "sent", e.id.is_not(None)))
    if since and not touched:
        query = query.where(e.id.is_(None))
    rows = [(row, {row["lead"], *row["entries"]}) for row in connection.execute(query).mappings()]
    rows = [(row, ids) for row, ids in rows if since is None or row["entry"] is None or ids & set(touched)]
    changed = _last_changed(connection, {id for _, ids in rows for id in ids})
    return [_issue(row, authority, [changed[id] for id in ids if id in changed]) for row, ids in rows]


def _last_changed(connection: Connection, ids: Iterable[str]) -> dict[str, datetime]:
    """When readers last had something new of these articles: a correction, or a withdrawal."""
    a = s.article.c
    found: dict[str, datetime] = {}
    for some in in_batches(ids):
        rows = connection.execute(select(a.id, a.updated_at, a.withdrawn_at).where(a.id.in_(some))).all()
        found |= {id: max(updated, withdrawn or updated) for id, updated, withdrawn in rows}
    return found


def _issue(row: RowMapping, authority: str, changed: Sequence[datetime]) -> Standing:
    sent = row["date"].replace(microsecond=0)
    minted = tag_uri(authority, row["date"].date(), f"newsletters/{row['newsletter']}/{row['period']}")
    return Standing(
        id=row["entry"] or minted,
        kind="issue",
        visible=True,
        came_at=sent,
        published=sent,
        updated=max([sent, *(moment.replace(microsecond=0) for moment in changed)]),
        newsletter=row["newsletter"],
        issue=row["id"],
    )
