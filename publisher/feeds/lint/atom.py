"""Atom 1.0 (RFC 4287): the elements of a feed and of its entries, one by one.

Comes in: the root. Goes out: findings in the order of the document. Texts and contents are looked at in `constructs`,
links in `links`; what all formats share is left to `entries`.
"""

from collections.abc import Iterator

from publisher.feeds.lint import addresses, dates
from publisher.feeds.lint.constructs import content, text_construct
from publisher.feeds.lint.elements import (
    Context,
    Element,
    Family,
    attribute,
    based,
    children,
    family,
    label,
    language,
    name,
    text,
)
from publisher.feeds.lint.extensions import extensions
from publisher.feeds.lint.links import link, relation
from publisher.feeds.lint.plain import plain
from publisher.feeds.lint.rules import at, found, shown
from publisher.feeds.lint.vocabulary import (
    ATOM,
    ATOM_ATTRIBUTES,
    ATOM_ENTRY,
    ATOM_FEED,
    ATOM_META,
    ATOM_PERSON,
    ATOM_REPEATABLE,
    ATOM_TEXTS,
)
from publisher.records import Finding

_FEED, _ENTRY, _SOURCE, _PERSON = (
    Family(
        namespace=ATOM,
        where=where,
        known=known,
        repeatable=ATOM_REPEATABLE,
        attributes=ATOM_ATTRIBUTES,
        # Texts and links have rules of their own for what stands in them.
        holders=ATOM_TEXTS | {"entry", "author", "contributor", "source", "content", "link"},
        empty=frozenset({"category"}),
    )
    for where, known in (("feed", ATOM_FEED), ("entry", ATOM_ENTRY), ("source", ATOM_META), ("person", ATOM_PERSON))
)


def atom(root: Element, context: Context) -> Iterator[Finding]:
    for key in root.attrib:
        if "}" not in str(key):
            mend = f"<feed> has no attribute {shown(str(key))}; leave it out"
            yield found("attribute-unknown", "feed", mend)
    yield from family(root, _FEED, "feed")
    yield from _needed(root, "feed")
    yield from _order(root)
    yield from _elements(root, "feed", "feed", context)
    yield from _alternates(root, "feed")
    yield from extensions(root, "feed", "feed", context)
    inherited = root.find(_atom("author")) is not None
    entries = root.findall(_atom("entry"))
    if not entries and not inherited:
        yield found("author-missing", "feed author", "a feed without entries needs an author of its own; add one")
    yield from _same_updates(entries)
    for number, entry in enumerate(entries, 1):
        place = label("entry", number, text(entry.find(_atom("title"))))
        yield from _entry(entry, place, context, inherited)


def _entry(entry: Element, place: str, context: Context, inherited: bool) -> Iterator[Finding]:
    yield from family(entry, _ENTRY, place)
    yield from _needed(entry, place)
    if (
        not inherited
        and entry.find(_atom("author")) is None
        and entry.find(f"{_atom('source')}/{_atom('author')}") is None
    ):
        mend = "neither the entry nor the feed names an author; add <author><name>…</name></author> to the feed"
        yield found("author-missing", f"{place} author", mend)
    yield from _elements(entry, "entry", place, context)
    yield from _substance(entry, place)
    yield from _alternates(entry, place)
    yield from extensions(entry, "entry", place, context)


def _needed(parent: Element, place: str) -> Iterator[Finding]:
    for tag in ("title", "id", "updated"):
        if parent.find(_atom(tag)) is None:
            yield found(f"{tag}-missing", f"{place} {tag}", f"there is no <{tag}>, which Atom demands; add it")


def _order(root: Element) -> Iterator[Finding]:
    entered = False
    for child in children(root):
        namespace, local = name(child)
        entered = entered or local == "entry"
        if entered and namespace == ATOM and local in ATOM_META:
            yield found(
                "entry-before-metadata", f"feed {local}", f"<{local}> stands after entries; put it before the first"
            )
            return


def _elements(parent: Element, where: str, place: str, context: Context) -> Iterator[Finding]:
    for child in children(parent):
        namespace, local = name(child)
        here = f"{place} {local}"
        if namespace != ATOM:
            continue
        if local == "link":
            yield from link(child, where, place, context)
        elif local in ATOM_TEXTS:
            yield from language(child, here)
            yield from text_construct(child, here)
        elif local == "content":
            yield from language(child, here)
            yield from content(child, here)
        elif local in ("author", "contributor"):
            yield from _person(child, here)
        elif local == "source":
            yield from _source(child, here, context)
        else:
            yield from _value(child, local, here, context)


def _value(element: Element, local: str, place: str, context: Context) -> Iterator[Finding]:
    """The elements that hold one plain value."""
    if local in ("id", "updated", "published", "icon", "logo"):
        yield from _whitespace(element, place)
    if local == "id":
        yield from at(place, addresses.identifier(text(element)))
    elif local in ("updated", "published"):
        yield from at(place, dates.rfc3339(text(element), context.now).flaws)
    elif local in ("icon", "logo"):
        yield from at(place, () if based(element) else addresses.address(text(element), international=True))
    elif local == "category":
        yield from _category(element, place)
    elif local == "generator":
        if not text(element):
            yield found("element-empty", place, "the generator is empty; name the program or leave it out")
        if uri := attribute(element, "uri"):
            yield from at(place, addresses.address(uri, international=True))


def _whitespace(element: Element, place: str) -> Iterator[Finding]:
    raw = element.text or ""
    if raw != raw.strip():
        mend = "space stands around the value, which is compared letter by letter; take it out"
        yield found("whitespace", place, mend)


def _category(element: Element, place: str) -> Iterator[Finding]:
    term = attribute(element, "term")
    if term is None:
        yield found("attribute-missing", place, "the category has no term; add the topic's short name")
    elif not term.strip():
        yield found("attribute-empty", place, "the category's term is empty; name the topic or leave it out")
    if (scheme := attribute(element, "scheme")) is not None:
        yield from at(place, addresses.address(scheme, international=True))
    yield from at(place, plain(attribute(element, "label") or ""))


def _person(person: Element, place: str) -> Iterator[Finding]:
    yield from family(person, _PERSON, place)
    named, uri, mail = (person.find(_atom(tag)) for tag in ("name", "uri", "email"))
    if named is None:
        yield found("title-missing", f"{place} name", "a person has no name; add <name>")
    elif not text(named):
        yield found("element-empty", f"{place} name", "the name is empty; give it, or leave the person out")
    elif addresses.holds_mail(text(named)):
        yield found(
            "mail-in-name", f"{place} name", "a mail address stands in the name; leave it out, robots collect them"
        )
    yield from at(f"{place} name", plain(text(named)))
    if uri is not None:
        yield from _whitespace(uri, f"{place} uri")
        yield from at(f"{place} uri", () if based(uri) else addresses.address(text(uri), international=True))
    if mail is not None:
        yield from at(f"{place} email", addresses.mail(text(mail)))


def _source(source: Element, place: str, context: Context) -> Iterator[Finding]:
    """The feed an entry was taken over from; it should say which, and when it was seen."""
    yield from family(source, _SOURCE, place)
    missing = [tag for tag in ("id", "title", "updated") if source.find(_atom(tag)) is None]
    if missing:
        mend = f"the source lacks {' and '.join(missing)}; copy them from the feed the entry came from"
        yield found("source-incomplete", place, mend)
    yield from _elements(source, "source", place, context)


def _substance(entry: Element, place: str) -> Iterator[Finding]:
    body, summary = entry.find(_atom("content")), entry.find(_atom("summary"))
    if body is None:
        if not any(relation(one) == "alternate" for one in entry.findall(_atom("link"))):
            mend = "there is neither content nor a link to a page with it; add one of them"
            yield found("content-missing", place, mend)
        if summary is None:
            mend = "there is neither content nor summary; readers show a headline only: add one of them"
            yield found("content-empty", place, mend)
        return
    kind = (attribute(body, "type") or "").lower()
    binary = "/" in kind and not kind.startswith("text/") and not kind.endswith(("+xml", "/xml"))
    if summary is None and (attribute(body, "src") is not None or binary):
        mend = "the content lies elsewhere or is no text; add a summary for readers that cannot show it"
        yield found("summary-missing", f"{place} summary", mend)


def _alternates(parent: Element, place: str) -> Iterator[Finding]:
    """An entry of a feed may have several pages only if they differ in type or language."""
    seen = set()
    for one in parent.findall(_atom("link")):
        key = ((attribute(one, "type") or "").lower(), (attribute(one, "hreflang") or "").lower())
        if relation(one) != "alternate":
            continue
        if key in seen:
            mend = (
                "there are two alternate links of the same type and language; keep one, mark attachments rel=enclosure"
            )
            yield found("alternate-duplicate", f"{place} link", mend)
        seen.add(key)


def _same_updates(entries: list[Element]) -> Iterator[Finding]:
    """The validator compares the written dates: entries of one moment have no order among themselves."""
    seen: set[str] = set()
    for number, entry in enumerate(entries, 1):
        updated = text(entry.find(_atom("updated")))
        if updated and updated in seen:
            place = label("entry", number, text(entry.find(_atom("title"))))
            mend = (
                "another entry has the same date of change; set them apart by a second, so that they keep their order"
            )
            yield found("updated-duplicate", f"{place} updated", mend)
        seen.add(updated)


def _atom(local: str) -> str:
    return f"{{{ATOM}}}{local}"
