"""Finds where a WordPress site answers questions: `/wp-json/`, what its home page says, `?rest_route=/`.

The first question asked is already the one that matters, so that a site of the usual kind costs no question more. What
its home page says (`Link: <…>; rel="https://api.w.org/"`, REST API Handbook: discovery) is asked for only where that
fails: there the root has another name, or addresses are plain.
"""

import html as escaping
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from urllib.parse import urlencode, urljoin, urlsplit

from publisher.records import Finding
from publisher.sources import clean
from publisher.sources.findings import finding
from publisher.sources.wordpress_answers import Answer, Ask, code_of, refused, value_of

_REL = "https://api.w.org/"
_LINK = re.compile(r"<([^<>\s]{1,500})>\s*;[^<,]{0,200}?rel=\"?https://api\.w\.org/\"?")
_LINK_TAG = re.compile(r"<link\b[^>]{0,500}?rel=[\"']https://api\.w\.org/[\"'][^>]{0,500}", re.I)
_HREF = re.compile(r"href=[\"']([^\"'<>\s]{1,500})")
_READ = 200_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Api:
    """Where the site answers, and what it answered there to the first question, which was for `kind`.

    `modest` says that it is too old to know orders and changes, and is not asked for them.
    """

    root: str
    kind: str
    answer: Answer
    modest: bool = False

    def url(self, kind: str, question: Mapping[str, str]) -> str:
        return _asking(self.root, kind, _modest(question) if self.modest else question)


def site_of(root: str) -> str:
    """The site's address with a slash at its end, whatever of its addresses people gave."""
    address = re.split(r"/wp-json\b|\?|#|/index\.php\b|/wp-admin\b|/wp-login\.php", root.strip(), maxsplit=1)[0]
    return address.rstrip("/") + "/"


def api_of(ask: Ask, root: str, kind: str, question: Mapping[str, str]) -> Api | Finding:
    """The place that answers `question` with a list; or why there is none, by the answer of the likeliest place."""
    site = site_of(root)
    if clean.web_address(site) is None:
        return finding("bad-url", "error", clean.shortened(clean.line(root), 200), "give the site's address: https://…")
    likeliest: Answer | None = None
    tried: set[str] = set()
    for place in _places(ask, site):
        if place in tried:
            continue
        tried.add(place)
        answer = ask(_asking(place, kind, {**question, "page": "1"}))
        modest = code_of(answer) == "rest_invalid_param"
        if modest:
            answer = ask(_asking(place, kind, {**_modest(question), "page": "1"}))
        if answer.status == 200 and isinstance(value_of(answer), list):
            return Api(root=place, kind=kind, answer=answer, modest=modest)
        if answer.status == 0:
            return finding("no-answer", "error", site, answer.body.decode())
        likeliest = likeliest or answer
        if answer.status in (429, 503) or answer.status >= 500:
            break
    assert likeliest is not None, "there is always a first place"
    return refused(likeliest, site, f"{site}feed/")


def _places(ask: Ask, site: str) -> Iterator[str]:
    """One after the other, so that the home page is asked for only where the usual place is none."""
    yield f"{site}wp-json/"
    said = _said_at_home(ask(site), site)
    if said:
        yield said
    yield f"{site}?rest_route=/"


def _said_at_home(home: Answer, site: str) -> str | None:
    link = _LINK.search(home.headers.get("link", "")[:5_000])
    if link:
        return _usable(urljoin(site, link[1]))
    tag = _LINK_TAG.search(home.body[:_READ].decode("utf-8", "replace"))
    address = _HREF.search(tag[0]) if tag else None
    return _usable(urljoin(site, escaping.unescape(address[1]))) if address else None


def _usable(address: str) -> str | None:
    return clean.web_address(address)


def _asking(place: str, kind: str, question: Mapping[str, str]) -> str:
    """The address of a question. With plain addresses the route is itself a part of the question."""
    written = urlencode(question, safe=",:")
    between = "&" if urlsplit(place).query else "?"
    return f"{place.rstrip('/')}/wp/v2/{kind}{between}{written}"


def _modest(question: Mapping[str, str]) -> dict[str, str]:
    """What the oldest sites understand, which refuse an order that they do not know."""
    return {name: value for name, value in question.items() if name not in ("orderby", "order", "modified_after")}
