"""New subscribers: what someone asks for in the form holds once they confirm it from their own mailbox.

ask -> mail -> confirm. Whoever asks gets the same answer whether the address is new, known or forbidden; what differs
is the mail, which only the owner of the mailbox sees. Nothing that was typed stands in that mail.
"""

import logging
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal, TypeAlias

from publisher.actions.choosing import newsletters_of
from publisher.actions.notices import Notice, send_notice
from publisher.app import App
from publisher.errors import TransportError
from publisher.records import Barred, Deferred, Request, Subscriber, Suppression, Unsent, Wish
from publisher.store import Connection, requests, subscribers, suppressions

_log = logging.getLogger("publisher.subscribing")
_LEASE = timedelta(minutes=5)
"""So long one process may take for one mail."""

Asked: TypeAlias = Literal["taken", "too-many"]


def ask(app: App, wish: Wish) -> Asked:
    """Keep a wish until it is confirmed. `too-many` says that all together asked too much in this hour; whether this
    one address asked before, nobody is told."""
    now = app.clock()
    settings = app.config.subscribe
    with app.database.write() as connection:
        requests.alone(connection, wish.address_key)
        if requests.asked_since(connection, now - timedelta(hours=1)) >= settings.hourly_in_all:
            return "too-many"
        before = requests.latest(connection, wish.address_key)
        patience = timedelta(hours=settings.hours_between_mails)
        if before and not before.used_at and before.asked_at > now - patience:
            # One mail is enough: its link leads to a page that shows all that was asked for.
            requests.widen(connection, before, wish.newsletters)
        else:
            expires_at = now + timedelta(days=settings.days_to_confirm)
            request = Request(public_id=secrets.token_hex(16), wish=wish, asked_at=now, expires_at=expires_at)
            requests.add(connection, request)
    return "taken"


def embedded_form(app: App, newsletter: str | None, language: str | None) -> str:
    """The form as HTML for a page of the office's own website. Raises IssueError for an unknown newsletter."""
    lang = language or app.language
    return app.templates.render(
        "web/embed.html.j2",
        words=app.words(lang),
        action=app.links.subscribe(),
        newsletter=app.newsletter(newsletter).name if newsletter else None,
        lang=lang,
    )


def mail_requests(app: App) -> int:
    """Send the mails that were not sent yet; how many. If the program dies meanwhile, a later call sends the same."""
    now = app.clock()
    with app.database.read() as connection:
        waiting = requests.unmailed(connection, now)
    sent = 0
    for request in waiting:
        try:
            sent += _mail(app, request, now)
        except TransportError:
            raise
        except Exception as exc:
            # Whatever this one does to us, the others wait for their mail. Nothing of it stands in the log.
            _log.error("the mail for request %s could not be made (%s)", request.public_id[:8], type(exc).__name__)
    return sent


def _mail(app: App, request: Request, now: datetime) -> bool:
    """Send the mail for one request, unless another process is at it; whether a mail left."""
    with app.database.write() as connection:
        if not requests.claim(connection, request, now, _LEASE):
            return False
        notice = _answer(app, connection, request)
    try:
        waits = notice is not None and isinstance(send_notice(app, notice), (Barred, Deferred, Unsent))
    except TransportError:
        with app.database.write() as connection:
            requests.release(connection, request)
        raise
    if not waits:
        with app.database.write() as connection:
            requests.mark_mailed(connection, request, now)
    return notice is not None and not waits


def _answer(app: App, connection: Connection, request: Request) -> Notice | None:
    """The mail for this request; none for someone who said that our mail was spam."""
    wish = request.wish
    if _complained(suppressions.of(connection, app.fingerprint(wish.address_key))):
        return None
    person = subscribers.with_key(connection, wish.address_key)
    has = newsletters_of(app, connection, person) if person and person.state == "active" else ()
    held = bool(has) and set(wish.newsletters) <= set(has)
    link = app.signing_links.personal("preferences", person.public_id) if person and held else None
    return Notice(
        name=request.public_id,
        kind="known" if link else "confirm",
        address=person.address if person else wish.address,
        language=(person.language if person and held else None) or wish.language or app.language,
        newsletters=wish.newsletters,
        link=link or app.signing_links.personal("confirm", request.public_id),
        days=app.config.subscribe.days_to_confirm,
        date=request.asked_at,
    )


def _complained(held: list[Suppression]) -> bool:
    return any(one.reason == "complained" for one in held)


@dataclass(frozen=True, slots=True, kw_only=True)
class Confirmation:
    """`open` waits for the button, `done` was just confirmed, `used` was before, `invalid` is anything else."""

    state: Literal["open", "done", "used", "invalid"]
    wish: Wish | None = None
    public_id: str = ""


def look_at_confirmation(app: App, token: str) -> Confirmation:
    """What the link in the mail leads to. Changes nothing: programs follow links, too."""
    with app.database.read() as connection:
        return _look(app, connection, token)[0]


def confirm(app: App, token: str) -> Confirmation:
    """Make a subscriber of whoever asked; once, however often the button is pressed."""
    with app.database.write() as connection:
        found, request = _look(app, connection, token, hold=True)
        if found.state != "open" or request is None:
            return found
        requests.alone(connection, request.wish.address_key)
        if _complained(suppressions.of(connection, app.fingerprint(request.wish.address_key))):
            return Confirmation(state="invalid")
        person = _welcome(app, connection, request)
        requests.mark_used(connection, request, app.clock())
    return Confirmation(state="done", wish=request.wish, public_id=person.public_id)


def _look(app: App, connection: Connection, token: str, *, hold: bool = False) -> tuple[Confirmation, Request | None]:
    public_id = app.signing_links.check("confirm", token)
    request = requests.find(connection, public_id, hold=hold) if public_id else None
    if request is None:
        return Confirmation(state="invalid"), None
    if request.used_at:
        return Confirmation(state="used", wish=request.wish), request
    state: Literal["open", "invalid"] = "open" if app.clock() < request.expires_at else "invalid"
    return Confirmation(state=state, wish=request.wish), request


def _welcome(app: App, connection: Connection, request: Request) -> Subscriber:
    """The person as they asked, whatever they were before: this is their own will, proven by their own mailbox."""
    wish, now = request.wish, app.clock()
    fingerprint = app.fingerprint(wish.address_key)
    suppressions.lift(connection, fingerprint, ("", *wish.newsletters))
    how = f"by the form on the web: asked {_minute(request.asked_at)}, confirmed by mail {_minute(now)}"
    source, at = "form on the web, confirmed by mail", now.isoformat(timespec="seconds")
    new = Subscriber(
        address=wish.address,
        address_key=wish.address_key,
        public_id=secrets.token_hex(16),
        language=wish.language,
        topics=wish.topics,
        newsletters=wish.newsletters,
        consent_source=source,
        consent_at=at,
        created_at=now,
    )
    person = subscribers.add(connection, new, fingerprint)
    if person is None:
        person = _again(connection, subscribers.held(connection, wish.address_key), new)
    subscribers.remember(connection, person, "confirmed", how, now)
    return person


def _again(connection: Connection, person: Subscriber, new: Subscriber) -> Subscriber:
    """Someone we hold, with what they asked for now."""
    return subscribers.change(
        connection,
        person,
        state="active",
        paused_until=None,
        language=new.language or person.language,
        topics=new.topics,
        newsletters=_joined(person, new),
        consent_source=new.consent_source,
        consent_at=new.consent_at,
    )


def _joined(person: Subscriber, new: Subscriber) -> tuple[str, ...]:
    """The newsletters someone has after a wish: who is active keeps what they had."""
    if person.state != "active":
        return new.newsletters
    return tuple(dict.fromkeys((*person.newsletters, *new.newsletters))) if person.newsletters else ()


def _minute(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M} UTC"
