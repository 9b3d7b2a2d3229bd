"""The tree of a page in, the cards and list entries on it that point to other articles out, in page order.

A teaser is a link that is a headline: it stands in a heading of a card, in an entry below "Related" or "Latest news",
or in a dated list. A link in a sentence, a menu or a share bar is none.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from publisher.records import headline_key
from publisher.sources import (
    captured_dates,
    captured_furniture as furniture,
    captured_phrases as phrases,
    page_cards as cards,
)
from publisher.sources.captured_text import Line
from publisher.sources.page_blocks import blocks_of
from publisher.sources.page_cards import Pointer
from publisher.sources.page_furniture import is_site_furniture
from publisher.sources.page_tree import Element, Page, names_of, text_of, within

_HEADINGS = frozenset({"h2", "h3", "h4", "h5", "h6"})
# fmt: off
_CARDS = frozenset({
    "card", "cards", "teaser", "teasers", "post", "posts", "item", "items", "listing", "story", "tile", "promo",
    "entry", "result", "results", "views", "row", "excerpt", "summary", "media", "news", "headline", "feature",
    "article",
})
# fmt: on
# fmt: off
_POINTING = frozenset({
    "related", "recommended", "recommendations", "latest", "recent", "popular", "trending", "readnext", "upnext",
    "similar", "teasers",
})
# fmt: on
_ELSEWHERE = re.compile(
    r"(?:^|\.)(?:facebook|twitter|x|linkedin|instagram|youtube|pinterest|whatsapp|reddit|tumblr|flickr|addtoany|bsky|threads"
    r"|wa|t|tiktok|google|apple)\.(?:com|me|net|app)$",
    re.I,
)
_SECTION_MORE = re.compile(
    r"(?:más noticias|noticias relacionadas|artículos relacionados|últimas noticias"
    r"|weitere (?:meldungen|nachrichten|artikel)"
    r"|aktuelle (?:meldungen|nachrichten)|ähnliche artikel|das könnte sie auch interessieren"
    r"|à lire aussi|articles (?:similaires|liés)"
    r"|相关(?:新闻|文章|阅读)|最新(?:消息|新闻)|أخبار ذات صلة|مقالات ذات صلة|آخر الأخبار)\W*",
    re.I,
)
_UNFIT = ("more", "furniture", "label", "icon", "section", "contact", "month", "url", "links", "end")
_MOST_CARD = 1500
_MOST = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class _Link:
    element: Element
    url: str
    label: str
    heading: Element | None
    area: bool
    pointed: bool


def read(page: Page, zone: str, language: str | None, *, is_list: bool) -> list[Pointer]:
    """links that are headlines | their cards | what stands in each. `is_list`: the page is a list of articles."""
    if is_list:
        _mend_headings(page)
    links = [link for link in _links(page) if not (is_list and _is_in_text(link))]
    owners = _owners(links)
    placed = [(link, _card(link, owners, page)) for link in links]
    kept = [(link, card) for link, card in placed if _is_teaser(link, card, placed, page, is_list=is_list)]
    found: dict[str, Pointer] = {}
    heads = {link.heading for link, _ in kept if link.heading is not None} | {card for _, card in kept}
    for link, card in kept[: 2 * _MOST]:
        starts_here = card is link.heading or card is link.element or card.tag == "dt"
        parts = [card, *cards.date_above(card), *(cards.following(card, heads) if starts_here else ())]
        pointer = cards.read(parts, link.label, link.url, page, zone, language, bare=link.pointed)
        key = pointer.url
        first = found.setdefault(key, pointer)
        if first is not pointer and not first.excerpt and pointer.excerpt:
            found[key] = pointer
    return list({headline_key(pointer.headline): pointer for pointer in reversed(found.values())}.values())[::-1][
        :_MOST
    ]


def _mend_headings(page: Page) -> None:
    """Give the headlines of a list the rank that they have below its title: some templates make each an `h1`."""
    linked = [heading for heading in page.root.iter("h1") if heading.find(".//a[@href]") is not None]
    heads = [heading for heading in linked if within(heading, frozenset({"article", "li"}))]
    for heading in heads if len(heads) >= 2 else ():
        heading.tag = "h2"


# --- Which links are headlines


def _links(page: Page) -> Iterator[_Link]:
    """The links that could be headlines, outside menus and share bars, and whether they stand among teasers."""
    areas = _areas(page)
    waiting: list[tuple[Element, bool, Element | None]] = [(page.root, False, None)]
    while waiting:
        element, area, heading = waiting.pop()
        if element.tag == "head" or is_site_furniture(element, page):
            continue
        area = area or element in areas
        if element.tag in _HEADINGS:
            heading = element
        if element.tag == "a":
            link = _link(element, heading, page, area=area)
            if link:
                yield link
                continue
        waiting += [(child, area, heading) for child in reversed(element)]


def _link(element: Element, heading: Element | None, page: Page, *, area: bool) -> _Link | None:
    url = page.address(element.get("href"))
    if url is None or _is_elsewhere(url) or _names_somebody(element) or page.sizes.get(element, 0) > _MOST_CARD:
        return None
    inner = next((below for below in element.iter(*_HEADINGS)), None)
    label = text_of(inner if inner is not None else element)
    if inner is None and heading is not None and not _is_all_of(label, text_of(heading)):
        heading = None
    if inner is None and len(list(element.iter("p", "div"))) > 1:
        label = next((text for piece in blocks_of(element) if _is_headline(text := piece.text)), label)
    pointed = _is_pointed(element, label)
    if not _is_headline(label) and not (heading is not None and len(label) >= 4 and _is_usable(label)):
        return None
    return _Link(
        element=element,
        url=url,
        label=label,
        heading=inner if inner is not None else heading,
        area=area,
        pointed=pointed,
    )


def _is_in_text(link: _Link) -> bool:
    """Whether it stands in the text of an entry of a list, below the headline that leads to that."""
    if link.heading is not None:
        return False
    entry = next((above for above in link.element.iterancestors() if above.tag == "article"), None)
    heads = entry.iter(*_HEADINGS) if entry is not None and within(link.element, frozenset({"p"})) else ()
    return any(heading.find(".//a[@href]") is not None for heading in heads)


def _names_somebody(element: Element) -> bool:
    """Whether the link leads to an author, not to an article."""
    above = element.getparent()
    named = names_of(element) | (names_of(above) if above is not None else frozenset())
    return "author" in (element.get("rel") or "").split() or {"author", "name"} <= named


def _is_elsewhere(url: str) -> bool:
    host = url.split("/")[2].split("@")[-1].split(":")[0]
    return bool(_ELSEWHERE.search(host)) or bool(
        re.search(r"\.(?:pdf|jpe?g|png|gif|zip|docx?|mp4|ics|rss|xml)$", url, re.I)
    )


def _is_all_of(label: str, heading: str) -> bool:
    return len(label) >= 0.7 * len(heading)


def _is_usable(label: str) -> bool:
    kind = furniture.kind_of(Line(text=label, number=0))
    return kind not in _UNFIT and not phrases.NAVIGATION.match(label)


def _is_headline(label: str) -> bool:
    """Whether a link's text can be a headline: some words, and none of the phrases of links that are not."""
    dense = sum(ord(char) > 0x2E80 for char in label) >= 6
    long_enough = dense or (len(label) >= 15 and len(label.split()) >= 3) or len(label) >= 25
    return long_enough and len(label) <= 300 and _is_usable(label) and not cards.MORE.match(label)


def _is_pointed(element: Element, label: str) -> bool:
    """Whether it is all of a line that points elsewhere in mid-story (`Related: …`)."""
    parent = element.getparent()
    while parent is not None and parent.tag in ("strong", "em", "b", "i", "span"):
        parent = parent.getparent()
    if parent is None or parent.tag not in ("p", "div", "aside") or len(parent) > 3:
        return False
    text = text_of(parent)
    return (
        len(text) <= 300 and furniture.pointed_at(text) is not None and label[:20] in (furniture.pointed_at(text) or "")
    )


def _areas(page: Page) -> set[Element]:
    """The elements in which links are teasers: boxes named for it, and what follows a heading of teasers."""
    areas: set[Element] = set()
    for element in page.root.iter():
        if names_of(element) & _POINTING and element.tag in ("div", "section", "aside", "ul", "nav", "ol"):
            areas.add(element)
        elif (
            element.tag in (*_HEADINGS, "p", "strong", "b", "div", "span", "legend")
            and 0 < page.sizes.get(element, 0) <= 80
        ):
            text = text_of(element)
            if phrases.SECTION.match(text) or _SECTION_MORE.fullmatch(text):
                areas.update(_below(element, page))
    return {area for area in areas if not any(below.tag == "h1" for below in area.iter("h1"))}


def _below(heading: Element, page: Page) -> list[Element]:
    """What follows a heading of teasers: its next siblings, or those of the wrapper that holds only it."""
    at = heading
    for _ in range(3):
        found: list[Element] = []
        for after in at.itersiblings():
            is_story = after.tag in ("article", "main") and page.prose.get(after, 0) > _MOST_CARD
            if is_story or (after.tag == at.tag and after.tag in _HEADINGS and after.find(".//a") is None):
                break
            found.append(after)
        above = at.getparent()
        if found or above is None or above.tag in ("body", "main", "article"):
            return found
        at = above
    return []


# --- Their cards


def _owners(links: list[_Link]) -> dict[Element, set[str]]:
    """For each element above a link, the addresses of the links in it (no more than two are kept)."""
    owners: dict[Element, set[str]] = {}
    for link in links:
        for above in link.element.iterancestors():
            held = owners.setdefault(above, set())
            if len(held) >= 2 and link.url not in held:
                break  # everything further up has two others already
            held.add(link.url)
    return owners


def _card(link: _Link, owners: dict[Element, set[str]], page: Page) -> Element:
    """The largest element around a link that holds no other headline and no story."""
    card = link.element
    for above in link.element.iterancestors():
        if (
            above.tag in ("body", "main", "html")
            or len(owners.get(above, ())) > 1
            or page.sizes.get(above, 0) > _MOST_CARD
        ):
            break
        if next(above.iter("h1"), None) is not None:
            break
        if card.tag in ("li", "article", "tr") or (above.tag in ("ul", "ol", "tbody", "section") and card.tag != "a"):
            break
        card = above
    return card


def _is_teaser(link: _Link, card: Element, placed: list[tuple[_Link, Element]], page: Page, *, is_list: bool) -> bool:
    if link.pointed:
        return True
    if _is_in_sentence(link, page):
        return False
    if link.area:
        return True
    if link.heading is not None:
        named = bool(names_of(card) & _CARDS) or card.tag in ("li", "article", "tr")
        beside = sum(other is not card and other.getparent() is card.getparent() for _, other in placed[:300])
        return named or is_list or beside >= 2
    if not is_list:
        return False
    return card.tag in ("li", "tr", "dt", "dd", "td", "article", "div", "p") and bool(
        names_of(card) & _CARDS
        or captured_dates.find(text_of(card)[:400])
        or card.find(".//time") is not None
        or card.tag in ("li", "dt")
        or cards.date_above(card)
    )


def _is_in_sentence(link: _Link, page: Page) -> bool:
    """Whether text of a paragraph goes on around the link: then it is a reference, not a headline."""
    for above in link.element.iterancestors():
        if above.tag == "p":
            around = text_of(above)
            rest = around.replace(link.label, "", 1).strip()
            return not around.startswith(link.label) and len(rest) > 25 and captured_dates.date_line(rest) is None
        if above.tag in ("li", "td", "div", "article", "section"):
            around = text_of(above) if page.sizes.get(above, 0) <= _MOST_CARD else ""
            before = around.split(link.label, 1)[0].strip() if link.label in around else ""
            return (
                link.heading is None
                and above.tag in ("li", "td")
                and len(before) > 40
                and captured_dates.find(before) is None
            )
    return False
