"""What of a page belongs to the site and not to any story, by tag and by the names that templates give their parts."""

import re

from publisher.sources import captured_phrases as phrases
from publisher.sources.page_tree import Element, Page, classes_of, names_of, text_of

_TAGS = frozenset({"nav", "footer", "form", "button", "input", "dialog", "menu", "label", "audio", "map"})
_ROLES = frozenset(
    {"navigation", "banner", "contentinfo", "search", "dialog", "alertdialog", "menu", "toolbar", "tablist"}
)
# fmt: off
_NAMES = frozenset({
    "share", "sharing", "shares", "sharebar", "sharedaddy", "addtoany", "addthis", "social", "socials", "cookie",
    "cookies", "consent", "gdpr", "breadcrumb", "breadcrumbs", "crumbs", "pagination", "pager", "pagenav", "skip",
    "skiplink", "toolbar", "newsletter", "signup", "subscribe", "subscription", "popup", "modal", "lightbox",
    "comments", "disqus", "respond", "navbar", "menu", "megamenu", "nav", "navigation", "sitenav", "topnav",
    "footer", "masthead", "copyright", "advert", "advertisement", "ads", "adsbygoogle", "sponsored", "banner",
    "alert", "alerts", "emergency", "printfriendly", "languages", "translate", "likes", "jp-relatedposts",
    "tagcloud", "mychart", "quicklinks", "cta", "donate", "appointment", "toc", "visually", "sr",
})
# fmt: on
# fmt: off
_POINTING = frozenset({
    "related", "recommended", "recommendation", "recommendations", "latest", "recent", "recents", "popular",
    "trending", "more", "sidebar", "teaser", "teasers", "readnext", "upnext", "similar", "also", "aside", "widget",
    "outbrain", "taboola", "promo", "promos",
})
# fmt: on
_NOT_STORY = frozenset(
    {
        "byline",
        "dateline",
        "postmeta",
        "authorbio",
        "subtitle",
        "dek",
        "standfirst",
        "deck",
        "subheadline",
        "authorbox",
        "tagslinks",
        "metadata",
        "biography",
    }
)
_NOT_STORY_PAIRS = (
    ("author", "bio"), ("author", "box"), ("about", "author"), ("entry", "meta"), ("post", "meta"),
    ("article", "meta"), ("article", "excerpt"), ("tags", "links"), ("post", "tags"), ("entry", "footer"),
    ("post", "footer"), ("screen", "reader"), ("read", "time"),
    ("reading", "time"), ("article", "tags"), ("post", "navigation"), ("media", "contact"), ("press", "contact"),
    ("field", "tags"), ("post", "date"), ("publish", "date"), ("news", "date"), ("article", "date"), ("entry", "date"),
    ("back", "link"), ("back", "to"), ("print", "link"), ("related", "posts"), ("text", "size"), ("font", "size"),
)  # fmt: skip
_EMBEDDED = frozenset({"twitter", "tweet", "instagram", "tiktok", "bluesky", "fb"})
_HIDDEN = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.I)
_HIDING = frozenset(
    {"sr-only", "visually-hidden", "screen-reader-text", "visuallyhidden", "hidden", "d-none", "element-invisible"}
)
_SHELLS = frozenset({"html", "body", "main", "article"})


def is_hidden(element: Element) -> bool:
    """Whether readers cannot see it: hidden text may be anything."""
    if element.get("hidden") is not None or element.get("aria-hidden") == "true":
        return True
    return bool(_HIDDEN.search(element.get("style") or "")) or bool(classes_of(element) & _HIDING)


def is_site_furniture(element: Element, page: Page) -> bool:
    """Menus, share bars, forms, banners of the site; neither story nor teasers. One with most of the text is none."""
    if element.tag in ("html", "body", "main") or _holds_the_page(element, page):
        return False
    if is_hidden(element):
        return True
    names = names_of(element)
    pointing = bool(names & _POINTING)
    if element.tag in _TAGS or (element.get("role") or "").lower() in _ROLES:
        return not (element.tag == "nav" and pointing)
    if element.tag in ("article", "h1"):
        return False
    if element.tag == "a" and element.find(".//img") is not None:
        names -= {"lightbox", "popup", "modal"}  # how a picture is enlarged
    return bool(names & _NAMES) and not pointing


def is_beside_story(element: Element, page: Page) -> bool:
    """What stands in or beside a story without being of it: asides, boxes of teasers, the byline's line."""
    if _holds_the_page(element, page) or element.tag in _SHELLS:
        return False
    if element.tag == "aside":
        return True
    names = names_of(element)
    if element.tag == "blockquote" and names & _EMBEDDED:
        return True
    if (
        names & _POINTING
        and not _is_named_by_heading(element)
        and element.tag not in ("p", "a", "span", "h1", "h2", "h3", "em", "strong")
    ):
        return True
    paired = any(one in names and two in names for one, two in _NOT_STORY_PAIRS)
    return bool(names & _NOT_STORY) or (paired and element.find(".//h1") is None)


def _is_named_by_heading(element: Element) -> bool:
    """Whether only its id names it, made of the words of the story's own subheading (`more-beds-for-children`)."""
    name = element.get("id") or ""
    heading = next(element.iter("h2", "h3", "h4"), None)
    if name.count("-") < 2 or heading is None or {word for word in classes_of(element) if word in _POINTING}:
        return False
    words = text_of(heading)
    return re.findall(r"\w+", words.lower()) == name.lower().split("-") and not phrases.SECTION.match(words)


def _holds_the_page(element: Element, page: Page) -> bool:
    """Whether most of the page's text is in it: then its name is a word for the page (`has-sidebar`), no part of it."""
    if element.tag in ("nav", "footer", "aside"):
        return False
    return page.prose.get(element, 0) > 0.5 * max(100, page.prose.get(page.root, 0))
