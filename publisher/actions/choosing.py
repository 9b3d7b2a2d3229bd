"""What subscribers decide by the personal links in each mail: what they receive, a pause, and leaving.

Looking changes nothing. A link never ends: whoever finds a mail of years ago can leave by it. Leaving is always done,
also by an old form; every other change only by a form that shows what we hold now.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

from publisher.app import App
from publisher.links import public_id_in
from publisher.records import Reason, Subscriber, Suppression
from publisher.store import Connection, issues, requests, subscribers, suppressions


@dataclass(frozen=True, slots=True, kw_only=True)
class Leaving:
    """Who is about to leave, or did. `newsletter` is the one that the mail was of; None for a link that leaves
    everything. `receives` are all that this person gets still."""

    person: Subscriber
    newsletter: str | None
    receives: tuple[str, ...]

    @property
    def others(self) -> tuple[str, ...]:
        """What they would still get after leaving the newsletter of the mail."""
        return tuple(name for name in self.receives if name != self.newsletter) if self.newsletter else ()

    @property
    def has_left(self) -> bool:
        """Whether there is nothing more to leave by this link."""
        return self.newsletter not in self.receives if self.newsletter else not self.receives


def look_at_leaving(app: App, token: str) -> Leaving | None:
    """Who would leave what by this link; None for a link that is not ours or of someone who is gone."""
    with app.database.read() as connection:
        return _leaving(app, connection, token)


def leave(app: App, token: str, *, everything: bool, how: str) -> Leaving | None:
    """Leave the newsletter of the link, or everything. Who has left is left alone; None as for looking."""
    with app.database.write() as connection:
        found = _leaving(app, connection, token, hold=True)
        if found is None or found.person.state == "left":
            return found
        kept = () if everything else found.others
        if found.newsletter and kept:
            person = _leave_one(app, connection, found, found.newsletter, how)
        else:
            person = leave_all(app, connection, found.person, "unsubscribed", how)
    return Leaving(person=person, newsletter=found.newsletter, receives=kept)


def leave_all(app: App, connection: Connection, person: Subscriber, reason: Reason, how: str) -> Subscriber:
    """Never write to this person again: they left, their mailbox is gone, or they complained."""
    forbidden = Suppression(fingerprint=app.fingerprint(person.address_key), reason=reason, at=app.clock(), how=how)
    suppressions.add(connection, forbidden)
    requests.forget_open(connection, person.address_key)
    if person.state == "left":
        return person
    what: Any = reason if reason in ("bounced", "complained") else "left"
    subscribers.remember(connection, person, what, how, app.clock())
    return subscribers.change(connection, person, state="left")


def _leave_one(app: App, connection: Connection, found: Leaving, newsletter: str, how: str) -> Subscriber:
    """Leave one of several. It is forbidden also where it is not among what they receive just now: a newsletter that
    publisher.toml does not name for a while may come back."""
    person = found.person
    if not _forbid(app, connection, person, (newsletter,), how):
        return person
    requests.forget_open(connection, person.address_key)
    subscribers.remember(connection, person, "left", f"{newsletter}: {how}", app.clock())
    kept = tuple(name for name in person.newsletters or found.receives if name != newsletter)
    return subscribers.change(connection, person, newsletters=kept)


def _forbid(app: App, connection: Connection, person: Subscriber, newsletters: Sequence[str], how: str) -> bool:
    """Put newsletters of one person on the suppression list; whether any was not there yet."""
    fingerprint, now = app.fingerprint(person.address_key), app.clock()
    added = [
        suppressions.add(
            connection,
            Suppression(fingerprint=fingerprint, reason="unsubscribed", at=now, newsletter=newsletter, how=how),
        )
        for newsletter in newsletters
    ]
    return any(added)


def _leaving(app: App, connection: Connection, token: str, *, hold: bool = False) -> Leaving | None:
    person = subscribers.with_public_id(connection, public_id_in(token), hold=hold)
    if person is None:
        return None
    links = app.signing_links
    if links.check("unsubscribe", token):
        return Leaving(person=person, newsletter=None, receives=newsletters_of(app, connection, person))
    # A newsletter that publisher.toml no longer names still stands in the mails that were sent of it.
    known = dict.fromkeys((*app.newsletters, *person.newsletters, *issues.newsletters(connection)))
    newsletter = next((name for name in known if links.check("unsubscribe", token, name)), None)
    if newsletter is None:
        return None
    return Leaving(person=person, newsletter=newsletter, receives=newsletters_of(app, connection, person))


def newsletters_of(app: App, connection: Connection, person: Subscriber) -> tuple[str, ...]:
    """The newsletters someone receives: those they asked for, of all there are for who asked for every one, but for
    those they left."""
    if person.state == "left":
        return ()
    left = {held.newsletter for held in suppressions.of(connection, app.fingerprint(person.address_key))}
    return tuple(name for name in person.newsletters or tuple(app.newsletters) if name not in left)


@dataclass(frozen=True, slots=True, kw_only=True)
class Choices:
    """What someone chose, as the page of preferences shows it. `token` is that of the page itself."""

    person: Subscriber
    newsletters: tuple[str, ...]
    token: str
    unsubscribe: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """What someone chooses. No `topics` means all of them; `pause_weeks` of 0 ends a pause, None leaves it alone.
    `revision` is that of the record the form showed."""

    newsletters: tuple[str, ...]
    topics: tuple[str, ...]
    language: str | None
    pause_weeks: int | None
    revision: int


Chosen = Literal["saved", "stale", "unknown"]


def choices(app: App, token: str) -> Choices | None:
    """What the page of preferences shows; None for a link that is not ours or of someone who is gone."""
    with app.database.read() as connection:
        return _choices(app, connection, token)


def choose(app: App, token: str, choice: Choice) -> tuple[Chosen, Choices | None]:
    """Keep a choice. A form that shows what is no longer so changes nothing: `stale`. Who has left comes back by the
    form for new subscribers alone.

    What is no newsletter, topic or language of this site is left out. With no newsletter left, nothing is saved:
    leaving has a page of its own.
    """
    with app.database.write() as connection:
        found = _choices(app, connection, token, hold=True)
        if found is None:
            return "unknown", None
        wanted = tuple(name for name in app.newsletters if name in choice.newsletters)
        if found.person.state != "active" or found.person.revision != choice.revision or not wanted:
            return "stale", found
        person = _changed(app, connection, found, choice, wanted)
        return "saved", _shown(app, connection, person, token)


def _changed(app: App, connection: Connection, found: Choices, choice: Choice, wanted: tuple[str, ...]) -> Subscriber:
    how = "by the page of preferences"
    person, now = found.person, app.clock()
    # Newsletters that this page does not show, because publisher.toml no longer names them, are left as they are.
    gone = [name for name in found.newsletters if name in app.newsletters and name not in wanted]
    _forbid(app, connection, person, gone, how)
    suppressions.lift(connection, app.fingerprint(person.address_key), wanted)
    hidden = tuple(name for name in person.newsletters if name not in app.newsletters)
    values: dict[str, Any] = {
        "newsletters": (*wanted, *hidden),
        "topics": tuple(slug for slug in app.topics if slug in choice.topics),
        "language": choice.language if choice.language in app.mail_languages else person.language,
        "paused_until": _paused_until(app, person, choice.pause_weeks),
    }
    if all(getattr(person, name) == value for name, value in values.items()):
        return person
    pauses = values["paused_until"] is not None and values["paused_until"] != person.paused_until
    subscribers.remember(connection, person, "paused" if pauses else "changed", how, now)
    return subscribers.change(connection, person, **values)


def _paused_until(app: App, person: Subscriber, weeks: int | None) -> datetime | None:
    if weeks is None:
        return person.paused_until
    weeks = min(max(weeks, 0), app.config.subscribe.most_pause_weeks)
    return app.clock() + timedelta(weeks=weeks) if weeks else None


def _choices(app: App, connection: Connection, token: str, *, hold: bool = False) -> Choices | None:
    public_id = app.signing_links.check("preferences", token)
    person = subscribers.with_public_id(connection, public_id, hold=hold) if public_id else None
    return _shown(app, connection, person, token) if person else None


def _shown(app: App, connection: Connection, person: Subscriber, token: str) -> Choices:
    return Choices(
        person=person,
        newsletters=newsletters_of(app, connection, person),
        token=token,
        unsubscribe=app.signing_links.personal("unsubscribe", person.public_id),
    )
