"""A body that opens with the article's own picture in, the body without it out.

The picture of an article is shown above its body, on pages, in feeds and in issues. Where a feed or WordPress gives a
body that opens with the same picture, readers would see it twice in a row.
"""

import html
import re

from publisher.records import plain
from publisher.sources import clean
from publisher.sources.page_images import file_of

_PICTURE = r"(?:<a(?: [a-z]+=\"[^\"]*\")*>\s*)?<img [^<>]*>(?:\s*</a>)?"
_FIGURE = r"<figure>(?:(?!</figure>).){1,3000}</figure>"
_DEK = r"<(?P<dek>h[2-4]|p)>(?:(?!</?(?:p|h[2-4])>|<img ).){0,1000}</(?P=dek)>"
_OPENING = re.compile(
    rf"(?P<above>\s*(?:{_DEK}\s*)?)(?P<shown>{_FIGURE}|<p>\s*{_PICTURE}\s*</p>|{_PICTURE})(?:\s*<br>)*\s*", re.S
)
_SOURCE = re.compile(r'<img (?:[a-z]+="[^"]*" )*?src="([^"]*)"')
_CAPTION = re.compile(r"<figcaption>(.*?)</figcaption>", re.S)
_FAR = 6_000


def without_opening(body: str, url: str) -> tuple[str, str | None]:
    """Clean HTML without the picture at `url` as its first or second block, and the caption that it had there.

    Two sizes of one file are one picture. A body that says nothing else stays as it is.
    """
    opening = _OPENING.match(body[:_FAR])
    sources = _SOURCE.findall(opening["shown"]) if opening else []
    if not opening or len(sources) != 1 or file_of(html.unescape(sources[0])) != file_of(url):
        return body, None
    rest = opening["above"] + body[opening.end() :]
    if not plain(rest[:_FAR]):
        return body, None
    caption = _CAPTION.search(opening["shown"])
    return rest.strip(), clean.line(plain(caption[1])) or None if caption else None
