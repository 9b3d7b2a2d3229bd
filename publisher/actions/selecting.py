"""What is stored -> what an issue carries: by the rules and by hand, or as it was decided before."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from publisher import digest
from publisher.digest.period import period_named
from publisher.errors import StoreError
from publisher.records import Article, Edits, Issue, Newsletter, Period, Teaser
from publisher.store import Connection, content


def selected(
    connection: Connection,
    newsletter: Newsletter,
    others: Sequence[Issue],
    period: Period,
    cut_off: datetime,
    now: datetime,
    edits: Edits,
    also: Sequence[str] = (),
) -> tuple[digest.Window, digest.Selection]:
    """What the period's issue carries by the newsletter's rules and by hand, from what is stored.

    `others` are the newsletter's issues of other periods; `also` are ids to be judged however old they are.
    """
    earlier = [i for i in others if period_named(newsletter, i.period).slot < period.slot]
    leaves = max(now, period.slot)
    window = digest.window(newsletter, earlier, period.slot, cut_off, leaves)
    by_hand = [id for id in (edits.lead, *edits.order, *edits.included, *edits.excluded, *also) if id]
    chosen, pointed, _ = content.by_ids(connection, by_hand)
    arrived = {t.id: t.article for t in pointed.values() if t.article}
    chosen |= content.by_ids(connection, arrived.values())[0]
    articles = {a.id: a for a in (*content.candidates(connection, window.since), *chosen.values())}
    articles |= {a.id: a for a in content.family(connection, articles.values())}
    teasers = {t.id: t for t in content.teasers(connection, until=cut_off)}
    teasers |= {t.id: t for t in pointed.values() if not t.article}
    events = content.events(connection, after=leaves, until=leaves + timedelta(days=newsletter.event_days))
    return window, digest.select(
        newsletter,
        window,
        carried_by(others),
        list(articles.values()),
        list(teasers.values()),
        events,
        resolved(edits, arrived),
    )


def resolved(edits: Edits, arrived: Mapping[str, str]) -> Edits:
    """The edits with the articles themselves where they name teasers whose article has arrived since."""

    def of(ids: Sequence[str]) -> tuple[str, ...]:
        return tuple(dict.fromkeys(arrived.get(id, id) for id in ids))

    return replace(edits, order=of(edits.order), included=of(edits.included), excluded=of(edits.excluded))


def carried_by(others: Iterable[Issue]) -> dict[str, str]:
    """What issues that were approved or sent have carried: the period by id."""
    return {id: issue.period for issue in others if issue.state in digest.CARRYING for id in issue.carried}


def held(
    connection: Connection, newsletter: Newsletter, issue: Issue, period: Period, now: datetime
) -> digest.Selection:
    """What the stored issue carries, as its records are now."""
    articles, teasers, events = content.by_ids(connection, [*issue.carried, *issue.events])
    every: dict[str, Article | Teaser] = {**teasers, **articles}
    family = {a.id: a for a in (*articles.values(), *content.family(connection, articles.values()))}
    window = digest.window(newsletter, [], period.slot, issue.cut_off, max(now, period.slot))
    _, translations = digest.paired(family.values(), newsletter, window)
    return digest.Selection(
        lead=articles.get(issue.lead or ""),
        entries=tuple(every[id] for id in issue.entries if id in every),
        events=tuple(events[id] for id in issue.events if id in events),
        translations={id: found for id, found in translations.items() if id in articles},
    )


def id_of(connection: Connection, name: str, *, may_be_teaser: bool = True) -> str:
    """The id of the article or teaser that is meant: by id, short name, or headline. Raises StoreError for none."""
    article = content.find(connection, name)
    if article:
        return article.id
    named = content.with_headline(connection, name, teasers=may_be_teaser)
    if len(named) > 1:
        raise StoreError(f'{len(named)} items have the headline "{name}"; name one by its id: {", ".join(named)}')
    if not named:
        what = "article or teaser" if may_be_teaser else "article"
        raise StoreError(f'there is no {what} "{name}"; `publisher issue explain` lists what there is')
    return named[0]
