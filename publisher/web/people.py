"""The addresses where subscribers come, stay and leave, and what is answered when something goes wrong there.

The database is asked in a thread, for it may have to wait. Nothing that a request says stands in a line of the log:
its address is a key to somebody's subscription.
"""

import asyncio
import logging
import traceback
from collections.abc import Awaitable, Callable
from time import monotonic
from typing import TypeAlias

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from publisher.errors import StoreError
from publisher.web.choosing import Choosing
from publisher.web.forms import Form, Unreadable, read_form
from publisher.web.pages import HEADERS, Pages
from publisher.web.postbox import Postbox
from publisher.web.subscribing import Subscribing

Answer: TypeAlias = Callable[[Request, Form | None], Response]
Endpoint: TypeAlias = Callable[[Request], Awaitable[Response]]

_log = logging.getLogger("publisher.web")
_SAME_FOR_ALL = 0.15
"""Seconds that every answer to the form takes at least, so that nobody learns from its time what we had to write."""
_READABLE = {413: "too_long", 415: "bad_form", 408: "bad_form", 400: "bad_form"}


def routes(pages: Pages, postbox: Postbox) -> list[Route]:
    """`/subscribe`, `/confirm/…`, `/preferences/…` and `/unsubscribe/…`; only a POST changes anything."""
    new, known = Subscribing(pages, postbox), Choosing(pages)
    return [
        Route(path, endpoint(pages, path.split("/")[1], answer, seconds), methods=["GET", "POST"])
        for path, answer, seconds in (
            ("/subscribe", new.subscribe, _SAME_FOR_ALL),
            ("/confirm/{token}", new.confirm, 0.0),
            ("/preferences/{token}", known.preferences, 0.0),
            ("/unsubscribe/{token}", known.unsubscribe, 0.0),
        )
    ]


def endpoint(pages: Pages, place: str, answer: Answer, seconds: float) -> Endpoint:
    """Read the form if there is one, answer, and say in plain words what went wrong. An answer to a form takes
    `seconds` at least."""

    async def serve(request: Request) -> Response:
        try:
            if request.method != "POST":
                return await run_in_threadpool(answer, request, None)
            form, began = await read_form(request), monotonic()
            response = await run_in_threadpool(answer, request, form)
            await asyncio.sleep(max(0.0, began + seconds - monotonic()))
            return response
        except Unreadable as exc:
            more = {"Connection": "close"} if exc.status in (408, 413) else {}
            return _say(pages, request, _READABLE[exc.status], exc.status, more)
        except StoreError as exc:
            _log.error("/%s: %s", place, _where(exc))
            return _say(pages, request, "busy", 503, {"Retry-After": "30"})
        except Exception as exc:
            _log.error("/%s: %s", place, _where(exc))
            return _say(pages, request, "trouble", 500, {})

    return serve


def _say(pages: Pages, request: Request, what: str, status: int, headers: dict[str, str]) -> Response:
    try:
        language = pages.language((), request)
        return pages.say(what, language, status=status, headers=headers, personal=True)
    except Exception as exc:  # the template itself may be what is broken
        _log.error("the page of errors cannot be shown: %s", _where(exc))
        text = "Something went wrong on our side. Please try again in a few minutes.\n"
        return PlainTextResponse(text, status, {**HEADERS, **headers})


def _where(exc: BaseException) -> str:
    """Which error, and where in our code; not what it says, for that may repeat what somebody typed."""
    cause = f" ({type(exc.__cause__).__name__})" if exc.__cause__ else ""
    frames = traceback.extract_tb(exc.__traceback__)
    frame = next((frame for frame in reversed(frames) if "/publisher/" in frame.filename), frames[-1])
    return f"{type(exc).__name__}{cause} at {frame.filename.rpartition('/')[2]}:{frame.lineno}"
