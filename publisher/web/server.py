"""The public web server: published files, pages of articles without an address elsewhere, past issues, and what
subscribers need.

Starlette finds the page, uvicorn speaks HTTP. Files are answered before any routing, for they are what is asked for
thousands of times. Whoever asks is not written down anywhere.
"""

import hashlib
import os
import signal
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from ipaddress import ip_network
from typing import Any
from urllib.parse import urlsplit

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from publisher.actions.pages import Page, article_page, issue_page
from publisher.actions.subscribing import mail_requests
from publisher.actions.telling import tell_staff
from publisher.app import App
from publisher.errors import WebError
from publisher.links import ENDINGS
from publisher.web import health, people, staff
from publisher.web.files import PAGE_POLICY, Files, names
from publisher.web.pages import Pages
from publisher.web.postbox import Postbox

_STATUS = {"here": 200, "gone": 410, "unknown": 404}
_UNKNOWN = "There is nothing at this address.\n"
_PAGE_HEADERS = {
    "Cache-Control": "public, max-age=300",
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": PAGE_POLICY,
}


@contextmanager
def listening(
    host: str, port: int, mend: str = "choose another with --host and --port"
) -> Iterator[tuple[socket.socket, str]]:
    """An open socket and its URL; clients that come before `serve` wait. Raises WebError when it cannot be opened."""
    try:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        opened = socket.create_server((host, port), family=family, backlog=2048)
    except OSError as exc:
        why = os.strerror(exc.errno) if exc.errno and exc.errno > 0 else str(exc)
        raise WebError(f"cannot listen at {host} port {port} ({why}); {mend}") from exc
    with opened:
        shown = f"[{host}]" if ":" in host else host
        yield opened, f"http://{shown}:{opened.getsockname()[1]}/"


def serve(app: App, listener: socket.socket) -> None:
    """Answer until SIGTERM or SIGINT; answers under way are finished first."""
    # uvicorn stops on both, then raises them again for whoever handled them before: here nobody needs to.
    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, lambda *_: None)
    with _server(app) as server:
        server.run(sockets=[listener])


@contextmanager
def answering(app: App, listener: socket.socket) -> Iterator[None]:
    """Answer in a thread of its own to the end of the block; answers under way are finished first."""
    # The service has its own log; and it does not wait for ever for a reader who holds a connection.
    with _server(app, log_config=None, timeout_graceful_shutdown=30) as server:
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, name="web")
        thread.start()
        try:
            yield
        finally:
            server.should_exit = True
            thread.join()


@contextmanager
def _server(app: App, **more: Any) -> Iterator[uvicorn.Server]:
    postbox = Postbox(lambda: _mail_out(app))
    config = uvicorn.Config(
        web_app(app, postbox),
        log_level="warning",
        access_log=False,
        server_header=False,
        lifespan="off",
        proxy_headers=True,
        forwarded_allow_ips=_proxies(app),
        **more,
    )
    try:
        yield uvicorn.Server(config)
    finally:
        postbox.close()


def _proxies(app: App) -> list[str]:
    """Whom we believe when they say for whom they ask: the last address in X-Forwarded-For that is none of these.

    uvicorn would take a network with a host's number in it, 10.0.0.1/8, for a name.
    """
    return [str(ip_network(one, strict=False)) for one in app.config.web.trusted_proxies]


def web_app(app: App, postbox: Postbox | None = None) -> ASGIApp:
    """The site as an ASGI application. Requests may come with the path of `site.url` before theirs, or without.

    `postbox` sends what the form asks for; without one, a new one does.
    """
    base = urlsplit(app.links.home).path.rstrip("/")
    files = Files(app.folder, _links(app))
    postbox = postbox or Postbox(lambda: _mail_out(app))
    looks = Pages(app)
    pages = Starlette(
        routes=[
            Route("/", lambda _: RedirectResponse("feeds/news.html", 302), methods=["GET"]),
            Route("/a/{slug}", _page(lambda r: article_page(app, r["slug"])), methods=["GET"]),
            Route("/issues/{newsletter}/{period}", _page(lambda r: issue_page(app, **r)), methods=["GET"]),
            Route("/issues/{newsletter}/{period}/{language}", _page(lambda r: issue_page(app, **r)), methods=["GET"]),
            *health.routes(app),
            *people.routes(looks, postbox),
            *staff.routes(looks, postbox),
        ]
    )
    # An address with one stroke too many would be sent on by what the request says of the host: a lie may stand there.
    pages.router.redirect_slashes = False

    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        path = scope["path"]
        if base and path.startswith(f"{base}/"):
            path = path.removeprefix(base)
        if "\0" in path:
            await PlainTextResponse(_UNKNOWN, 404)(scope, receive, send)
        elif files.covers(path):
            await files.answer(path, scope, receive, send)
        else:
            await pages({**scope, "path": path, "raw_path": path.encode(), "root_path": ""}, receive, send)

    return answer


def _mail_out(app: App) -> None:
    """What forms have asked for: mails to new subscribers and to staff."""
    mail_requests(app)
    tell_staff(app)


def _page(find: Callable[[dict[str, Any]], Page]) -> Callable[[Request], Response]:
    """An endpoint for a page, with an ETag of its bytes. Starlette calls it in a thread, for it asks the database."""

    def endpoint(request: Request) -> Response:
        page = find(request.path_params)
        if page.state == "unknown":
            return PlainTextResponse(_UNKNOWN, 404)
        if page.state == "elsewhere":
            return RedirectResponse(page.url, 302)
        body = page.html.encode("utf-8")
        etag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
        headers = _PAGE_HEADERS | {"ETag": etag}
        told = request.headers.get("if-none-match", "").encode("latin-1")
        if page.state == "here" and names(told, etag.encode()):
            return Response(status_code=304, headers=headers)
        return Response(body, _STATUS[page.state], headers, "text/html; charset=utf-8")

    return endpoint


def _links(app: App) -> dict[str, str]:
    """The Link header of each feed that subscribers poll, by path (WebSub, section 4)."""
    hub = f'<{app.hub}>; rel="hub", ' if app.hub else ""
    return {
        f"/feeds/{feed.path}.{ending}": f'{hub}<{app.links.feed(feed.path, ending)}>; rel="self"'
        for feed in app.feeds
        for ending in ENDINGS
    }
