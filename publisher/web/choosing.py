"""The pages that the personal links in each mail lead to: what someone receives, and leaving.

A page shows; only its button does. Mail programs leave without a page (RFC 8058): they are never told to wait.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from babel.dates import format_timedelta
from starlette.requests import Request
from starlette.responses import Response

from publisher.actions.choosing import Choice, Choices, Leaving, choices, choose, leave, look_at_leaving
from publisher.languages import fitting, locale, long_date
from publisher.web.forms import Form
from publisher.web.pages import Pages

_PAUSES = (2, 4, 8, 12)
"""Weeks."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    """What the form shows as chosen; `pause` is as in Choice."""

    newsletters: tuple[str, ...]
    topics: tuple[str, ...]
    language: str | None
    pause: int | None = None


class Choosing:
    """`/preferences/<token>` and `/unsubscribe/<token>`."""

    def __init__(self, pages: Pages) -> None:
        self._app, self._pages = pages.app, pages

    def preferences(self, request: Request, form: Form | None) -> Response:
        """What someone receives; or what became of their choice."""
        token = request.path_params["token"]
        found = choices(self._app, token)
        if found is None:
            return self._unknown(request)
        if found.person.state != "active":
            return self._not_subscribed(found, request, 409 if form else 200)
        if form is None:
            return self._choices(found, request, self._held(found))
        chosen = self._chosen(form)
        if not chosen.newsletters:
            return self._choices(found, request, chosen, wrong="none_chosen", status=422)
        became, now = choose(self._app, token, self._choice(form, chosen, found))
        if now is None:
            return self._unknown(request)
        if now.person.state != "active":
            return self._not_subscribed(now, request, 409)
        if became == "saved":
            return self._choices(now, request, self._held(now), saved=True)
        return self._choices(now, request, self._held(now), wrong="stale", status=409)

    def _held(self, found: Choices) -> Chosen:
        return Chosen(
            newsletters=found.newsletters, topics=found.person.topics, language=self._mailed(found.person.language)
        )

    def _mailed(self, language: str | None) -> str | None:
        """The language that the mail comes in for someone."""
        tags = self._app.mail_languages
        return tags[fitting(language, tags)] if tags else None

    def _chosen(self, form: Form) -> Chosen:
        names = tuple(self._app.newsletters)
        return Chosen(
            newsletters=tuple(n for n in names if n in form.every("newsletter")) if len(names) > 1 else names,
            topics=tuple(slug for slug in self._app.topics if slug in form.every("topic")),
            language=form["language"],
            pause=form.whole("pause"),
        )

    def _choice(self, form: Form, chosen: Chosen, found: Choices) -> Choice:
        """Who leaves the language as it is shown keeps their own, though no newsletter comes in it yet."""
        shown = self._mailed(found.person.language)
        revision = form.whole("revision")
        return Choice(
            newsletters=chosen.newsletters,
            topics=chosen.topics,
            language=None if chosen.language == shown else chosen.language,
            pause_weeks=chosen.pause,
            revision=-1 if revision is None else revision,
        )

    def _choices(
        self,
        found: Choices,
        request: Request,
        chosen: Chosen,
        *,
        wrong: str | None = None,
        saved: bool = False,
        status: int = 200,
    ) -> Response:
        person, now = found.person, self._app.clock()
        language = self._pages.language((person.language,), request)
        paused = person.paused_until if person.paused_until and person.paused_until > now else None
        return self._pages.show(
            "web/preferences.html.j2",
            language,
            status=status,
            personal=True,
            address=masked(person.address),
            revision=person.revision,
            chosen=chosen,
            newsletters=self._pages.newsletters(self._app.newsletters, language),
            topics=self._pages.topics(language),
            languages=self._pages.languages(),
            paused_until=self._day(paused, language) if paused else None,
            pauses=self._pauses(now, language),
            unsubscribe=found.unsubscribe,
            saved=saved,
            wrong=wrong,
        )

    def _pauses(self, now: datetime, language: str) -> list[dict[str, Any]]:
        most = self._app.config.subscribe.most_pause_weeks
        return [
            {
                "weeks": weeks,
                "told": _weeks(weeks, language),
                "until": self._day(now + timedelta(weeks=weeks), language),
            }
            for weeks in [weeks for weeks in _PAUSES if weeks <= most] or [most]
        ]

    def _day(self, moment: datetime, language: str) -> str:
        return long_date(moment.astimezone(ZoneInfo(self._app.zone)).date(), language)

    def unsubscribe(self, request: Request, form: Form | None) -> Response:
        """The page with the button, or what became of it. Whoever has left sees that, as often as they like."""
        token = request.path_params["token"]
        one_click = bool(form and form["List-Unsubscribe"].strip().lower() == "one-click")
        pressed = form["leave"] if form else ""
        if one_click or pressed in ("this", "everything"):
            how = "one-click" if one_click else "by the page"
            found = leave(self._app, token, everything=not one_click and pressed == "everything", how=how)
        else:
            found = look_at_leaving(self._app, token)
        if found is None:
            return self._unknown(request)
        return self._leaving(found, request, status=422 if form and not found.has_left else 200)

    def _leaving(self, found: Leaving, request: Request, status: int) -> Response:
        person, links = found.person, self._app.signing_links
        language = self._pages.language((person.language,), request)
        named = self._pages.newsletters([found.newsletter] if found.newsletter else [], language)
        return self._pages.show(
            "web/unsubscribe.html.j2",
            language,
            status=status,
            personal=True,
            left=found.has_left,
            newsletter=named[0] if named else None,
            others=self._pages.newsletters(found.others, language),
            preferences=links.personal("preferences", person.public_id),
            subscribe=links.subscribe(),
        )

    def _not_subscribed(self, found: Choices, request: Request, status: int) -> Response:
        language = self._pages.language((found.person.language,), request)
        return self._pages.say("not_subscribed", language, link="subscribe_again", status=status, personal=True)

    def _unknown(self, request: Request) -> Response:
        language = self._pages.language((), request)
        return self._pages.say("unknown", language, link="subscribe_again", status=404, personal=True)


def masked(address: str) -> str:
    """So much of an address that its owner knows it, and nobody who looks over their shoulder does."""
    local, _, domain = address.rpartition("@")
    return f"{local[:1]}•••@{domain}"


def _weeks(weeks: int, language: str) -> str:
    """`8 weeks`, however many: never two months."""
    return format_timedelta(timedelta(weeks=weeks), granularity="week", threshold=1000, locale=locale(language))
