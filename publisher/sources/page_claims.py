"""What a page claims of itself for machines: JSON-LD, Open Graph, meta tags, microdata and RDFa in, one record out.

Nothing is believed here: which claim is true is judged by `page_head`, with the page that people see.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from itertools import chain
from typing import Any

from publisher.records import headline_key
from publisher.sources import clean, page_ld as ld
from publisher.sources.page_ld import Node
from publisher.sources.page_tree import Element, Page, text_of

_HEADLINES = (
    "og:title",
    "twitter:title",
    "dc.title",
    "dcterms.title",
    "citation_title",
    "parsely-title",
    "sailthru.title",
)
_PUBLISHED = (
    *("article:published_time", "og:article:published_time", "article:published", "citation_publication_date"),
    *("citation_date", "parsely-pub-date", "sailthru.date", "dcterms.issued", "dcterms.created", "dcterms.date"),
    *(
        "dc.date.issued",
        "dc.date",
        "datepublished",
        "publish-date",
        "publishdate",
        "pubdate",
        "publication_date",
        "date",
    ),
)
_UPDATED = (
    "article:modified_time",
    "og:updated_time",
    "dcterms.modified",
    "dc.date.modified",
    "last-modified",
    "datemodified",
)
_AUTHORS = (
    "article:author",
    "author",
    "citation_author",
    "parsely-author",
    "sailthru.author",
    "dc.creator",
    "dcterms.creator",
)
_TAGS = ("article:tag", "parsely-tags", "sailthru.tags", "dcterms.subject", "dc.subject", "citation_keywords")
_NOT_AN_ARTICLE = frozenset({"webpage", "itempage"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Claims:
    """Claims by kind, the most trusted first. `types` are the schema.org types met, in small letters."""

    types: frozenset[str] = frozenset()
    articles: int = 0
    article: Node = field(default_factory=dict)
    meta: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    titles: tuple[str, ...] = ()
    title: str | None = None
    sites: frozenset[str] = frozenset()
    published: tuple[str, ...] = ()
    updated: tuple[str, ...] = ()
    authors: tuple[str, ...] = ()
    sections: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    keywords: tuple[str, ...] = ()
    descriptions: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    items: tuple[Node, ...] = ()
    broken: bool = False

    @property
    def is_article(self) -> bool:
        """Whether the page says for machines that it is one article."""
        said = self.article and not ld.types_of(self.article) <= _NOT_AN_ARTICLE
        return bool(said) or "article" in (value.casefold() for value in self.meta.get("og:type", ()))


def read(page: Page) -> Claims:
    """meta | JSON-LD | microdata -> Claims."""
    nodes, broken = ld.nodes_of(page.scripts)
    meta = _meta(page.root)
    article, count = _article(nodes, page)
    props = _props(page.root)
    title = next((text_of(element) for element in page.root.iter("title")), None)
    first = _firsts(meta)
    return Claims(
        types=frozenset(chain.from_iterable(map(ld.types_of, nodes))) | _item_types(page.root),
        articles=count,
        article=article,
        meta=meta,
        titles=_said(
            (ld.words(article.get("headline")),), props["headline"], first(_HEADLINES), (ld.words(article.get("name")),)
        ),
        title=title or None,
        sites=_sites(nodes, meta, article),
        published=_said((ld.words(article.get("datePublished")),), first(_PUBLISHED), props["datepublished"]),
        updated=_said((ld.words(article.get("dateModified")),), first(_UPDATED), props["datemodified"]),
        authors=_said(ld.all_words(article.get("author") or article.get("creator")), first(_AUTHORS), props["author"]),
        sections=_said(ld.all_words(article.get("articleSection")), first(("article:section", "parsely-section"))),
        tags=_said(first(_TAGS)),
        keywords=_said(ld.all_words(article.get("keywords")), first(("news_keywords", "keywords"))),
        descriptions=_said(
            first(("og:description", "description", "twitter:description", "dcterms.description")),
            (ld.words(article.get("description")),),
        ),
        languages=_languages(page.root, meta, article),
        items=_items(nodes),
        broken=broken,
    )


def _said(*groups: Iterable[str | None]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(value for value in chain(*groups) if value))


def _meta(root: Element) -> dict[str, tuple[str, ...]]:
    found: dict[str, list[str]] = {}
    for element in root.iter("meta"):
        name = element.get("property") or element.get("name") or element.get("itemprop") or element.get("http-equiv")
        # Some systems write `value` for `content`, on every page and for years; of keywords theirs are no topics.
        misnamed = element.get("value") if name and name.lower().startswith(("og:", "description")) else None
        value = clean.line((element.get("content") or misnamed or "")[:5000])
        if name and value:
            found.setdefault(name.strip().lower(), []).append(value)
    return {name: tuple(values[:50]) for name, values in found.items()}


def _firsts(meta: Mapping[str, tuple[str, ...]]) -> Any:
    return lambda names: tuple(chain.from_iterable(meta.get(name, ()) for name in names))


def _props(root: Element) -> dict[str, list[str]]:
    """Microdata and RDFa (and hAtom's author) of the page outside its head; the first of each kind."""
    wanted = {"headline", "datepublished", "datemodified", "author"}
    found: dict[str, list[str]] = {name: [] for name in wanted}
    for element in root.iter():
        said = f"{element.get('itemprop') or ''} {element.get('property') or ''}".lower()
        if not said.strip() or (
            element.tag == "meta" and element.getparent() is not None and element.getparent().tag == "head"
        ):
            continue
        for name in (part.split(":")[-1] for part in said.split()):
            if name in wanted and len(found[name]) < 5:
                value = element.get("content") or element.get("datetime") or text_of(element)[:300]
                found[name].append(clean.line(value))
    return found


def _item_types(root: Element) -> frozenset[str]:
    said = (element.get("itemtype") or element.get("typeof") or "" for element in root.iter())
    return frozenset(
        one.rstrip("/").split("/")[-1].split(":")[-1].lower() for value in said if value for one in value.split()
    )


def _article(nodes: list[Node], page: Page) -> tuple[Node, int]:
    """The node that speaks of this page's article, and how many articles the page speaks of."""
    found = [node for node in nodes if ld.types_of(node) & ld.ARTICLES and (node.get("headline") or node.get("name"))]
    if not found:
        plain = [n for n in nodes if ld.types_of(n) == {"webpage"} and (n.get("datePublished") or n.get("headline"))]
        return (plain[0] if plain else {}), 0
    own = page.url or page.base
    for node in found:
        address = page.address(ld.link(node.get("mainEntityOfPage")) or ld.link(node.get("url")))
        if own and address and address.rstrip("/") == own.split("#")[0].rstrip("/"):
            return node, len(found)
    # One wrapped in the other (a MedicalWebPage and its Article) is one; three side by side are a list.
    return (found[0] if len(found) < 3 else {}), len(found)


def _sites(nodes: list[Node], meta: Mapping[str, tuple[str, ...]], article: Node) -> frozenset[str]:
    names = [*meta.get("og:site_name", ()), *meta.get("application-name", ()), *meta.get("sitename", ())]
    names += [said for node in nodes if "website" in ld.types_of(node) and (said := ld.words(node.get("name")))]
    names += ld.all_words(article.get("publisher"))
    return frozenset(headline_key(name) for name in names)


def _languages(root: Element, meta: Mapping[str, tuple[str, ...]], article: Node) -> tuple[str, ...]:
    own = next((element.get("lang") for element in root.iter("article") if element.get("lang")), None)
    return _said(
        (own, root.get("lang"), root.get("{http://www.w3.org/XML/1998/namespace}lang"), root.get("xml:lang")),
        (ld.words(article.get("inLanguage")),),
        meta.get("og:locale", ()),
        meta.get("content-language", ()),
        meta.get("dcterms.language", ()),
    )


def _items(nodes: list[Node]) -> tuple[Node, ...]:
    """What an ItemList or a Blog lists, as nodes; a list of headings (BreadcrumbList) is none."""
    listed: list[Any] = []
    for node in nodes:
        types = ld.types_of(node)
        if "itemlist" in types:
            listed += _many(node.get("itemListElement"))
        elif types & {"blog", "collectionpage"}:
            listed += _many(node.get("blogPost"))
    items = (one.get("item") if isinstance(one.get("item"), dict) else one for one in listed if isinstance(one, dict))
    return tuple(item for item in items if isinstance(item, dict))[:100]


def _many(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
