"""RSS 0.9x and 2.0: the root and the elements of its channel, one by one.

Comes in: the root. Goes out: findings in the order of the document. Items are looked at in `item`, plain values in
`values`; what all formats share is left to `entries`.
"""

from collections.abc import Iterator, Mapping
from functools import partial

from publisher.feeds.lint import addresses
from publisher.feeds.lint.elements import (
    Context,
    Element,
    Family,
    attribute,
    children,
    family,
    label,
    language,
    name,
    stray_text,
    text,
)
from publisher.feeds.lint.extensions import extensions
from publisher.feeds.lint.item import rss_item
from publisher.feeds.lint.names import names
from publisher.feeds.lint.plain import titled, worded
from publisher.feeds.lint.rules import Flaw, at, found, shown
from publisher.feeds.lint.values import Check, address, category, date, mail, tongue, whole_number
from publisher.feeds.lint.vocabulary import ATOM, RSS_ATTRIBUTES, RSS_CHANNEL
from publisher.records import Finding

_VERSIONS = ("0.91", "0.92", "2.0")
_CHANNEL = Family(
    namespace="",
    where="channel",
    known=RSS_CHANNEL,
    repeatable=frozenset({"item", "category"}),
    attributes=RSS_ATTRIBUTES,
    holders=frozenset({"item", "image", "textInput", "skipHours", "skipDays"}),
    empty=frozenset({"cloud"}),
)
_IMAGE = Family(namespace="", where="image", known=names("url title link width height description"),
                repeatable=frozenset(), attributes={})  # fmt: skip
_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


def rss(root: Element, context: Context) -> Iterator[Finding]:
    version = attribute(root, "version")
    if version not in _VERSIONS:
        mend = f'there is no RSS "{shown(version)}"' if version else "the root has no version"
        yield found("version-unknown", "document", f'{mend}; write <rss version="2.0">')
    yield from at("document", _root_attributes(root))
    yield from stray_text(root, "document")
    yield from language(root, "document")
    channels = root.findall("channel")
    if not channels:
        yield found("channel-missing", "document", "there is no channel; put the feed's elements into one")
    for extra in children(root):
        if extra not in channels[:1]:
            yield found(
                "element-unknown", f"document {shown(name(extra)[1])}", "one channel is all that stands in <rss>"
            )
    if channels:
        yield from _channel(channels[0], context, version or "")


def _root_attributes(root: Element) -> Iterator[Flaw]:
    for key in root.attrib:
        if "}" not in str(key) and key != "version":
            yield "attribute-unknown", f"<rss> has no attribute {shown(str(key))}; leave it out"


def _channel(channel: Element, context: Context, version: str) -> Iterator[Finding]:
    yield from family(channel, _CHANNEL, "channel")
    for tag, code in (("title", "title-missing"), ("link", "link-missing"), ("description", "description-missing")):
        if channel.find(tag) is None:
            yield found(code, f"channel {tag}", f"the channel has no <{tag}>; add it")
    yield from _order(channel)
    for child in children(channel):
        if (check := CHANNEL_CHECKS.get(str(child.tag))) is not None:
            yield from check(child, f"channel {child.tag}", context)
    yield from extensions(channel, "channel", "channel", context)
    for number, item in enumerate(channel.findall("item"), 1):
        yield from rss_item(item, label("item", number, text(item.find("title"))), context, version)


def _order(channel: Element) -> Iterator[Finding]:
    """Readers that stop after the items they know would miss what comes behind."""
    after_items = False
    for child in children(channel):
        namespace, local = name(child)
        after_items = after_items or (namespace, local) == ("", "item")
        metadata = local == "link" if namespace == ATOM else not namespace and local in RSS_CHANNEL - {"item"}
        if after_items and metadata:
            yield found(
                "item-before-metadata", f"channel {local}", f"<{local}> stands after items; put it before the first"
            )
            return


def _outdated_input(element: Element, place: str, context: Context) -> Iterator[Finding]:
    yield found("textinput", place, "no reader shows textInput any more; leave it out")


def _cloud(element: Element, place: str, context: Context) -> Iterator[Finding]:
    missing = [key for key in RSS_ATTRIBUTES["cloud"] if attribute(element, key) is None]
    if missing:
        yield found("cloud-invalid", place, f"{', '.join(missing)} missing; complete the cloud or leave it out")
    elif addresses.number(attribute(element, "port") or "", 1):
        yield found("cloud-invalid", place, "port must be a number of at least 1; correct it or leave the cloud out")


def _image(image: Element, place: str, context: Context) -> Iterator[Finding]:
    yield from family(image, _IMAGE, place)
    for tag in ("url", "title", "link"):
        if not text(image.find(tag)):
            yield found("image-incomplete", f"{place} {tag}", f"the image has no {tag}; add it")
    channel = image.getparent()
    url, link, title = (text(image.find(tag)) for tag in ("url", "link", "title"))
    yield from at(f"{place} url", _picture(url) if url else ())
    yield from at(f"{place} link", addresses.web_address(link) if link else ())
    if channel is not None and link and text(channel.find("link")) not in ("", link):
        yield found(
            "image-link-differs", f"{place} link", "the image leads elsewhere than the channel; give it the same link"
        )
    if channel is not None and title and text(channel.find("title")) not in ("", title):
        yield found("image-title-differs", f"{place} title", "the image's title is not the channel's; make them equal")
    for tag, most in (("width", 144), ("height", 400)):
        value = image.find(tag)
        if value is not None and (addresses.number(text(value), 1) or int(text(value)) > most):
            yield found(
                "image-size", f"{place} {tag}", f"{tag} must be a number from 1 to {most}; scale the picture down"
            )


def _picture(url: str) -> Iterator[Flaw]:
    yield from addresses.web_address(url)
    ending = url.rpartition(".")[2].lower()
    if ending.isalnum() and ending not in ("jpg", "jpeg", "gif", "png"):
        yield "image-format", "readers expect JPEG, PNG or GIF here; convert the picture"
    yield from addresses.unsafe(url, "picture")


def _skipped_hours(element: Element, place: str, context: Context) -> Iterator[Finding]:
    hours = [text(child) for child in children(element)]
    if "24" in hours:
        yield found("hour-twentyfour", place, "midnight is hour 0; write 0 instead of 24")
    valid = [hour for hour in hours if not addresses.number(hour) and int(hour) <= 24]
    if len(valid) < len(hours) or not hours or len({int(hour) % 24 for hour in valid}) < len(valid):
        yield found("skip-invalid", place, "skipHours holds the hours 0 to 23, each once; correct or leave it out")


def _skipped_days(element: Element, place: str, context: Context) -> Iterator[Finding]:
    days = [text(child) for child in children(element)]
    if not days or any(day not in _DAYS for day in days) or len(set(days)) < len(days):
        yield found("skip-invalid", place, "skipDays holds English weekdays, each once; correct or leave it out")


CHANNEL_CHECKS: Mapping[str, Check] = {
    "title": titled,
    "link": address,
    "description": worded,
    "language": tongue,
    "copyright": worded,
    "managingEditor": mail,
    "webMaster": mail,
    "pubDate": date,
    "lastBuildDate": date,
    "category": category,
    "docs": address,
    "cloud": _cloud,
    "ttl": partial(whole_number, least=1),
    "image": _image,
    "textInput": _outdated_input,
    "skipHours": _skipped_hours,
    "skipDays": _skipped_days,
}
