"""RSS 1.0: its channel, its list of items, and the items that stand beside it. The structure only."""

from collections.abc import Iterator

from publisher.feeds.lint import addresses, html
from publisher.feeds.lint.elements import Context, Element, attribute, label, name, text
from publisher.feeds.lint.extensions import extensions
from publisher.feeds.lint.plain import titled
from publisher.feeds.lint.rules import at, found
from publisher.feeds.lint.vocabulary import CONTENT, RDF, RSS1
from publisher.records import Finding

_ABOUT = f"{{{RDF}}}about"


def rdf(root: Element, context: Context) -> Iterator[Finding]:
    channel = root.find(f"{{{RSS1}}}channel")
    if channel is None:
        mend = f"there is no channel in the namespace {RSS1}; add one, or better publish RSS 2.0"
        yield found("channel-missing", "document", mend)
        return
    items = root.findall(f"{{{RSS1}}}item")
    yield from _parts(channel, "channel", ("title", "link", "description"), context)
    yield from _list(channel, items)
    for number, item in enumerate(items, 1):
        place = label("item", number, text(item.find(f"{{{RSS1}}}title")))
        yield from _parts(item, place, ("title", "link"), context)
        for tag in (f"{{{RSS1}}}description", f"{{{CONTENT}}}encoded"):
            body = item.find(tag)
            yield from at(f"{place} {tag.rpartition('}')[2]}", html.read(text(body)).flaws if body is not None else ())
        yield from extensions(item, "rdf", place, context)


def _parts(parent: Element, place: str, needed: tuple[str, ...], context: Context) -> Iterator[Finding]:
    about = attribute(parent, _ABOUT)
    if about is None:
        yield found("id-missing", f"{place} rdf:about", "there is no rdf:about; give the address it is known by")
    else:
        yield from at(f"{place} rdf:about", addresses.address(about))
    for tag in needed:
        child = parent.find(f"{{{RSS1}}}{tag}")
        if child is None:
            yield found(f"{tag}-missing", f"{place} {tag}", f"there is no <{tag}>, which RSS 1.0 demands; add it")
        elif tag == "link":
            yield from at(f"{place} link", addresses.web_address(text(child)))
        elif tag == "title":
            yield from titled(child, f"{place} title", context)


def _list(channel: Element, items: list[Element]) -> Iterator[Finding]:
    """The channel's list and the items must name each other."""
    listed = {
        attribute(node, f"{{{RDF}}}resource") or attribute(node, "resource")
        for node in channel.iter(f"{{{RDF}}}li")
        if name(node)[1] == "li"
    }
    if channel.find(f"{{{RSS1}}}items") is None:
        yield found("channel-missing", "channel items", "the channel has no list of its items; add <items>")
    elif listed != {attribute(item, _ABOUT) for item in items}:
        mend = "the channel's list and the items do not name each other; make them equal"
        yield found("channel-missing", "channel items", mend)
