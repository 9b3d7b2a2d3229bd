"""JSON Feed 1.0 and 1.1: every member by its type, and what its value must be.

Comes in: the outermost object. Goes out: findings in the order of the document. What all formats share is left to
`entries`; characters and doubled keys were looked at when the document was read.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from publisher.feeds.lint import addresses, dates, html
from publisher.feeds.lint.elements import Context, label
from publisher.feeds.lint.plain import plain
from publisher.feeds.lint.rules import Flaw, at, found, shown
from publisher.records import Finding

_VERSION = "https://jsonfeed.org/version/"
_WORDS = {
    str: "a text",
    bool: "true or false",
    list: "a list",
    dict: "an object",
    int: "a whole number",
    float: "a number",
}
_FEED: Mapping[str, type] = {
    "version": str, "title": str, "home_page_url": str, "feed_url": str, "description": str, "user_comment": str,
    "next_url": str, "icon": str, "favicon": str, "authors": list, "author": dict, "language": str, "expired": bool,
    "hubs": list, "items": list,
}  # fmt: skip
_ITEM: Mapping[str, type] = {
    "id": str, "url": str, "external_url": str, "title": str, "content_html": str, "content_text": str, "summary": str,
    "image": str, "banner_image": str, "date_published": str, "date_modified": str, "authors": list, "author": dict,
    "tags": list, "language": str, "attachments": list,
}  # fmt: skip
_AUTHOR: Mapping[str, type] = {"name": str, "url": str, "avatar": str}
_HUB: Mapping[str, type] = {"type": str, "url": str}
_ATTACHMENT: Mapping[str, type] = {
    "url": str, "mime_type": str, "title": str, "size_in_bytes": int, "duration_in_seconds": float,
}  # fmt: skip
_ADDRESSES = ("home_page_url", "feed_url", "next_url", "url", "external_url", "icon", "favicon", "image",
              "banner_image", "avatar")  # fmt: skip
_PICTURES = ("icon", "favicon", "image", "banner_image", "avatar")


def jsonfeed(data: dict[str, Any], context: Context) -> Iterator[Finding]:
    version = data.get("version")
    if not isinstance(version, str) or version.removeprefix(_VERSION) not in ("1", "1.0", "1.1"):
        yield found("version-unknown", "feed version", f'there is no such version; write "{_VERSION}1.1"')
    newest = version == f"{_VERSION}1.1"
    yield from _object(data, _FEED, "feed", context)
    if "title" not in data:
        yield found("title-missing", "feed title", "the feed has no title; add it")
    elif isinstance(data["title"], str) and not data["title"].strip():
        yield found("title-empty", "feed title", "the title is empty; give it a few words")
    if not isinstance(data.get("items"), list):
        yield found("channel-missing", "feed items", "the feed has no list of items; add it, empty if need be")
    yield from _people(data, "feed", newest, context)
    yield from _hubs(data, context)
    if data.get("next_url") is not None and data.get("next_url") == data.get("feed_url"):
        yield found(
            "archive-links", "feed next_url", "the next page is this page; readers would go in a circle: leave it out"
        )
    items = data.get("items")
    for number, item in enumerate(items if isinstance(items, list) else [], 1):
        if not isinstance(item, dict):
            yield _wrong(f"item {number}", "every item", dict)
            continue
        title = item.get("title")
        yield from _item(item, label("item", number, title if isinstance(title, str) else ""), newest, context)


def _item(item: dict[str, Any], place: str, newest: bool, context: Context) -> Iterator[Finding]:
    yield from _object(item, _ITEM, place, context)
    if "id" not in item:
        yield found("id-missing", f"{place} id", "the item has no id; give it one that never changes")
    elif item["id"] == "":
        yield found("id-missing", f"{place} id", "the id is empty; give it one that never changes")
    if isinstance(item.get("title"), str):
        if not item["title"].strip():
            yield found("title-empty", f"{place} title", "the title is empty; fill it or leave it out")
        yield from at(f"{place} title", plain(item["title"]))
    if "content_html" not in item and "content_text" not in item:
        yield found("content-missing", place, "the item has neither content_html nor content_text; add one of them")
    yield from _content(item, place)
    yield from _people(item, place, newest, context)
    for tag in _each(item, "tags"):
        yield from at(f"{place} tags", () if isinstance(tag, str) and tag.strip() else [_flaw("every tag", str)])
    for attachment in _each(item, "attachments"):
        yield from _attachment(attachment, f"{place} attachments", context)


def _content(item: dict[str, Any], place: str) -> Iterator[Finding]:
    if isinstance(item.get("content_html"), str):
        content = html.read(item["content_html"])
        yield from at(f"{place} content_html", content.flaws)
        if content.blank:
            yield found(
                "content-empty", f"{place} content_html", "there is nothing in it; fill it or leave the item out"
            )
    elif isinstance(item.get("content_text"), str) and not item["content_text"].strip():
        yield found("content-empty", f"{place} content_text", "there is nothing in it; fill it or leave the item out")


def _object(data: dict[str, Any], members: Mapping[str, type], place: str, context: Context) -> Iterator[Finding]:
    """The type of every known member, the value of those with a form, and members that nobody knows."""
    for key, value in data.items():
        here = f"{place} {shown(key, 40)}"
        if key not in members:
            if not key.startswith("_"):
                mend = f'JSON Feed has no "{shown(key, 40)}"; leave it out, or begin your own members with _'
                yield found("json-member-unknown", here, mend)
        elif not _is(value, members[key]):
            yield _wrong(here, f'"{key}"', members[key])
        elif isinstance(value, str):
            yield from at(here, _values(key, value, context))


def _values(key: str, value: str, context: Context) -> Iterator[Flaw]:
    if key in _ADDRESSES:
        yield from addresses.web_address(value, international=True)
        yield from addresses.unsafe(value, "picture") if key in _PICTURES else ()
    elif key in ("date_published", "date_modified"):
        yield from dates.rfc3339(value, context.now).flaws
    elif key == "language":
        yield from addresses.language(value)
    elif key == "mime_type":
        yield from addresses.media_type(value)


def _people(data: dict[str, Any], place: str, newest: bool, context: Context) -> Iterator[Finding]:
    if newest and "author" in data:
        yield found("json-author-old", f"{place} author", 'JSON Feed 1.1 has "authors", a list; write it instead')
    authors = [(f"{place} authors", one) for one in _each(data, "authors")]
    if isinstance(data.get("author"), dict):
        authors.append((f"{place} author", data["author"]))
    for here, author in authors:
        if not isinstance(author, dict):
            yield _wrong(here, "every author", dict)
            continue
        yield from _object(author, _AUTHOR, here, context)
        if not any(author.get(key) for key in _AUTHOR):
            yield found(
                "element-empty", here, "the author has neither name, url nor avatar; give a name or leave it out"
            )


def _hubs(data: dict[str, Any], context: Context) -> Iterator[Finding]:
    for hub in _each(data, "hubs"):
        if not isinstance(hub, dict):
            yield _wrong("feed hubs", "every hub", dict)
            continue
        yield from _object(hub, _HUB, "feed hubs", context)
        for key in ("type", "url"):
            if key not in hub:
                yield found("attribute-missing", "feed hubs", f"a hub has no {key}; add it")
        if isinstance(hub.get("url"), str) and not hub["url"].startswith("https://"):
            yield found("hub-address", "feed hubs", f'"{shown(hub["url"])}" should be an https:// address; correct it')


def _attachment(attachment: Any, place: str, context: Context) -> Iterator[Finding]:
    if not isinstance(attachment, dict):
        yield _wrong(place, "every attachment", dict)
        return
    yield from _object(attachment, _ATTACHMENT, place, context)
    missing = [key for key in ("url", "mime_type") if not attachment.get(key)]
    if missing:
        yield found("enclosure-incomplete", place, f"{' and '.join(missing)} missing; say where it is and what")
    size, url = attachment.get("size_in_bytes"), attachment.get("url")
    if size == 0 and _is(size, int):
        yield found(
            "enclosure-empty", place, "a size of 0 bytes says that there is nothing to fetch; give the true size"
        )
    for key in ("size_in_bytes", "duration_in_seconds"):
        if isinstance(attachment.get(key), int | float) and attachment[key] < 0:
            yield found("number-invalid", place, f"{key} is below 0; give the true number")
    yield from at(place, addresses.unsafe(url, "attachment") if isinstance(url, str) else ())


def _each(data: dict[str, Any], key: str) -> list[Any]:
    """Members of a list, wrong ones too; nothing where it is no list, which is reported with its type."""
    value = data.get(key)
    return value if isinstance(value, list) else []


def _is(value: Any, kind: type) -> bool:
    if kind is float:
        return isinstance(value, int | float) and not isinstance(value, bool)
    return isinstance(value, kind) and (kind is bool or not isinstance(value, bool))


def _wrong(place: str, what: str, kind: type) -> Finding:
    return found(_flaw(what, kind)[0], place, _flaw(what, kind)[1])


def _flaw(what: str, kind: type) -> Flaw:
    return "json-type", f"{what} must be {_WORDS[kind]}; correct it or leave it out"
