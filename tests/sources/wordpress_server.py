"""A server with the REST API of WordPress in its shape, on loopback, with any number of invented posts.

It pages, orders, selects fields and tells changes as WordPress does, counts what it is asked, and has switches for old
versions, plain addresses, closed APIs and broken answers. Nothing is random: the same numbers give the same posts.
"""

import json
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

FIRST = datetime(2020, 1, 1, 9, 0, tzinfo=UTC)
_SUBJECTS = ("Lantern walk", "Night shift", "Knee clinic", "Flu vaccine", "New scanner", "Kitchen garden", "Sleep lab")
_PLACES = ("Alder Bay", "Fernhill", "Juniper Point", "Stonewater", "Larkfield")
_NAMES = ("Ana Ruiz", "Bo Lindqvist", "admin", "Chidi Obi")
_CATEGORIES = ("Heart &amp; Vessels", "Sleep", "Uncategorized", "Nursing")
_TAGS = tuple(f"Tag {number}" for number in range(1, 41))


@dataclass
class Switches:
    """How this site differs from a usual one of today."""

    prefix: str = "/wp-json"
    """Where the API answers; "" for plain addresses alone."""
    old: bool = False
    """Before 5.7: `modified_after` is not known and no word is lost about it."""
    oldest: bool = False
    """Before 4.9: `orderby=modified` is refused, `_fields` is not known."""
    closed: int = 0
    """The status every question gets where the API is switched off."""
    closed_kinds: frozenset[str] = frozenset()
    """Kinds (`users`, `media`) that only members may list."""
    link_header: bool = True
    before: bytes = b""
    """What PHP prints before the JSON."""
    instead: bytes = b""
    """A page of HTML in place of every answer."""
    totals: bool = True
    most_at_once: int = 100
    """More posts at once are too many for its memory."""
    fails_from: int = 0
    """From this page of posts on, `fails_with` is answered."""
    fails_with: int = 500
    utc_offset: timedelta = timedelta(0)


@dataclass
class Site:
    """The posts by id, what is shown of them, and the questions so far."""

    posts: dict[int, dict[str, Any]]
    switches: Switches = field(default_factory=Switches)
    asked: list[str] = field(default_factory=list)
    url: str = ""

    def edit(self, id: int, at: datetime, **changes: Any) -> None:
        self.posts[id] |= changes
        self.posts[id]["modified_gmt"] = at.strftime("%Y-%m-%dT%H:%M:%S")
        self.posts[id]["modified"] = (at + self.switches.utc_offset).strftime("%Y-%m-%dT%H:%M:%S")

    def counted(self) -> Counter[str]:
        """How often each kind was asked for."""
        routes = (dict(parse_qsl(urlsplit(url).query)).get("rest_route") or urlsplit(url).path for url in self.asked)
        return Counter(route.rstrip("/").rsplit("/", 1)[-1] for route in routes)


def post(id: int, url: str = "https://www.alderbay.example", **changes: Any) -> dict[str, Any]:
    """An invented post as the API gives it to everyone."""
    subject, place = _SUBJECTS[id % len(_SUBJECTS)], _PLACES[id % len(_PLACES)]
    at = (FIRST + timedelta(hours=5 * id)).strftime("%Y-%m-%dT%H:%M:%S")
    lines = "".join(
        f"\n<p>{subject} {id}, part {part}: our team in {place} tells how it went &#8211; and "
        f"what <a href='/visit/{id}'>visitors</a> can do. Bring a coat, a friend and "
        f"<strong>{part} questions</strong>.</p>\n"
        for part in range(1, 9)
    )
    return {
        "id": id,
        "date": at,
        "date_gmt": at,
        "guid": {"rendered": f"{url}/?p={id}"},
        "modified": at,
        "modified_gmt": at,
        "slug": f"story-{id}",
        "status": "publish",
        "type": "post",
        "link": f"{url}/news/story-{id}/",
        "title": {"rendered": f"{subject} at {place} &#8211; no. {id}"},
        "content": {"rendered": lines, "protected": False},
        "excerpt": {
            "rendered": f"<p>{subject} {id}, part 1: our team in {place} tells [&hellip;]</p>\n",
            "protected": False,
        },
        "author": 1 + id % len(_NAMES),
        "featured_media": 100_000 + id if id % 2 else 0,
        "comment_status": "closed",
        "sticky": id % 50 == 0,
        "format": "standard",
        "meta": [],
        "categories": [1 + id % len(_CATEGORIES)],
        "tags": [1 + id % len(_TAGS)],
        "_links": {"self": [{"href": f"{url}/wp-json/wp/v2/posts/{id}"}]},
    } | changes


def posts(many: int) -> dict[int, dict[str, Any]]:
    return {id: post(id) for id in range(1, many + 1)}


def _named(kind: str, id: int) -> dict[str, Any] | None:
    """A picture, a person, a category or a tag by its number."""
    if kind == "media":
        details = {"width": 1200, "height": 800, "file": f"{id}.jpg", "sizes": {"thumbnail": {"width": 150}}}
        return {
            "id": id,
            "source_url": f"https://www.alderbay.example/wp-content/uploads/{id}.jpg",
            "alt_text": f"The bay &amp; its pier, {id}",
            "caption": {"rendered": f"<p>Morning {id}</p>\n"},
            "media_details": details,
        }
    names = {"users": _NAMES, "categories": _CATEGORIES, "tags": _TAGS}[kind]
    return {"id": id, "name": names[id - 1], "slug": f"{kind}-{id}"} if 1 <= id <= len(names) else None


@contextmanager
def served(site: Site) -> Iterator[Site]:
    """The site on a free port of loopback while the block lasts; `site.url` is its address."""
    handler = type("Handler", (_Handler,), {"site": site})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    site.url = f"http://127.0.0.1:{server.server_port}/"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield site
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    site: Site

    def log_message(self, *_: object) -> None:
        pass

    def do_GET(self) -> None:
        self.site.asked.append(self.path)
        switches, parts = self.site.switches, urlsplit(self.path)
        question = dict(parse_qsl(parts.query))
        route = question.get("rest_route", "")
        if not route and switches.prefix and parts.path.startswith(f"{switches.prefix}/"):
            route = parts.path.removeprefix(switches.prefix)
        if switches.instead:
            self._give(200, switches.instead, {"Content-Type": "text/html"})
        elif not route:
            self._home(parts.path)
        elif switches.closed:
            self._error(switches.closed, "rest_cannot_access")
        elif route.startswith("/wp/v2/"):
            self._list(route.removeprefix("/wp/v2/").strip("/"), question)
        else:
            self._error(404, "rest_no_route")

    def _home(self, path: str) -> None:
        root = f"{self.site.url.rstrip('/')}{self.site.switches.prefix or '/?rest_route='}/"
        said = {"Link": f'<{root}>; rel="https://api.w.org/"'} if self.site.switches.link_header else {}
        body = f'<html><head><link rel="https://api.w.org/" href="{root}" /></head><body>News</body></html>'
        body = body if self.site.switches.link_header else "<html><body>News</body></html>"
        self._give(200 if path == "/" else 404, body.encode(), {"Content-Type": "text/html", **said})

    def _list(self, kind: str, question: dict[str, str]) -> None:
        switches = self.site.switches
        if kind in switches.closed_kinds:
            self._error(401, "rest_user_cannot_view")
            return
        page, size = int(question.get("page", 1)), int(question.get("per_page", 10))
        if not 1 <= size <= 100 or (switches.oldest and question.get("orderby") == "modified"):
            self._error(400, "rest_invalid_param")
            return
        if kind in ("posts", "pages") and switches.fails_from and page >= switches.fails_from:
            self._error(switches.fails_with, "internal_server_error")
            return
        if kind in ("posts", "pages") and size > switches.most_at_once:
            self._error(500, "internal_server_error")
            return
        found = self._found(kind, question)
        pages = -(-len(found) // size)
        if page > max(1, pages):
            self._error(400, "rest_post_invalid_page_number")
            return
        chosen = [_selected(item, question, switches) for item in found[(page - 1) * size : page * size]]
        totals = {"X-WP-Total": str(len(found)), "X-WP-TotalPages": str(pages)} if switches.totals else {}
        self._give(200, switches.before + json.dumps(chosen).encode(), totals)

    def _found(self, kind: str, question: dict[str, str]) -> list[dict[str, Any]]:
        if kind not in ("posts", "pages"):
            ids = [int(id) for id in question.get("include", "").split(",") if id]
            return [item for id in ids if (item := _named(kind, id))]
        found = [
            item for item in self.site.posts.values() if item["type"] + "s" == kind and item["status"] == "publish"
        ]
        after = question.get("modified_after")
        if after and not self.site.switches.old:
            moment = datetime.fromisoformat(after).astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S")
            found = [item for item in found if item["modified_gmt"] > moment]
        by = {"modified": "modified", "id": "id"}.get(question.get("orderby", ""), "date")
        return sorted(found, key=lambda item: item[by], reverse=question.get("order", "desc") == "desc")

    def _error(self, status: int, code: str) -> None:
        data = {"code": code, "message": "Sorry.", "data": {"status": status}}
        self._give(status, json.dumps(data).encode(), {"Retry-After": "120"} if status in (429, 503) else {})

    def _give(self, status: int, body: bytes, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in ({"Content-Type": "application/json; charset=UTF-8"} | headers).items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


def _selected(item: dict[str, Any], question: dict[str, str], switches: Switches) -> dict[str, Any]:
    """Only what `_fields` names, down to inner fields, as since 5.3."""
    if "_fields" not in question or switches.oldest:
        return item
    chosen: dict[str, Any] = {}
    for name in question["_fields"].split(","):
        outer, _, inner = name.partition(".")
        if outer not in item:
            continue
        if not inner:
            chosen[outer] = item[outer]
        elif isinstance(item[outer], dict) and inner in item[outer]:
            chosen.setdefault(outer, {})[inner] = item[outer][inner]
    return chosen
