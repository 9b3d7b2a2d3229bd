"""A page and its claims in; headline, dates, authors, topics, summary, language and address out. Nothing is invented.

What people see comes before what is written for machines where both say it; a claim without a page to show it stands
only where nothing better does. The site's name is never a headline, and no date is made up.
"""

import re
from dataclasses import dataclass, field
from datetime import datetime
from urllib.parse import urlsplit

from publisher.records import Finding, Stated, headline_key, is_language
from publisher.sources import (
    captured_dates,
    captured_furniture as furniture,
    captured_head as heads,
    captured_phrases as phrases,
    clean,
)
from publisher.sources.page_claims import Claims
from publisher.sources.page_dates import is_likely, machine_date
from publisher.sources.page_furniture import is_hidden
from publisher.sources.page_seen import Seen, people
from publisher.sources.page_tree import Element, Page, classes_of, names_of, same_site, text_of

_BAR = re.compile(r"\s+[|–—·•»:-]+\s+|\s?\|\s?|\s::\s|\s»\s")
_SITE_NAMES = frozenset({"logo", "sitetitle", "brand", "sitename"})
_NOBODY = frozenset(
    {"admin", "administrator", "webmaster", "editor", "staff", "web team", "communications", "wpadmin", "root"}
)
_NO_TOPIC = frozenset(
    {"uncategorized", "uncategorised", "sin categoría", "allgemein", "non classé", "featured", "default"}
)
_MOST_TOPICS = 12
ROOM = re.compile(
    r"(?:noticias|actualidad|sala de prensa|comunicados|aktuelles|nachrichten|presse(?:mitteilungen)?"
    r"|meldungen|actualités"
    r"|communiqués|notícias|新闻(?:中心|动态)?|最新消息|医院新闻|新聞|お知らせ|ニュース|뉴스|공지사항|(?:ال)?أخبار|חדשות)",
    re.I,
)
"""Names of a site's rooms in other languages than English, whose names are in `captured_phrases`."""


@dataclass(slots=True, kw_only=True)
class Dates:
    """When an article was published, changed and free to be read, as its page says; and what was not believed."""

    published: Stated = None
    updated: Stated = None
    embargo: datetime | None = None
    problems: list[Finding] = field(default_factory=list)


def language_of(claims: Claims) -> str | None:
    """The first language tag that is one: `en_US` is `en-US`."""
    for said in claims.languages:
        first, *rest = said.split(",")[0].strip().replace("_", "-").split("-")
        tag = "-".join([first.lower(), *(part.upper() if len(part) == 2 else part for part in rest)])
        if is_language(tag):
            return tag
    return None


# --- Where it stands


def address(page: Page, place: str) -> tuple[str | None, list[Finding]]:
    """The page's canonical address on its site, else the one it came from; and why a claimed one was not believed."""
    for element in page.root.iter("link"):
        if "canonical" not in (element.get("rel") or "").lower().split():
            continue
        claimed = page.address(element.get("href"))
        if claimed is None:
            return page.url, []
        if page.url is None:
            return (None if _is_front(claimed) else claimed), []
        if not same_site(claimed, page.url):
            return page.url, [
                _note(
                    "canonical-elsewhere",
                    place,
                    f"its canonical link leads to another site ({claimed}), so the page's own address is kept",
                )
            ]
        if _is_front(claimed) and not _is_front(page.url):
            return page.url, [
                _note(
                    "canonical-front-page",
                    place,
                    "its canonical link leads to the site's front page, so its own address is kept; mend the template",
                )
            ]
        return claimed, []
    return page.url, []


def _is_front(url: str) -> bool:
    parts = urlsplit(url)
    return re.fullmatch(r"/?(?:index\.\w{2,5}|home|default\.aspx)?", parts.path, re.I) is not None and not parts.query


def _note(code: str, place: str, mend: str) -> Finding:
    return Finding(code=code, severity="note", place=place, mend=mend)


# --- What it is called


def headline_of(page: Page, claims: Claims, story: Element | None) -> str | None:
    """The true headline: the h1 that people see where it is one, else what the page claims, without the site's name."""
    titled = [element for element in page.root.iter("h2", "h3", "h4") if "entry-title" in classes_of(element)]
    called = [*page.root.iter("h1"), *(titled if len(titled) == 1 else ())]
    seen = [text for element in called if (text := _seen_headline(element, claims))]
    claimed = [bare for title in claims.titles if (bare := _bare(title, claims, seen))]
    title = _bare(claims.title, claims, seen) if claims.title else None
    entry = {text_of(element) for element in titled}  # a `<title>` may name the site, too, and so agree with its h1
    for others, texts in ((claimed, seen), ([title or ""], sorted(seen, key=lambda text: text not in entry))):
        agreed = next((text for text in texts if any(_agree(text, other) for other in others)), None)
        if agreed:
            return agreed
    inside = [
        text for above in _around(story) for element in above.iter("h1") if (text := _seen_headline(element, claims))
    ]
    if inside or len(seen) == 1:
        return inside[0] if inside else seen[0]
    if claimed:
        return claimed[0]
    lower = {
        headline_key(text_of(element))
        for element in page.root.iter("h2", "h3", "b", "strong", "font", "td", "p", "div")
        if page.sizes.get(element, 0) < 200
    }
    if title and headline_key(title) in lower:
        return title
    parts = [part for part in re.split(r"\s+(?:[-–—|»]|::)\s+", title or "") if len(part.split()) >= 3]
    shown = [part for part in parts if headline_key(part) in lower and not _is_room(part, claims)]
    return max(shown, key=len) if shown and not seen else seen[0] if seen else None


def headline_by_place(page: Page, claims: Claims, opening: str | None) -> str | None:
    """For a page without an h1 and without claims: the heading that opens its story, else a `<title>` like one."""
    if opening and not _is_room(opening, claims):
        return opening
    title = _bare(claims.title, claims, []) if claims.title else None
    return title if title and (title != claims.title or len(title.split()) >= 5) else None


def _around(story: Element | None) -> list[Element]:
    if story is None:
        return []
    return [story, *(above for above in story.iterancestors() if above.tag in ("article", "main"))]


def _seen_headline(element: Element, claims: Claims) -> str | None:
    text, _ = captured_dates.unglue(text_of(element))
    names = names_of(element)
    if not text or (is_hidden(element) and not _in_title(text, claims)) or _is_room(text, claims):
        return None
    if (
        names & _SITE_NAMES
        or {"site", "title"} <= names
        or any("logo" in names_of(a) for a in list(element.iterancestors())[:3])
    ):
        return None
    return text


def _in_title(text: str, claims: Claims) -> bool:
    return headline_key(text) in headline_key(claims.title or "")


def _is_room(text: str, claims: Claims) -> bool:
    """Whether a title only names the site or one of its rooms (`News`)."""
    rooms = (phrases.LABEL, phrases.NAVIGATION, phrases.SECTION)
    return headline_key(text) in claims.sites or bool(ROOM.fullmatch(text)) or any(room.match(text) for room in rooms)


def _agree(one: str, other: str) -> bool:
    first, second = headline_key(one), headline_key(other)
    return first == second or (min(len(first), len(second)) >= 12 and (first in second or second in first))


def _bare(title: str, claims: Claims, seen: list[str]) -> str | None:
    """A title without the site's name or room at its end or front; None where nothing else is in it."""
    parts = [part for part in _BAR.split(title) if part]
    for text in seen:
        if headline_key(title).startswith(headline_key(text)) and len(text) >= 8:
            return text
    start, end = 0, len(parts)
    while end > 1 and (headline_key(parts[end - 1]) in claims.sites or _is_room(parts[end - 1], claims)):
        end -= 1
    while start < end - 1 and (headline_key(parts[start]) in claims.sites or _is_room(parts[start], claims)):
        start += 1
    if start == 0 and end == len(parts):
        bare, _ = heads.unglued(title, [])
        if bare and bare != title:  # the site's name is off; a room of it may stand before it
            return _bare(bare, claims, seen)
    else:
        begin = title.index(parts[start])
        bare = title[
            begin : title.index(parts[end - 1], begin + len("".join(parts[start : end - 1]))) + len(parts[end - 1])
        ]
    return bare if bare and not _is_room(bare, claims) else None


# --- When, by whom, about what


def dates(claims: Claims, seen: Seen, dateline: Stated, zone: str, place: str) -> Dates:
    """Published, updated and embargo: what machines are told, else what people see, else the dateline."""
    language = language_of(claims)
    found = Dates()
    told = [machine_date(value, zone, language) for value in claims.published]
    published = [stated for stated in (*told, *seen.published, dateline, seen.embargo) if stated]
    updated = [
        stated
        for stated in (*(machine_date(value, zone, language) for value in claims.updated), *seen.updated)
        if stated
    ]
    unlikely = [stated for stated in (*published, *updated) if not is_likely(stated)]
    if unlikely:
        mend = (
            f"{unlikely[0].isoformat()[:10]} can be no date of an article, so it was left out; mend the page's template"
        )
        found.problems.append(Finding(code="unlikely-date", severity="warning", place=place, mend=mend))
    found.published = next((stated for stated in published if is_likely(stated)), None)
    found.updated = next((stated for stated in updated if is_likely(stated) and stated != found.published), None)
    if isinstance(seen.embargo, datetime) and is_likely(seen.embargo):
        found.embargo = seen.embargo
    return found


def authors(claims: Claims, seen: Seen) -> tuple[str, ...]:
    """The people (or bodies) named as authors, without logins and the site itself."""
    claimed = [name for said in claims.authors if "://" not in said for name in people(said)]
    found = claimed or seen.authors
    fit = [
        name
        for name in found
        if not (name.casefold() in _NOBODY or headline_key(name) in claims.sites or _is_login(name))
    ]
    if not fit and claimed:
        fit = [name for name in seen.authors if not (headline_key(name) in claims.sites or name.casefold() in _NOBODY)]
    return tuple({headline_key(name): name for name in reversed(fit)}.values())[::-1][:10]


def _is_login(name: str) -> bool:
    return " " not in name and name.isascii() and name == name.lower()


def topics(page: Page, claims: Claims) -> tuple[str, ...]:
    """Section and tags; keywords only where there are no tags, and no more than a person would choose."""
    tags = [part for said in claims.tags for part in said.split(",")]
    linked = [element for element in page.root.iter("a") if "tag" in (element.get("rel") or "").split()]
    tags += [text_of(element) for element in linked[:_MOST_TOPICS] if not _is_in_box(element)]
    keywords = [part for said in claims.keywords for part in re.split(r"[,;]", said)]
    if not tags and len(keywords) <= 8:
        tags = keywords
    said = [clean.line(name) for name in (*claims.sections, *tags)]
    fit = [
        name
        for name in said
        if 2 <= len(name) <= 40 and name.casefold() not in _NO_TOPIC and headline_key(name) not in claims.sites
    ]
    return tuple({name.casefold(): name for name in reversed(fit)}.values())[::-1][:_MOST_TOPICS]


def _is_in_box(element: Element) -> bool:
    """Whether a link to a tag stands in a box of the site's tags, not at the story."""
    boxes = {"tagcloud", "cloud", "widget", "sidebar"}
    return any(above.tag in ("aside", "nav") or names_of(above) & boxes for above in list(element.iterancestors())[:6])


def summary(claims: Claims, headline: str | None, body: str) -> str | None:
    """The page's description, unless it is cut, repeats the headline, or speaks of the site and not of the story."""
    told = set(_stems(f"{headline or ''} {body}"))
    for said in claims.descriptions:
        words = _stems(said)
        repeats = bool(headline) and headline_key(said) == headline_key(headline or "")
        if furniture.is_cut(said) or furniture.is_boilerplate(said) or repeats or headline_key(said) in claims.sites:
            continue
        if len(said) >= 20 and words and sum(word in told for word in words) >= 0.5 * len(words):
            return clean.shortened(said, 500)
        if len(said) >= 12 and not words:
            return clean.shortened(said, 500)
    return None


def _stems(text: str) -> list[str]:
    """The longer words, cut to their beginnings; for scripts without spaces, pairs of characters."""
    dense = re.findall(r"[\u2e80-\uffef]{2,}", text)
    pairs = [run[at : at + 2] for run in dense for at in range(len(run) - 1)]
    return [word[:6] for word in re.findall(r"[^\W\d_]{5,}", text.casefold()) if ord(word[0]) < 0x2E80] + pairs


def is_line_of_headline(text: str, headline: str | None, claims: Claims) -> bool:
    """Whether a block of the body repeats the headline."""
    if not headline:
        return False
    return furniture.same_text(text, headline) or any(furniture.same_text(text, title) for title in claims.titles)


def dateline(texts: list[str]) -> Stated:
    """The date in the dateline of the first paragraphs."""
    return next((stated for text in texts[:2] if (stated := captured_dates.dateline(text))), None)
