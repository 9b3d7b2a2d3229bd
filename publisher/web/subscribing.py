"""The form for new subscribers, and the page with the button that their mail leads to.

Whoever sends the form gets the same answer, to the byte, whatever we hold of the address; and so does a program that
fills in the field no person sees.
"""

from dataclasses import dataclass, replace
from datetime import timedelta
from math import ceil
from typing import Any

from starlette.background import BackgroundTask
from starlette.requests import Request
from starlette.responses import Response

from publisher.actions.subscribing import Confirmation, ask, confirm, look_at_confirmation
from publisher.app import App
from publisher.languages import are_kin, fitting
from publisher.records import Wish
from publisher.subscribers import Address, parse, suggestion
from publisher.web.forms import Form
from publisher.web.limits import Limits, client_of
from publisher.web.pages import Pages
from publisher.web.postbox import Postbox

_LONGEST_TYPED = 320
_AN_HOUR = timedelta(hours=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Filled:
    """The form as somebody filled it in. `meant` is the address that they probably meant."""

    typed: str = ""
    newsletters: tuple[str, ...] = ()
    topics: tuple[str, ...] = ()
    language: str | None = None
    meant: str | None = None


class Subscribing:
    """`/subscribe` and `/confirm/<token>`."""

    def __init__(self, pages: Pages, postbox: Postbox) -> None:
        self._app, self._pages, self._postbox = pages.app, pages, postbox
        self._limits = Limits(pages.app.config.subscribe.hourly_per_client)

    def subscribe(self, request: Request, form: Form | None) -> Response:
        """The form, or the answer to it."""
        wanted = (request.query_params.get("lang"), form["lang"] if form else None)
        language = self._pages.language(wanted, request)
        if not (self._app.config.subscribe.open and self._app.newsletters):
            return self._pages.say("closed", language, status=404)
        if form is None:
            asked = request.query_params.getlist("newsletter")
            blank = Filled(newsletters=_known(self._app, asked), language=_mailed(self._app, language))
            return self._form(blank, language, headers={"Cache-Control": "public, max-age=300"})
        return self._taken(form, language, request.client.host if request.client else None)

    def _taken(self, form: Form, language: str, host: str | None) -> Response:
        filled = _filled(self._app, form, language)
        address = parse(filled.typed)
        wrong = _wrong(address, filled)
        if wrong or isinstance(address, str):
            return self._form(filled, language, wrong=wrong, status=422)
        if filled.meant:
            return self._form(filled, language)
        wait = self._limits.take(client_of(host), self._app.clock())
        if wait is None and not form["website"]:
            wish = Wish(
                address=address.written,
                address_key=address.key,
                newsletters=filled.newsletters,
                topics=filled.topics,
                language=filled.language if len(self._app.mail_languages) > 1 else None,
            )
            wait = _AN_HOUR if ask(self._app, wish) == "too-many" else None
        if wait is not None:
            later = {"Retry-After": str(ceil(wait.total_seconds()))}
            return self._pages.say("too_many", language, status=429, headers=later)
        return self._pages.say("asked", language, then=BackgroundTask(self._postbox.wake))

    def _form(self, filled: Filled, language: str, *, wrong: dict[str, str] | None = None, **more: Any) -> Response:
        return self._pages.show(
            "web/subscribe.html.j2",
            language,
            typed=filled.typed,
            meant=filled.meant,
            chosen=filled,
            wrong=wrong or {},
            newsletters=self._pages.newsletters(self._app.newsletters, language),
            topics=self._pages.topics(language),
            languages=self._pages.languages(),
            privacy_url=self._app.config.subscribe.privacy_url,
            **more,
        )

    def confirm(self, request: Request, form: Form | None) -> Response:
        """What the link in the mail leads to; its button makes a subscriber."""
        token, pressed = request.path_params["token"], bool(form and form["confirm"])
        found = confirm(self._app, token) if pressed else look_at_confirmation(self._app, token)
        return self._confirmation(found, request, status=422 if form and not pressed else 200)

    def _confirmation(self, found: Confirmation, request: Request, status: int) -> Response:
        wish = found.wish
        language = self._pages.language((wish.language if wish else None,), request)
        if found.state == "invalid" or wish is None:
            return self._pages.say("unknown", language, link="subscribe_again", status=404, personal=True)
        links = self._app.signing_links
        return self._pages.show(
            "web/confirm.html.j2",
            language,
            status=status if found.state == "open" else 200,
            personal=True,
            state={"open": "confirm", "done": "confirmed", "used": "used"}[found.state],
            newsletters=self._pages.newsletters(wish.newsletters, language),
            preferences=links.personal("preferences", found.public_id) if found.state == "done" else None,
        )


def _filled(app: App, form: Form, language: str) -> Filled:
    """What was filled in. Of two addresses, the one typed and the one we thought was meant, they say which it is;
    where they wrote a third one instead, that holds."""
    typed, meant = form["address"].strip()[:_LONGEST_TYPED], form["meant"]
    filled = Filled(
        typed=typed,
        newsletters=_known(app, form.every("newsletter")),
        topics=tuple(slug for slug in app.topics if slug in form.every("topic")),
        language=form["language"] if form["language"] in app.mail_languages else _mailed(app, language),
    )
    if meant and typed == form["typed"]:
        return filled if meant == "typed" else replace(filled, typed=meant[:_LONGEST_TYPED])
    return replace(filled, meant=suggestion(typed))


def _wrong(address: Address | str, filled: Filled) -> dict[str, str]:
    """The fields that cannot stay as they are, each with the name of the words that say why."""
    wrong = {}
    if isinstance(address, str):
        wrong["address"] = "address_wrong"
    if not filled.newsletters:
        wrong["newsletters"] = "newsletters_none"
    return wrong


def _known(app: App, names: list[str]) -> tuple[str, ...]:
    """Those of the names that are newsletters; the only one there is needs no name."""
    if len(app.newsletters) == 1:
        return tuple(app.newsletters)
    return tuple(name for name in app.newsletters if name in names)


def _mailed(app: App, language: str) -> str | None:
    """The language of the mail that readers of the page would have, if it comes in theirs."""
    tags = app.mail_languages
    best = tags[fitting(language, tags)]
    return best if are_kin(best, language) else None
