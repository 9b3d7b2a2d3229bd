"""Names of a feed's elements: a namespace in, in whichever of its spellings, a short fixed prefix out.

RSS without a namespace, with one of its own, and Atom (RFC 4287 and 0.3) all have names without a prefix: what differs
between them the elements themselves show.
"""

from functools import lru_cache

ADDRESSES = {
    "atom": "http://www.w3.org/2005/Atom",
    "content": "http://purl.org/rss/1.0/modules/content/",
    "dc": "http://purl.org/dc/elements/1.1/",
    "dcterms": "http://purl.org/dc/terms/",
    "media": "http://search.yahoo.com/mrss/",
    "itunes": "http://www.itunes.com/dtds/podcast-1.0.dtd",
    "feedburner": "http://rssnamespace.org/feedburner/ext/1.0",
    "at": "http://purl.org/atompub/tombstones/1.0",
    "xhtml": "http://www.w3.org/1999/xhtml",
    "rdf": "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
    "xml": "http://www.w3.org/XML/1998/namespace",
    "sy": "http://purl.org/rss/1.0/modules/syndication/",
    "slash": "http://purl.org/rss/1.0/modules/slash/",
    "wfw": "http://wellformedweb.org/CommentAPI/",
    "thr": "http://purl.org/syndication/thread/1.0",
    "georss": "http://www.georss.org/georss",
    "fh": "http://purl.org/syndication/history/1.0",
}
"""The namespaces that feeds forget to declare, by the prefix that everybody uses for them."""

_SPELLINGS = {
    "http://purl.org/atom/ns": "",
    "http://www.w3.org/2005/atom": "",
    "http://purl.org/rss/1.0": "",
    "http://purl.org/net/rss1.1": "",
    "http://my.netscape.com/rdf/simple/0.9": "",
    "http://channel.netscape.com/rdf/simple/0.9": "",
    "http://backend.userland.com/rss": "",
    "http://backend.userland.com/rss2": "",
    "http://backend.userland.com/rss091": "",
    "http://blogs.law.harvard.edu/tech/rss": "",
    "http://my.netscape.com/publish/formats/rss-0.91.dtd": "",
    "http://video.search.yahoo.com/mrss": "media",
    "http://www.rssboard.org/media-rss": "media",
    "http://www.itunes.com/dtds/podcast-1.0.dtd": "itunes",
    "http://purl.org/dc/elements/1.0": "dc",
}


def _plain(address: str) -> str:
    return address.strip().rstrip("/#").lower().replace("https://", "http://", 1)


_PREFIXES = {_plain(address): "" if prefix == "atom" else prefix for prefix, address in ADDRESSES.items()} | _SPELLINGS


@lru_cache(maxsize=4096)
def short(tag: str) -> str:
    """`{http://purl.org/dc/elements/1.1/}creator` as `dc:creator`; an unknown namespace as `?:name`."""
    if not tag.startswith("{"):
        return tag
    address, _, name = tag[1:].partition("}")
    prefix = _PREFIXES.get(_plain(address), "?")
    return f"{prefix}:{name}" if prefix else name
