"""The characters of an answer in: a feed's own text out, or a Finding that says what came instead and what to do.

Entity declarations are refused here, before any parser sees them: they are how a short document becomes gigabytes
(billion laughs) or reads files of this machine (XXE), and no feed needs them.
"""

import re
from collections.abc import Iterator
from html import unescape
from urllib.parse import urljoin

from publisher.records import Finding
from publisher.sources import clean

_PROLOG = re.compile(r"\s+|<\?[^>]{0,500}\?>|<!--")
_NAME = re.compile(r"<(?:[A-Za-z_][\w.-]{0,60}:)?([A-Za-z_][\w.-]{0,60})")
_FEED_START = re.compile(r"<\?xml\b|<(?:rss|feed|rdf:RDF)\b", re.I)
_FEED_ROOT = re.compile(r"<(?:[A-Za-z_][\w.-]{0,60}:)?(?:rss|feed|rdf|channel)[\s>]", re.I)
_EXPORT = re.compile(r"https?://wordpress\.org/export/")
_ENTITY = re.compile(r"<!ENTITY\b", re.I)
_LINK = re.compile(r"<link\b[^<>]{0,1000}>", re.I)
_ATTRIBUTE = re.compile(r"""([a-z]+)\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'>]+))""", re.I)
_FEED_TYPES = (
    "application/rss+xml",
    "application/atom+xml",
    "application/feed+json",
    "application/json+feed",
    "application/rdf+xml",
)
_FEEDS = {"rss", "feed", "rdf", "channel"}
_JUNK, _HEAD = 20_000, 200_000
_MOST_ELEMENTS = 1_500_000
_DEEPEST = 2_000
_TAG = re.compile(r"<(/?)([A-Za-z_][\w:.-]{0,80})((?:\s[^<>]*)?)>")
_EMPTY = {
    "br",
    "hr",
    "img",
    "input",
    "link",
    "meta",
    "area",
    "base",
    "col",
    "embed",
    "source",
    "track",
    "wbr",
    "p",
    "li",
}


def feed_text(text: str, place: str, url: str | None) -> str | Finding:
    """The XML of a feed without what stands before its root, or why there is none."""
    feed = _FEED_ROOT.search(text)
    if _ENTITY.search(text, 0, feed.start() if feed else len(text)):
        what = "the feed declares entities, which can be an attack; ask its publisher for one without a DOCTYPE"
        return _refused("entities-declared", place, what)
    start = _root(text)
    if start is None and (found := _FEED_START.search(text, 0, _JUNK)) and not _looks_like_html(text[: found.start()]):
        text = text[found.start() :]
        start = _root(text)
    if start is None:
        return _refused("not-a-feed", place, _no_xml(text))
    name = _NAME.match(text, start)
    root = name[1].lower() if name else ""
    if root not in _FEEDS:
        later = None if _looks_like_html(text[:_JUNK]) else _FEED_START.search(text, start + 1, start + _JUNK)
        if later:  # a program's warnings before the feed
            return feed_text(text[later.start() :], place, url)
        return _no_feed(text, root, place, url)
    if _EXPORT.search(text, start, start + _JUNK):  # it holds drafts and private pages, too
        mend = "this is an export of WordPress, not a feed; give it as a source of that kind"
        return _refused("wordpress-export", place, mend)
    if text.count("<") > _MOST_ELEMENTS:
        return _refused("too-many-elements", place, "the feed has more elements than any feed needs; check the address")
    return text[start:]


def is_too_deep(text: str) -> bool:
    """Whether tags stand in each other deeper than any text needs; reckoned by the tags alone."""
    depth = 0
    for closing, name, rest in _TAG.findall(text):
        if name.lower() not in _EMPTY and not rest.endswith("/"):
            depth = max(0, depth - 1) if closing else depth + 1
        if depth > _DEEPEST:
            return True
    return False


def _root(text: str) -> int | None:
    """Where the root element begins, behind white space, declarations, comments and a DOCTYPE; None without one."""
    at = 0
    while at < len(text):
        if text.startswith("<!--", at):
            at = text.find("-->", at) + 3
        elif text[at : at + 9].upper() == "<!DOCTYPE":
            at = _doctype_end(text, at)
        elif skipped := _PROLOG.match(text, at):
            at = skipped.end()
        else:
            return at if _NAME.match(text, at) else None
        if at <= 2:  # what was opened is never closed
            return None
    return None


def _doctype_end(text: str, start: int) -> int:
    """Behind a DOCTYPE and its internal subset, if it has one; 0 where it does not end."""
    bracket, close = text.find("[", start, start + 1000), text.find(">", start)
    if 0 <= bracket < close:
        end = re.compile(r"\]\s*>").search(text, bracket)
        return end.end() if end else 0
    return close + 1


def _looks_like_html(text: str) -> bool:
    return bool(re.search(r"<(?:!doctype\s+html|html|head|body)\b", text, re.I))


def _no_xml(text: str) -> str:
    if "\ufffd" in text[:1000] or text[:2] in ("PK", "%P"):
        return "this is no text; check that the address is that of a feed"
    said = clean.shortened(clean.line(text[:200]), 60)
    return f'this is no feed: it begins "{said}"; open the address in a browser, and give that of the feed'


def _no_feed(text: str, root: str, place: str, url: str | None) -> Finding:
    if root in ("urlset", "sitemapindex"):
        mend = "this is a sitemap, which lists pages without their texts; give the address of the site's feed"
        return _refused("sitemap", place, mend)
    if root == "opml":
        return _refused("opml", place, "this is a list of feeds (OPML); give the address of one of the feeds in it")
    if root == "html" or _looks_like_html(text[:_JUNK]):
        return _page(text, place, url)
    return _refused("not-a-feed", place, f"this is XML, but no feed (its root is <{root}>); give the feed's address")


def _page(text: str, place: str, url: str | None) -> Finding:
    feeds = [address for _, address in zip(range(3), _alternates(text[:_HEAD], url), strict=False)]
    if feeds:
        which = "this feed which it names" if len(feeds) == 1 else "one of the feeds that it names"
        return _refused("html-page", place, f"this is a web page, not a feed; give {which}: {', '.join(feeds)}")
    if re.search(r"<input\b[^<>]{0,300}type\s*=\s*[\"']?password", text, re.I):
        mend = "this is a login page; ask for an address of the feed that needs no login"
        return _refused("login-page", place, mend)
    return _refused("html-page", place, "this is a web page that names no feed; give the address of the feed itself")


def _alternates(text: str, url: str | None) -> Iterator[str]:
    """The feeds that a page names in its head (RSS autodiscovery), in page order, each once."""
    seen = set()
    for tag in _LINK.findall(text):
        said = {name.lower(): unescape(a or b or c) for name, a, b, c in _ATTRIBUTE.findall(tag)}
        if "alternate" not in said.get("rel", "").lower().split() or said.get("type", "").lower() not in _FEED_TYPES:
            continue
        try:
            address = clean.web_address(urljoin(url or "", said.get("href", "")))
        except ValueError:
            continue
        if address and address not in seen:
            seen.add(address)
            yield address


def _refused(code: str, place: str, mend: str) -> Finding:
    return Finding(code=code, severity="error", place=place, mend=mend)
