"""A selection -> the finished HTML and text of one issue, with tokens where each subscriber's values will stand."""

import hashlib
import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from babel import Locale
from babel.dates import format_date, format_interval, format_time

from publisher.digest.select import Selection
from publisher.errors import TemplateError
from publisher.languages import direction, locale, long_date
from publisher.links import Links
from publisher.records import Article, Event, Image, Newsletter, Period, Teaser, Topic, excerpt, personal_token, plain
from publisher.templating import Templates

PERSONAL = ("GREETING", "EMAIL", "UNSUBSCRIBE", "PREFERENCES")
_WORDS_A_MINUTE = 200
_FONTS = {
    "heading": "Georgia, Times New Roman, serif",
    "body": "Segoe UI, Roboto, Helvetica Neue, Helvetica, Arial, sans-serif",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """What the office chose for its mail beside the contents: plain values for the templates."""

    organisation: str
    organisation_url: str
    address: tuple[str, ...]
    intro: str = ""
    reason: str = ""
    footer_note: str | None = None
    events_url: str | None = None
    logo: Image | None = None
    notice: tuple[str, str] | None = None
    palette: Mapping[str, str] = field(default_factory=dict)
    topics: Mapping[str, Topic] = field(default_factory=dict)


_FILLED = {"minutes": {"n"}, "week": {"n"}, "greeting_named": {"name"}}
"""The phrases in which something is filled in, and what."""


def words(templates: Templates, language: str) -> dict[str, str]:
    """The fixed phrases in a language; in English where nobody has written them yet."""
    phrases = templates.data("email/words.en.json") | templates.data(f"email/words.{language.split('-')[0]}.json")
    for name, phrase in phrases.items():
        strange = set(re.findall(r"\{(\w*)\}", phrase)) - _FILLED.get(name, set())
        if strange:
            raise TemplateError(f'email/words: "{name}" has {{{strange.pop()}}}, which nothing fills in; take it out')
    return phrases


def view(
    newsletter: Newsletter,
    period: Period,
    selection: Selection,
    beside: Mapping[str, Article],
    look: Look,
    links: Links,
    templates: Templates,
) -> dict[str, Any]:
    """All values the templates take, without tokens. `beside` are the articles that teasers were shown with, by id."""
    lead = selection.lead
    articles = [a for a in (lead, *selection.entries) if isinstance(a, Article)]
    phrases = words(templates, newsletter.language)
    slot = period.slot.astimezone(ZoneInfo(newsletter.zone))
    items = [_item(entry, newsletter, look, links, beside) for entry in selection.entries]
    return {
        "lang": newsletter.language,
        "dir": direction(newsletter.language),
        "subject": subject(newsletter, selection),
        "preheader": preheader(selection),
        "newsletter": {"title": newsletter.title, "tagline": newsletter.tagline},
        "org": {"name": look.organisation, "url": look.organisation_url, "address": list(look.address)},
        "logo": {"url": look.logo.url, "width": look.logo.width, "height": look.logo.height} if look.logo else None,
        "issue": {
            "label": phrases["week"].replace("{n}", str(int(period.name[-2:]))),
            "date": long_date(slot, newsletter.language),
        },
        "intro": look.intro,
        "palette": templates.data("email/palette.json") | dict(look.palette),
        "fonts": _FONTS,
        "web": links.issue(newsletter.name, period.name),
        "lead": _item(lead, newsletter, look, links, beside) if lead else None,
        "teasers": items,
        "sections": [],
        "events": [_event(event, newsletter.language) for event in selection.events],
        "events_url": look.events_url,
        "corrections": [_correction(a, links) for a in articles if a.correction],
        "notice": {"title": look.notice[0], "text": look.notice[1]} if look.notice else None,
        "reason": look.reason,
        "footer_note": look.footer_note,
        "words": phrases,
    }


def tokens(nonce: str) -> dict[str, str]:
    return {name.lower(): personal_token(nonce, name) for name in PERSONAL}


def nonce_for(values: Mapping[str, Any]) -> str:
    """The first hash-derived nonce that occurs nowhere in the values, so that the same issue gives the same bytes."""
    told = repr(sorted(values.items()))
    return next(nonce for nonce in _nonces(told) if nonce not in told)


def _nonces(told: str) -> Iterator[str]:
    digest = hashlib.sha256(told.encode("utf-8", "backslashreplace"))
    while True:
        yield digest.hexdigest()[:10]
        digest.update(b".")


def html(values: Mapping[str, Any], nonce: str, templates: Templates) -> str:
    return templates.render("email/digest.html.j2", **values, t=tokens(nonce))


def text(values: Mapping[str, Any], nonce: str, templates: Templates) -> str:
    """The plain part: its own template, at most two empty lines in a row, no white space at line ends."""
    rendered = templates.render("email/digest.txt.j2", **values, t=tokens(nonce))
    return re.sub(r"\n{3,}", "\n\n", re.sub(r"[ \t]+\n", "\n", rendered)).strip() + "\n"


def subject(newsletter: Newsletter, selection: Selection) -> str:
    """The newsletter's title and the first headline: what the issue is about, in the list of mails."""
    first = selection.lead or next(iter(selection.entries), None)
    return f"{newsletter.title}: {first.headline}" if first else newsletter.title


def preheader(selection: Selection) -> str:
    """What stands behind the subject in the list of mails: the next headlines."""
    return " · ".join(entry.headline or "" for entry in selection.entries[:2])


def _item(
    entry: Article | Teaser, newsletter: Newsletter, look: Look, links: Links, beside: Mapping[str, Article]
) -> dict[str, Any]:
    language = entry.language if isinstance(entry, Article) else None
    foreign = language if language and language != newsletter.language else None
    return {
        "headline": entry.headline,
        "url": _url(entry, links, beside),
        "summary": _summary(entry),
        "topic": _topic(entry, look),
        "image": _picture(entry.image),
        "minutes": _minutes(entry.body) if isinstance(entry, Article) else None,
        "lang": foreign,
        "dir": direction(foreign) if foreign else None,
        "label": None,
        "source_note": None,
    }


def _url(entry: Article | Teaser, links: Links, beside: Mapping[str, Article]) -> str:
    if isinstance(entry, Article):
        return links.article(entry)
    return links.teaser(entry, beside.get(entry.shown_by or ""))


def _summary(entry: Article | Teaser) -> str | None:
    if isinstance(entry, Teaser):
        return entry.excerpt
    return entry.summary or excerpt(entry.body, 220)


def _topic(entry: Article | Teaser, look: Look) -> str | None:
    """An article's first declared topic; a teaser's caption, which pages use in the same place."""
    if isinstance(entry, Teaser):
        return entry.caption
    return next((look.topics[topic].title for topic in entry.topics if topic in look.topics), None)


def _picture(image: Image | None) -> dict[str, Any] | None:
    if not image or not image.url or not image.width or not image.height:
        return None
    return {"url": image.url, "alt": image.alt or "", "width": image.width, "height": image.height}


def _minutes(body: str) -> int:
    return max(1, math.ceil(len(plain(body).split()) / _WORDS_A_MINUTE))


def _correction(article: Article, links: Links) -> dict[str, str | None]:
    return {"headline": article.headline, "url": links.article(article), "note": article.correction}


def _event(event: Event, language: str) -> dict[str, Any]:
    tongue, zone = locale(language), ZoneInfo(event.zone)
    start = event.start.astimezone(zone)
    return {
        "title": event.title,
        "url": event.url,
        "month": format_date(start, "MMM", locale=tongue).rstrip("."),
        "day": str(start.day),
        "when": f"{format_date(start, 'EEEE', locale=tongue)}, {_hours(start, event.end, zone, tongue)}",
        "where": event.place,
    }


def _hours(start: datetime, end: datetime | None, zone: ZoneInfo, tongue: Locale) -> str:
    if end is None:
        said = format_time(start, "short", tzinfo=zone, locale=tongue)
    else:
        said = format_interval(start, end.astimezone(zone), "hm", tzinfo=zone, locale=tongue)
    # Many mail clients' fonts lack the narrow and thin spaces that CLDR writes.
    return re.sub("[\u2009\u202f]", "\u00a0", said)
