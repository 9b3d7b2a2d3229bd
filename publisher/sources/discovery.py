"""What a web page says of itself to programs: the feeds it names, and the API of WordPress. Bytes in, addresses out.

Asking for what is found, and choosing among it, is left to others.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import urljoin

import lxml.html
from lxml import etree

from publisher.sources import clean

_FEEDS = ("application/rss+xml", "application/atom+xml", "application/feed+json", "application/json")
_WORDPRESS = "https://api.w.org/"
_MOST = 20
_HEAD = 400_000
_SITEMAP = re.compile(rb"^\s*sitemap\s*:\s*(\S+)\s*$", re.I | re.M)


@dataclass(frozen=True, slots=True, kw_only=True)
class Named:
    """What a page names: `feeds` in its order, and whether a `wordpress` made it."""

    feeds: tuple[str, ...] = ()
    wordpress: bool = False


def named_by(data: bytes, base: str) -> Named:
    """What the head of an HTML page names; nothing for what is no HTML. `base` is the page's own address."""
    try:
        tree = lxml.html.document_fromstring(data[:_HEAD])
    except (etree.ParserError, ValueError):
        return Named()
    links = list(tree.iter("link"))
    feeds = tuple(dict.fromkeys(_feeds(links, base)))[:_MOST]
    return Named(feeds=feeds, wordpress=any(_WORDPRESS in link.get("rel", "") for link in links))


def _feeds(links: list[lxml.html.HtmlElement], base: str) -> Iterator[str]:
    for link in links:
        is_feed = "alternate" in link.get("rel", "").lower().split() and link.get("type", "").lower() in _FEEDS
        address = clean.web_address(urljoin(base, link.get("href", ""))) if is_feed else None
        if address and "/wp-json/" not in address and "/oembed" not in address:
            yield address


def sitemaps_in(robots: bytes) -> tuple[str, ...]:
    """The sitemaps that a robots.txt names (sitemaps.org, "Submitting your Sitemap")."""
    found = (match.decode("utf-8", "replace") for match in _SITEMAP.findall(robots[:_HEAD]))
    return tuple(dict.fromkeys(address for address in map(clean.web_address, found) if address))[:_MOST]
