"""Small ways through an XML tree, and the checks that any family of elements gets: known, single, in place.

Which children and attributes are known stands in `vocabulary`; here it is only compared.
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias

from lxml import etree

from publisher.feeds.lint import addresses
from publisher.feeds.lint.rules import Flaw, at, found, shown
from publisher.feeds.lint.vocabulary import ATOM, KNOWN_NAMESPACES, PREFIXES, XML, extension_is_known
from publisher.records import Finding

Element: TypeAlias = etree._Element

BASE = f"{{{XML}}}base"
LANG = f"{{{XML}}}lang"


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """What all checks of one document are told: the time, and its lines."""

    now: datetime
    lines: tuple[bytes, ...]


def name(element: Element) -> tuple[str, str]:
    """Namespace, empty for none, and local name."""
    namespace, _, local = str(element.tag).rpartition("}")
    return namespace[1:], local


def children(element: Element) -> list[Element]:
    """Elements only; entities and processing instructions are not."""
    return [child for child in element if isinstance(child.tag, str)]


def text(element: Element | None) -> str:
    """All text inside, with the white space around it taken off; empty for no element."""
    if element is None:
        return ""
    return ((element.text or "") if not len(element) else "".join(map(str, element.itertext()))).strip()


def attribute(element: Element, key: str) -> str | None:
    value = element.get(key)
    return None if value is None else str(value)


def based(element: Element) -> bool:
    """Whether an xml:base is in force, so that relative addresses have a meaning."""
    node: Element | None = element
    while node is not None:
        if node.get(BASE) is not None:
            return True
        node = node.getparent()
    return False


def label(kind: str, number: int, title: str) -> str:
    """Where an entry stands, for somebody who knows it by its headline: item 3 "Blood drive on Friday"."""
    return f'{kind} {number} "{shown(title, 60)}"' if title.strip() else f"{kind} {number}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Family:
    """What may stand in an element of the format's own namespace, how often, and what may stand in that in turn.

    `holders` may hold elements; `empty` may hold nothing at all.
    """

    namespace: str
    where: str
    known: frozenset[str]
    repeatable: frozenset[str]
    attributes: Mapping[str, Collection[str]]
    holders: frozenset[str] = frozenset()
    empty: frozenset[str] = frozenset()


def family(parent: Element, rules: Family, place: str) -> Iterator[Finding]:
    """All that can be said of an element's children without knowing what they mean."""
    yield from stray_text(parent, place)
    yield from language(parent, place)
    seen: set[str] = set()
    for child in children(parent):
        namespace, local = name(child)
        yield from _known(child, rules, place)
        single = namespace == rules.namespace and local in rules.known and local not in rules.repeatable
        if single and local in seen:
            yield found("element-duplicate", f"{place} {local}", f"<{local}> stands twice; keep one")
        if single:
            seen.add(local)
        if namespace == rules.namespace and local in rules.known:
            yield from _inside(child, local, rules, f"{place} {local}")


def language(element: Element, place: str) -> Iterator[Finding]:
    tag = attribute(element, LANG)
    return at(f"{place} xml:lang", addresses.language(tag) if tag else ())


def _inside(child: Element, local: str, rules: Family, place: str) -> Iterator[Finding]:
    """Of a child that is no family itself: a text, or nothing."""
    if local in rules.holders:
        return
    yield from language(child, place)
    if local not in rules.empty and children(child):
        yield found("element-unknown", place, f"<{local}> holds words and no tags; escape them or take them out")
    if local in rules.empty and (children(child) or text(child)):
        yield found("text-stray", place, f"<{local}> says everything in its attributes; empty it")


def _known(child: Element, rules: Family, place: str) -> Iterator[Finding]:
    namespace, local = name(child)
    if namespace != rules.namespace:
        yield from _known_extension(namespace, local, rules.where, place)
        return
    if local not in rules.known:
        twin = next((known for known in rules.known if known.lower() == local.lower()), None)
        mend = f"write <{twin}>: capitals count" if twin else "leave it out, or put it in a namespace of its own"
        yield found("element-unknown", f"{place} {shown(local)}", f"there is no <{shown(local)}> here; {mend}")
        return
    for key in child.attrib:
        foreign, _, plain = str(key).rpartition("}")
        if foreign == f"{{{XML}" or (foreign and rules.namespace == ATOM):
            continue
        if foreign and foreign[1:] not in KNOWN_NAMESPACES:
            mend = f"<{local}> does not take {shown(plain)}= from another vocabulary; leave it out"
            yield found("attribute-foreign", f"{place} {local}", mend)
        elif foreign or plain not in rules.attributes.get(local, ()):
            mend = f"<{local}> has no attribute {shown(plain)}; leave it out"
            yield found("attribute-unknown", f"{place} {local}", mend)


def _known_extension(namespace: str, local: str, where: str, place: str) -> Iterator[Finding]:
    prefix = KNOWN_NAMESPACES.get(namespace)
    if not namespace:
        mend = f"<{shown(local)}> is in no namespace; leave it out, or give it the namespace it belongs to"
        yield found("element-unknown", f"{place} {shown(local)}", mend)
    elif prefix is not None and (answer := extension_is_known(prefix, local, where)) != "yes":
        full = f"{prefix}:{shown(local)}"
        code = "element-doubtful" if answer == "elsewhere" else "element-unknown"
        yield found(code, f"{place} {full}", f"<{full}> is not known here; leave it out, or put it where it belongs")


def stray_text(parent: Element, place: str) -> Iterator[Finding]:
    pieces = [parent.text, *(node.tail for node in parent)]
    piece = next((piece for piece in pieces if piece and piece.strip()), None)
    if piece:
        yield found("text-stray", place, f'"{shown(piece.strip(), 40)}" stands between elements; take it out')


def namespaces(root: Element) -> Iterator[Finding]:
    """Every namespace the document declares anywhere, once."""
    walked = etree.iterwalk(root, events=("start-ns",))
    declared = dict.fromkeys((str(prefix), str(uri)) for _, (prefix, uri) in walked)
    for prefix, uri in declared:
        if uri:
            yield from at(f"namespace {shown(prefix)}".strip(), _namespace(prefix, uri, str(root.tag)))


def _namespace(prefix: str, uri: str, root: str) -> Iterator[Flaw]:
    if uri == "http://search.yahoo.com/mrss":
        yield "media-namespace", "the namespace of Media RSS ends with a slash: http://search.yahoo.com/mrss/"
    elif uri not in KNOWN_NAMESPACES:
        yield (
            "namespace-unknown",
            f'the validator does not know "{shown(uri)}" and warns of it; leave it out if no reader needs it',
        )
    elif KNOWN_NAMESPACES[uri] == "":
        yield (
            "namespace-unknown",
            f'the validator warns that it cannot check "{shown(uri)}"; leave it out if no reader needs it',
        )
    if prefix and prefix in PREFIXES and KNOWN_NAMESPACES.get(uri) != prefix:
        yield "namespace-prefix", f"the prefix {prefix}: belongs to another namespace; choose a different one"
    elif prefix and KNOWN_NAMESPACES.get(uri) in ("atom", "xhtml") and root.endswith("}feed"):
        yield "namespace-prefix", f"the prefix {prefix}: confuses some readers of Atom; make this the default namespace"
