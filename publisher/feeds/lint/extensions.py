"""Elements of other vocabularies inside a feed or entry: Dublin Core, syndication, Atom in RSS, media, tombstones.

Also what is said twice: an RSS element and its twin from elsewhere, which readers may weigh either way.
"""

from collections.abc import Iterator

from publisher.feeds.lint import addresses, dates
from publisher.feeds.lint.elements import Context, Element, attribute, children, name, text
from publisher.feeds.lint.links import link
from publisher.feeds.lint.media import media
from publisher.feeds.lint.rules import at, found
from publisher.feeds.lint.vocabulary import ATOM, DC, DCTERMS, SYNDICATION, TOMBSTONES
from publisher.records import Finding

_PERIODS = ("hourly", "daily", "weekly", "monthly", "yearly")
_SLASH = "http://purl.org/rss/1.0/modules/slash/"
_ADMIN = "http://webns.net/mvcb/"
_ITEM_TWINS = (
    ("author", DC, "creator"),
    ("category", DC, "subject"),
    ("pubDate", DC, "date"),
    ("source", DC, "source"),
    ("guid", ATOM, "id"),
    ("pubDate", ATOM, "published"),
    ("title", ATOM, "title"),
    ("description", ATOM, "content"),
)
_CHANNEL_TWINS = (
    ("managingEditor", DC, "creator"),
    ("webMaster", DC, "publisher"),
    ("category", DC, "subject"),
    ("pubDate", DC, "date"),
    ("language", DC, "language"),
    ("copyright", DC, "rights"),
    ("lastBuildDate", DCTERMS, "modified"),
    ("generator", _ADMIN, "generatorAgent"),
    ("title", ATOM, "title"),
    ("description", ATOM, "subtitle"),
    ("copyright", ATOM, "rights"),
)


def extensions(parent: Element, where: str, place: str, context: Context) -> Iterator[Finding]:
    """`where` is channel, item, feed or entry."""
    yield from media(parent, place)
    for child in children(parent):
        namespace, local = name(child)
        here = f"{place} {local}"
        if namespace == DC and local in ("date", "language"):
            flaws = dates.w3cdtf(text(child), context.now).flaws if local == "date" else addresses.language(text(child))
            yield from at(f"{place} dc:{local}", flaws)
        elif namespace == SYNDICATION:
            yield from _syndication(child, local, here)
        elif namespace == _SLASH and local == "comments":
            yield from at(f"{place} slash:comments", addresses.number(text(child)))
        elif namespace == TOMBSTONES and local == "deleted-entry":
            yield from _tombstone(child, f"{place} at:deleted-entry", context)
        elif namespace == ATOM and where in ("channel", "item"):
            yield from _atom_in_rss(child, local, where, place, context)
    if where in ("channel", "item"):
        yield from _twins(parent, where, place, context)


def _syndication(element: Element, local: str, place: str) -> Iterator[Finding]:
    if local == "updatePeriod" and text(element) not in _PERIODS:
        yield found("skip-invalid", place, f"sy:updatePeriod must be one of {', '.join(_PERIODS)}")
    elif local == "updateFrequency":
        yield from at(place, addresses.number(text(element), 1))


def _tombstone(element: Element, place: str, context: Context) -> Iterator[Finding]:
    """RFC 6721: which entry is gone, and since when."""
    ref, when = attribute(element, "ref"), attribute(element, "when")
    if not ref or addresses.identifier(ref):
        yield found("tombstone-invalid", place, "ref must be the id of the entry that is gone; add it")
    if when is None or any(code == "date-format" for code, _ in dates.rfc3339(when, context.now).flaws):
        yield found("tombstone-invalid", place, "when must be the moment it was taken down, like 2026-11-23T15:00:00Z")


def _atom_in_rss(element: Element, local: str, where: str, place: str, context: Context) -> Iterator[Finding]:
    if local == "link":
        yield from link(element, where, place, context)
    elif local in ("updated", "published"):
        yield from at(f"{place} atom:{local}", dates.rfc3339(text(element), context.now).flaws)
    elif local == "id":
        yield from at(f"{place} atom:id", addresses.identifier(text(element)))


def _twins(parent: Element, where: str, place: str, context: Context) -> Iterator[Finding]:
    for core, namespace, local in _ITEM_TWINS if where == "item" else _CHANNEL_TWINS:
        one, other = parent.find(core), parent.find(f"{{{namespace}}}{local}")
        if one is None or other is None:
            continue
        prefix = {ATOM: "atom", DC: "dc", DCTERMS: "dcterms"}.get(namespace, "admin")
        mend = f"<{core}> and <{prefix}:{local}> say the same; keep <{core}>"
        if core == "author":
            mend = "<author> and <dc:creator> say the same; keep <dc:creator>, which needs no mail address"
        yield found("semantics-duplicate", f"{place} {core}", mend)
        if core == "pubDate":
            yield from _conflict(one, other, namespace, place, context)


def _conflict(one: Element, other: Element, namespace: str, place: str, context: Context) -> Iterator[Finding]:
    read = dates.w3cdtf if namespace == DC else dates.rfc3339
    first, second = dates.rfc822(text(one), context.now).moment, read(text(other), context.now).moment
    # A Dublin Core date may be a day only: it agrees with every moment of that day.
    same = first == second or (first and second and "T" not in text(other) and first.date() == second.date())
    if first and second and not same:
        yield found(
            "date-conflict",
            f"{place} pubDate",
            f"one date says {first:%Y-%m-%d %H:%M}, the other {second:%Y-%m-%d %H:%M}; keep the true one",
        )
