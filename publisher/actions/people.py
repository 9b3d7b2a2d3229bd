"""What we hold of people: list, count, export, show and erase them."""

import csv
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, TextIO

from publisher.app import App
from publisher.errors import AddressError
from publisher.records import Bounce, ConsentEvent, Delivery, Intake, Request, Segment, Subscriber, Suppression
from publisher.store import Connection, bounces, deliveries, intakes, requests, subscribers, suppressions
from publisher.subscribers import COLUMNS, neutral, parse


def list_subscribers(app: App, newsletter: str | None = None) -> list[Subscriber]:
    """Everyone we hold, or those who asked for one newsletter, whatever their state."""
    with app.database.read() as connection:
        return list(subscribers.every(connection, app.newsletter(newsletter).name if newsletter else None))


def segments(app: App) -> list[Segment]:
    """How many each newsletter would go to now."""
    with app.database.read() as connection:
        return [subscribers.segment(connection, name, app.clock()) for name in app.newsletters]


def export_subscribers(app: App, to: TextIO, form: Literal["csv", "json"], newsletter: str | None = None) -> int:
    """Write everyone, in a form that `subscribers import` reads (CSV), or with all that their record holds (JSON).

    In the CSV no cell begins like a formula: a spreadsheet must not run what a stranger typed as a name.
    """
    with app.database.read() as connection:
        people = subscribers.every(connection, app.newsletter(newsletter).name if newsletter else None)
        rows = ((person, _why_left(app, connection, person)) for person in people)
        return _as_csv(rows, to) if form == "csv" else _as_json(rows, to)


def _why_left(app: App, connection: Connection, person: Subscriber) -> str | None:
    held = suppressions.of(connection, app.fingerprint(person.address_key)) if person.state == "left" else []
    return next((one.reason for one in held if not one.newsletter), "unsubscribed") if person.state == "left" else None


def _as_csv(rows: Iterator[tuple[Subscriber, str | None]], to: TextIO) -> int:
    # Spreadsheets take a file without this mark for one in the encoding of their own country.
    to.write("\ufeff")
    writer = csv.writer(to, quoting=csv.QUOTE_ALL, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    count = 0
    for person, reason in rows:
        told = _told(person) | {"reason": reason}
        cells = {n: ";".join(v) if isinstance(v, tuple) else v or "" for n, v in told.items()}
        writer.writerow(neutral(str(cells.get(name, ""))) for name in COLUMNS)
        count += 1
    return count


def _as_json(rows: Iterator[tuple[Subscriber, str | None]], to: TextIO) -> int:
    to.write("[")
    count = 0
    for person, reason in rows:
        told = _told(person) | {"reason": reason, "public_id": person.public_id}
        to.write(",\n" if count else "\n")
        to.write(json.dumps(told, ensure_ascii=False))
        count += 1
    to.write("\n]\n")
    return count


def _told(person: Subscriber) -> dict[str, Any]:
    names = ("address", "name", "language", "topics", "newsletters", "state", "consent_source", "consent_at")
    told = {name: getattr(person, name) for name in names}
    return told | {
        "paused_until": person.paused_until.isoformat() if person.paused_until else None,
        "created_at": person.created_at.isoformat() if person.created_at else None,
    }


@dataclass(frozen=True, slots=True, kw_only=True)
class Copy:
    """One copy of an issue that was for this person."""

    newsletter: str
    period: str
    delivery: Delivery
    settled_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class About:
    """All that we hold on one address."""

    address: str
    person: Subscriber | None
    intake: Intake | None
    suppressions: tuple[Suppression, ...]
    requests: tuple[Request, ...]
    history: tuple[ConsentEvent, ...]
    copies: tuple[Copy, ...]
    bounces: tuple[Bounce, ...]

    @property
    def is_unknown(self) -> bool:
        return not (self.person or self.suppressions or self.requests)


def show_subscriber(app: App, address: str) -> About:
    """All that we hold on one address: why we have it, what was agreed, what was sent. Raises AddressError."""
    key = _key(address)
    with app.database.read() as connection:
        person = subscribers.with_key(connection, key)
        return About(
            address=person.address if person else address.strip(),
            person=person,
            intake=intakes.find(connection, person.intake) if person and person.intake else None,
            suppressions=tuple(suppressions.of(connection, app.fingerprint(key))),
            requests=tuple(requests.of(connection, key)),
            history=tuple(subscribers.history(connection, person)) if person else (),
            copies=_copies(connection, person) if person else (),
            bounces=tuple(bounces.of(connection, person)) if person else (),
        )


def _copies(connection: Connection, person: Subscriber) -> tuple[Copy, ...]:
    return tuple(
        Copy(newsletter=newsletter, period=period, delivery=delivery, settled_at=at)
        for newsletter, period, delivery, at in deliveries.of(connection, person.id)
    )


def erase_subscriber(app: App, address: str, *, who: str, dry_run: bool = False) -> About:
    """Erase all that names this address; what there was. Its fingerprint goes on the suppression list, so that no later
    import brings it back. What was sent stays counted, without whom it was for. Raises AddressError.
    """
    about = show_subscriber(app, address)
    if dry_run:
        return about
    key = _key(address)
    with app.database.write() as connection:
        requests.alone(connection, key)
        person = subscribers.with_key(connection, key, hold=True)
        if person:
            forget(connection, person, app.clock())
        requests.forget(connection, key)
        how = f"erased by {who}"
        suppressions.add(
            connection, Suppression(fingerprint=app.fingerprint(key), reason="erased", at=app.clock(), how=how)
        )
        # Before the end of the transaction: stopped in between, the same command finds what it needs to do it again.
        names = [request.public_id for request in about.requests]
        remove_written(app, f"*/*/{person.public_id}.eml" if person else "", *(f"confirmations/{n}.eml" for n in names))
    app.database.scrub()
    return about


def forget(connection: Connection, person: Subscriber, now: datetime) -> None:
    """Take one person out of all tables."""
    deliveries.forget(connection, person.id, now)
    subscribers.forget(connection, person)


def remove_written(app: App, *patterns: str) -> None:
    """Remove mails that the file transport wrote."""
    for pattern in filter(None, patterns):
        for file in app.outbox.glob(pattern):
            file.unlink(missing_ok=True)


def _key(address: str) -> str:
    found = parse(address)
    if isinstance(found, str):
        raise AddressError(f'"{address[:80]}" is no mail address: {found}')
    return found.key
