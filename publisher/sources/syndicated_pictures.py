"""What a feed shows and hands out with an entry, as written, in: one image and the attachments out.

Pictures that are there to count readers, or stand for a mood or a face beside a comment, are no image of an article.
"""

import html
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from urllib.parse import unquote, urlsplit

from publisher.records import Attachment, Image
from publisher.sources import clean
from publisher.sources.syndicated_entries import Link, Picture

_IMG = re.compile(r"<img [^>]*>")
_ATTRIBUTE = re.compile(r'([a-z]+)="([^"]*)"')
_NO_PICTURE = re.compile(
    r"//(?:[\w-]+\.)*(?:gravatar\.com|feedburner\.com|feedsportal\.com|feedblitz\.com|doubleclick\.net|google-analytics\.com"
    r"|stats\.wordpress\.com|pixel\.wp\.com|feeds\.wordpress\.com)/"
    r"|/emoji/|/smil(?:ies|eys)/|/wp-includes/images/|/(?:pixel|spacer|blank|clear|1x1|beacon|tracking)[\w-]*\.(?:gif|png)"
    r"|/(?:stat|_/stat)\?",
    re.I,
)
_BUG_LINK = re.compile(
    r'<a [^>]*href="https?://(?:feeds\.|feedads\.|[\w.-]*feedburner\.|[\w.-]*feedsportal\.)[^"]*"[^>]*>'
    r"\s*(?:<img [^>]*>\s*)?</a>"
)
_SUFFIX = re.compile(r"\.(jpe?g|png|gif|webp|avif|bmp|svg)$", re.I)
_ATTACHED = re.compile(r"audio/|video/|application/(?:pdf|epub\+zip|msword|vnd\.[\w.+-]+|zip|ogg)$|text/calendar$")
_FACE = 48
"""So many pixels a side at most a face beside a name has, or an icon: no picture of an article is that small."""

_MOST_PIXELS, _MOST_BYTES = 100_000, 10**13

Resolve = Callable[[str], str | None]


def without_bugs(body: str, page: str) -> str:
    """Clean HTML without pictures that count readers, or have no address but that of their page, and without a feed
    program's row of buttons."""
    if "<img" not in body:
        return body
    body = _IMG.sub(lambda found: "" if _counts(found.group(), page) else found.group(), body)
    return re.sub(r"<p>\s*</p>", "", _BUG_LINK.sub("", body)).strip()


def _counts(tag: str, page: str) -> bool:
    source = html.unescape(dict(_ATTRIBUTE.findall(tag)).get("src", ""))
    return source == page or (
        bool(_NO_PICTURE.search(source)) and not re.search(r"gravatar|/emoji/|/smil|/wp-includes/", source, re.I)
    )


def image(pictures: Sequence[Picture], links: Iterable[Link], body: str, resolve: Resolve) -> Image | None:
    """The largest that the feed states, else the first enclosed, else the first in the body."""
    inside = list(_in_body(body))
    stated = _usable((picture for picture in pictures if not picture.is_small), resolve)
    stated = stated or _usable((picture for picture in pictures if picture.is_small), resolve)
    enclosed = [one for link in links if _is_picture(link) and (one := _stated(_as_picture(link), resolve))]
    # Of equals, and of those without a size, the first: max keeps it.
    best = max(stated, key=lambda one: (one.width or 0) * (one.height or 1), default=None)
    chosen = best or next(iter(enclosed), None) or next(iter(inside), None)
    twin = next((one for one in inside if chosen and one.url == chosen.url), None)
    if not chosen or not twin:
        return chosen
    return Image(
        url=chosen.url,
        alt=twin.alt,
        caption=chosen.caption,
        credit=chosen.credit,
        width=chosen.width or twin.width,
        height=chosen.height or twin.height,
        length=chosen.length,
        type=chosen.type,
    )


def _usable(pictures: Iterable[Picture], resolve: Resolve) -> list[Image]:
    return [one for picture in pictures if (one := _stated(picture, resolve))]


def _stated(picture: Picture, resolve: Resolve) -> Image | None:
    address = resolve(picture.url)
    if not address or _NO_PICTURE.search(address):
        return None
    width, height = _number(picture.width, _MOST_PIXELS), _number(picture.height, _MOST_PIXELS)
    if width is not None and height is not None and (width * height <= 4 or max(width, height) <= _FACE):
        return None
    return Image(
        url=address,
        caption=clean.line(picture.caption) or None,
        credit=clean.line(picture.credit) or None,
        width=width or None,
        height=height or None,
        type=picture.type if re.fullmatch(r"image/[a-z0-9.+-]{1,40}", picture.type) else None,
    )


def _is_picture(link: Link) -> bool:
    if link.rel != "enclosure":
        return False
    return link.type.startswith("image/") or (not link.type and bool(_SUFFIX.search(_path(link.href))))


def _as_picture(link: Link) -> Picture:
    return Picture(url=link.href, type=link.type)


def _in_body(body: str) -> Iterator[Image]:
    for tag in _IMG.findall(body):
        said = {name: html.unescape(value) for name, value in _ATTRIBUTE.findall(tag)}
        address = clean.web_address(said.get("src", ""))
        width, height = (_number(said.get(side, ""), _MOST_PIXELS) or None for side in ("width", "height"))
        is_face = width and height and max(width, height) <= _FACE
        if address and not is_face and not _NO_PICTURE.search(address):
            yield Image(url=address, alt=clean.line(said.get("alt", "")) or None, width=width, height=height)


def attachments(links: Iterable[Link], headline: str | None, resolve: Resolve) -> tuple[tuple[Attachment, ...], int]:
    """Recordings and documents whose length is stated, each address once; and how many have to be left out."""
    found: dict[str, Attachment] = {}
    left_out = 0
    for link in links:
        if link.rel != "enclosure" or _is_picture(link):
            continue
        address, length = resolve(link.href), _number(link.length, _MOST_BYTES)
        kind = link.type.split(";")[0].strip()
        if address and length and _ATTACHED.match(kind):
            title = clean.line(link.title) or headline or _file_name(address)
            found.setdefault(address, Attachment(url=address, type=kind, length=length, title=title))
        else:
            left_out += 1
    return tuple(found.values()), left_out


def _file_name(address: str) -> str:
    return clean.line(unquote(_path(address).rsplit("/", 1)[-1])) or address


def _path(address: str) -> str:
    try:
        return urlsplit(address).path
    except ValueError:
        return ""


def _number(written: str, most: int) -> int | None:
    digits = re.fullmatch(r"\s*([0-9]{1,15})(?:\.0+)?(?:px)?\s*", written)
    return int(digits[1]) if digits and int(digits[1]) <= most else None
