"""The page of one issue for one of the staff: what it is, what was found, who said what, and the buttons.

A look changes nothing, whoever looks and however often: only a POST of this page's own forms acts. Whoever has the link
acts as its owner, so that no other site learns of it and no cache keeps it.
"""

from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from starlette.background import BackgroundTask
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from publisher.actions.agreeing import MOST_LETTERS, Acted, approve, comment, hold
from publisher.actions.looking import Look, look_at
from publisher.actions.passes import Opened, ask_for_fresh, open_pass
from publisher.errors import IssueError
from publisher.web.forms import Form
from publisher.web.pages import Pages
from publisher.web.people import endpoint
from publisher.web.postbox import Postbox

_HEADERS = {"Referrer-Policy": "same-origin"}
"""With `no-referrer` browsers would send the forms with `Origin: null`, and we could not tell whose they are."""

_STATUS = {"done": 200, "before": 200, "otherwise": 409, "may not": 403}


def routes(pages: Pages, postbox: Postbox) -> list[Route]:
    """`/staff/<token>`."""
    desk = Staff(pages, postbox)
    return [Route("/staff/{token}", endpoint(pages, "staff", desk.answer, 0.0), methods=["GET", "POST"])]


class Staff:
    """`/staff/<token>`."""

    def __init__(self, pages: Pages, postbox: Postbox) -> None:
        self._app, self._pages, self._postbox = pages.app, pages, postbox

    def answer(self, request: Request, form: Form | None) -> Response:
        """The page, or what became of a form."""
        token = request.path_params["token"]
        opened = open_pass(self._app, token)
        if opened is None:
            return self._show("unknown", 404)
        if form is None:
            return self._page(opened, None, 200)
        if not self._is_own(request):
            return self._show("foreign", 403)
        if form["act"] == "fresh":
            ask_for_fresh(self._app, opened)
            return self._show("fresh", 200, then=BackgroundTask(self._postbox.wake))
        acted = self._acted(opened, form)
        return self._page(open_pass(self._app, token) or opened, acted, _STATUS[acted.what])

    def _acted(self, opened: Opened, form: Form) -> Acted:
        revision = form.whole("revision")
        revision = -1 if revision is None else revision
        text = form["text"]
        if not opened.is_current:
            return Acted(what="otherwise", said="Nothing was done: the issue has changed since your link was made.")
        if len(text) > MOST_LETTERS:
            return Acted(what="otherwise", said=f"Nothing was done: at most {MOST_LETTERS} characters fit.")
        try:
            match form["act"]:
                case "approve":
                    return approve(self._app, opened, revision)
                case "hold":
                    return hold(self._app, opened, revision, text)
                case "comment":
                    return comment(self._app, opened, text)
        except IssueError as exc:
            return Acted(what="otherwise", said=f"Nothing was done: {exc}.")
        return Acted(what="otherwise", said="Nothing was done: this is no button of the page.")

    def _is_own(self, request: Request) -> bool:
        """Whether a form comes from our own page. Old browsers do not say; the address is secret all the same."""
        site = request.headers.get("sec-fetch-site")
        if site is not None:
            return site in ("same-origin", "none")
        origin = request.headers.get("origin")
        own = urlsplit(self._app.links.home)
        return (
            origin is None
            or origin == f"{own.scheme}://{own.netloc}"
            or (urlsplit(origin).netloc == request.headers.get("host"))
        )

    def _page(self, opened: Opened, acted: Acted | None, status: int) -> Response:
        look = look_at(self._app, opened)
        return self._show(
            "issue" if opened.is_current else "changed",
            status,
            acted=acted,
            look=look,
            person=opened.person,
            revision=opened.issue.revision,
            most=MOST_LETTERS,
            history=_history(look, opened.newsletter.zone),
            then=BackgroundTask(self._postbox.wake) if acted else None,
        )

    def _show(self, state: str, status: int, **values: Any) -> Response:
        return self._pages.show(
            "web/staff.html.j2", "en", status=status, headers=_HEADERS, personal=True, state=state, **values
        )


def _history(look: Look, zone: str) -> list[dict[str, str]]:
    """What happened to the issue and what was said of it, oldest first."""
    rows = [(one.at, one.who, f"{one.before or 'new'} → {one.after}", one.why or "") for one in look.history]
    rows += [(a.at, a.who, f"approved by {a.how}" + (" (void)" if a.void_at else ""), "") for a in look.approvals]
    rows += [(c.at, c.who, "comment", c.text) for c in look.comments]
    return [
        {"at": f"{at.astimezone(ZoneInfo(zone)):%Y-%m-%d %H:%M %Z}", "who": who, "what": what, "why": why}
        for at, who, what, why in sorted(rows, key=lambda row: row[0])
    ]
