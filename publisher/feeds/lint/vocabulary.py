"""Which elements, attributes and namespaces a feed may have, as far as the W3C validator knows them.

Facts only; `elements` compares with them. A namespace with an empty prefix is one the validator has heard of and
cannot check.
"""

from typing import Literal

from publisher.feeds.lint.names import names

ATOM = "http://www.w3.org/2005/Atom"
CONTENT = "http://purl.org/rss/1.0/modules/content/"
DC = "http://purl.org/dc/elements/1.1/"
DCTERMS = "http://purl.org/dc/terms/"
HISTORY = "http://purl.org/syndication/history/1.0"
MEDIA = "http://search.yahoo.com/mrss/"
RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
RSS1 = "http://purl.org/rss/1.0/"
SYNDICATION = "http://purl.org/rss/1.0/modules/syndication/"
TOMBSTONES = "http://purl.org/atompub/tombstones/1.0"
XHTML = "http://www.w3.org/1999/xhtml"
XML = "http://www.w3.org/XML/1998/namespace"

KNOWN_NAMESPACES = {
    ATOM: "atom",
    CONTENT: "content",
    DC: "dc",
    DCTERMS: "dcterms",
    HISTORY: "fh",
    MEDIA: "media",
    RDF: "rdf",
    RSS1: "rss1",
    # The draft of Atom: its rule says more.
    "http://purl.org/atom/ns#": "atom03",
    SYNDICATION: "sy",
    # The validator does not know tombstones and warns; they are a standard, and what was withdrawn must go.
    TOMBSTONES: "at",
    XHTML: "xhtml",
    XML: "xml",
    "http://a9.com/-/spec/opensearch/1.1/": "opensearch",
    "http://a9.com/-/spec/opensearchrss/1.0/": "opensearch10",
    "http://backend.userland.com/blogChannelModule": "blogChannel",
    "http://backend.userland.com/creativeCommonsRssModule": "creativeCommons",
    "http://base.google.com/ns/1.0": "g",
    "http://madskills.com/public/xml/rss/module/trackback/": "trackback",
    "http://purl.org/rss/1.0/modules/event/": "ev",
    "http://purl.org/rss/1.0/modules/aggregation/": "ag",
    "http://purl.org/rss/1.0/modules/annotate/": "annotate",
    "http://purl.org/rss/1.0/modules/company": "company",
    "http://purl.org/rss/1.0/modules/image/": "image",
    "http://purl.org/rss/1.0/modules/link/": "l",
    "http://purl.org/rss/1.0/modules/reference/": "ref",
    "http://purl.org/rss/1.0/modules/search/": "search",
    "http://purl.org/rss/1.0/modules/slash/": "slash",
    "http://purl.org/rss/1.0/modules/subscription/": "sub",
    "http://purl.org/rss/1.0/modules/wiki/": "wiki",
    "http://feedsync.org/2007/feedsync": "sx",
    "http://geourl.org/rss/module/": "geourl",
    "http://openid.net/xmlns/1.0": "openid",
    "http://postneo.com/icbm": "icbm",
    "http://purl.org/rss/1.0/modules/taxonomy/": "taxo",
    "http://purl.org/rss/1.0/modules/threading/": "thr",
    "http://purl.org/syndication/thread/1.0": "thr",
    "http://rssnamespace.org/feedburner/ext/1.0": "feedburner",
    "http://web.resource.org/cc/": "cc",
    "http://webns.net/mvcb/": "admin",
    "http://wellformedweb.org/CommentAPI/": "wfw",
    "http://www.bloglines.com/about/specs/fac-1.0": "access",
    "http://www.georss.org/georss": "georss",
    "http://www.itunes.com/dtds/podcast-1.0.dtd": "itunes",
    "http://www.microsoft.com/schemas/rss/core/2005": "cf",
    "http://www.opengis.net/gml": "gml",
    "http://www.opml.org/spec2": "opml",
    "http://www.w3.org/1998/Math/MathML": "mathml",
    "http://www.w3.org/1999/xlink": "xlink",
    "http://www.w3.org/2000/01/rdf-schema#": "rdfs",
    "http://www.w3.org/2000/svg": "svg",
    "http://www.w3.org/2003/01/geo/wgs84_pos#": "geo",
    "http://www.w3.org/2007/app": "app",
    "http://xmlns.com/foaf/0.1/": "foaf",
    "urn:atom-extension:indexing": "indexing",
    # Reported by its own rule, as a slip of the pen.
    "http://search.yahoo.com/mrss": "media",
    # Heard of, not checked.
    "http://schema.org/": "",
    "https://schema.org/": "",
    "http://schemas.google.com/g/2005": "",
    "http://www.rawvoice.com/rawvoiceRssModule/": "",
    "https://podcastindex.org/namespace/1.0": "",
}
PREFIXES = frozenset(prefix for prefix in KNOWN_NAMESPACES.values() if prefix)

RSS_CHANNEL = names(
    "title link description language copyright managingEditor webMaster pubDate lastBuildDate category generator docs "
    "cloud ttl image rating textInput skipHours skipDays item"
)
RSS_ITEM = names("title link description author category comments enclosure guid pubDate source")
RSS_ATTRIBUTES = {
    "category": ("domain",),
    "cloud": ("domain", "port", "path", "registerProcedure", "protocol"),
    "enclosure": ("url", "length", "type"),
    "guid": ("isPermaLink",),
    "source": ("url",),
}
ATOM_META = names("author category contributor generator icon id link logo rights subtitle title updated")
ATOM_FEED = ATOM_META | {"entry"}
ATOM_ENTRY = names("author category content contributor id link published rights source summary title updated")
ATOM_PERSON = frozenset({"name", "uri", "email"})
ATOM_REPEATABLE = frozenset({"author", "category", "contributor", "link", "entry"})
ATOM_TEXTS = frozenset({"title", "subtitle", "rights", "summary"})
ATOM_ATTRIBUTES = {
    "category": ("term", "scheme", "label"),
    "content": ("type", "src"),
    "generator": ("uri", "version"),
    "link": ("href", "rel", "type", "hreflang", "title", "length"),
    **dict.fromkeys(ATOM_TEXTS, ("type",)),
}

_DC = names(
    "title creator subject description publisher contributor date type format identifier source language relation "
    "coverage rights"
)
_MEDIA_EVERYWHERE = names(
    "adult category copyright credit description keywords hash player rating restriction text title thumbnail"
)
_CHANNEL = {
    "admin": frozenset({"generatorAgent", "errorReportsTo"}),
    "atom": names("author category contributor generator id icon link logo title subtitle rights updated"),
    "blogChannel": frozenset({"blogRoll", "mySubscriptions", "blink", "changes"}),
    "fh": frozenset({"archive", "complete"}),
    "media": _MEDIA_EVERYWHERE,
    "opensearch": frozenset({"totalResults", "startIndex", "itemsPerPage", "Query"}),
    "sy": frozenset({"updatePeriod", "updateFrequency", "updateBase"}),
    "xhtml": frozenset({"div", "meta"}),
}
_ITEM = {
    "atom": names("id link title summary author contributor content published updated"),
    "content": frozenset({"encoded", "items"}),
    "media": _MEDIA_EVERYWHERE | {"content", "group"},
    "slash": frozenset({"comments", "section", "department", "hit_parade"}),
    "thr": frozenset({"total", "in-reply-to"}),
    "trackback": frozenset({"ping", "about"}),
    "wfw": frozenset({"comment", "commentRss"}),
    "xhtml": frozenset({"body"}),
}
_ENTRY = {**_ITEM, "content": frozenset[str](), "xhtml": frozenset[str](), "app": frozenset({"edited", "control"})}
_ATOM_ALL = ATOM_FEED | ATOM_ENTRY
# Vocabularies that are listed here by place; all others the validator knows are taken as they are.
_BY_PLACE = frozenset({"dc", *_CHANNEL, *_ITEM})
_PLACES = {"channel": _CHANNEL, "feed": {**_CHANNEL, "atom": frozenset[str]()}, "item": _ITEM, "entry": _ENTRY}


def extension_is_known(prefix: str, local: str, where: str) -> Literal["yes", "no", "elsewhere"]:
    """Whether the validator knows an element of a known vocabulary in a channel, feed, item or entry."""
    if prefix not in _BY_PLACE or prefix == "":
        return "yes"
    if prefix == "dc":
        # Qualified Dublin Core, dc:date.created, was common once.
        return "yes" if local.partition(".")[0] in _DC else "no"
    if where not in _PLACES or local in _PLACES[where].get(prefix, ()):
        return "yes"
    return "elsewhere" if prefix == "atom" and local in _ATOM_ALL else "no"
