"""The page about a feed, for people: what it is, how to follow it, and its latest entries. No script, no XSLT."""

from collections.abc import Mapping, Sequence
from typing import Any
from zoneinfo import ZoneInfo

from publisher.feeds.model import Channel, Entry, Place
from publisher.languages import direction, general_first, long_date
from publisher.links import ENDINGS
from publisher.records import Feed
from publisher.templating import Templates

_SHOWN = 10
_NAMES = {"rss": "RSS", "atom": "Atom", "json": "JSON Feed"}


def words(templates: Templates, language: str) -> dict[str, str]:
    """The fixed phrases of feeds in a language; in English where nobody has written them yet."""
    return templates.words("feeds", general_first(language))


def page(
    channel: Channel,
    place: Place,
    entries: Sequence[Entry],
    others: Sequence[tuple[Feed, str]],
    main: tuple[str, str],
    opml: str,
    zone: str,
    templates: Templates,
) -> bytes:
    """The page as UTF-8 HTML. `others` are feeds to point to, with their pages; `main` is the title and RSS URL of the
    site's feed, which autodiscovery names second on the pages of narrower ones. Raises TemplateError."""
    feed = channel.feed
    shown = [_entry(entry, feed.language, zone) for entry in entries[:_SHOWN]]
    text = templates.render(
        "feeds/about.html.j2",
        lang=feed.language,
        dir=direction(feed.language),
        title=feed.title,
        description=feed.description,
        publisher={"name": channel.publisher, "url": channel.publisher_url},
        icon=_picture(channel.icon),
        logo=_picture(channel.logo),
        page=channel.page,
        addresses=[{"name": _NAMES[e], "url": place.own[e], "type": ENDINGS[e]} for e in ENDINGS],
        main={"title": main[0], "url": main[1]},
        entries=shown,
        feeds=[{"title": other.title, "url": url, "lang": other.language} for other, url in others],
        opml=opml,
        palette=templates.data("email/palette.json"),
        words=words(templates, feed.language),
    )
    return text.encode("utf-8")


def _picture(image: Any) -> Mapping[str, Any] | None:
    return {"url": image.url, "width": image.width, "height": image.height} if image else None


def _entry(entry: Entry, language: str, zone: str) -> dict[str, Any]:
    local = entry.published.astimezone(ZoneInfo(zone))
    return {
        "title": entry.title,
        "url": entry.url,
        "summary": entry.summary,
        "lang": entry.language if entry.language != language else None,
        "dir": direction(entry.language),
        "day": local.date().isoformat(),
        "date": long_date(local.date(), language),
        "image": _picture(entry.image),
    }
