"""What machines ask: is it alive, is it ready, and how much of what is there. Nothing of it names a person."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from publisher.actions.run import WHO
from publisher.app import App
from publisher.errors import PublisherError
from publisher.records import Certificate, Issue
from publisher.store import alarms, content, deliveries, heartbeats, issues, subscribers
from publisher.store.database import schema_of
from publisher.store.schema import HEAD

_SILENT = timedelta(minutes=5)
"""A service that did not look at what is due for so long hangs, or is gone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Alive:
    """When the service was last awake, by its own word or by what it left in the database, and whether that is well."""

    well: bool
    last_tick: datetime | None


def alive(app: App) -> Alive:
    """Whether the service is awake. Never raises: a database that is away is asked for only by another process."""
    last = app.ticked_at
    if last is None:
        try:
            with app.database.read() as connection:
                last = heartbeats.last(connection, WHO)
        except PublisherError:
            return Alive(well=False, last_tick=None)
    return Alive(well=last is not None and app.clock() - last < _SILENT, last_tick=last)


def ready(app: App) -> dict[str, bool]:
    """Whether the database can be reached, has this program's schema, and the keys that belong to it are there."""
    found = {"database": False, "schema": False, "keys": False}
    try:
        with app.database.read() as connection:
            found |= {"database": True, "schema": schema_of(connection) == HEAD}
        app.keyring  # noqa: B018 - the keys are read, and compared with the database
        found["keys"] = app.keys is not None or app.keys_file.exists()
    except PublisherError:
        return found
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Numbers:
    """What a monitor draws: counts, and moments of the past. `latest` are each newsletter's newest sent or sending
    issue with its certificate."""

    issues: Mapping[tuple[str, str], int]
    latest: tuple[tuple[Issue, Certificate], ...]
    subscribers: Mapping[str, int]
    alarms_waiting: int
    last_tick: datetime | None
    last_accepted: datetime | None
    sources: Mapping[str, datetime]


def numbers(app: App) -> Numbers:
    """Count. Raises StoreError when the database cannot be used."""
    with app.database.read() as connection:
        every = issues.every(connection)
        counted = Counter((issue.newsletter, str(issue.state)) for issue in every)
        latest = tuple((issue, deliveries.certificate(connection, issue)) for issue in _latest(every))
        accepted = [deliveries.accepted_between(connection, issue.id)[1] for issue, _ in latest]
        return Numbers(
            issues=counted,
            latest=latest,
            subscribers=subscribers.by_state(connection),
            alarms_waiting=alarms.waiting(connection),
            last_tick=app.ticked_at or heartbeats.last(connection, WHO),
            last_accepted=max((moment for moment in accepted if moment), default=None),
            sources=content.last_collected(connection),
        )


def _latest(every: list[Issue]) -> list[Issue]:
    """Each newsletter's newest issue that left or is leaving."""
    found: dict[str, Issue] = {}
    for issue in every:
        if issue.state in ("sending", "paused", "sent"):
            found.setdefault(issue.newsletter, issue)
    return list(found.values())


def exposition(numbers: Numbers, now: datetime) -> str:
    """The numbers as Prometheus reads them (text format 0.0.4)."""
    return "".join(f"{line}\n" for line in _lines(numbers, now))


def _lines(n: Numbers, now: datetime) -> Iterator[str]:
    yield from _family("issues", "Issues of a newsletter in a state.")
    for (newsletter, state), number in sorted(n.issues.items()):
        yield _sample("issues", number, newsletter=newsletter, state=state)
    yield from _family("deliveries", "Copies in a state, of each newsletter's latest issue.")
    for issue, certificate in n.latest:
        for state, number in sorted(certificate.counts.items()):
            yield _sample("deliveries", number, newsletter=issue.newsletter, period=issue.period, state=state)
    yield from _family("subscribers", "Subscribers in a state.")
    for state, number in sorted(n.subscribers.items()):
        yield _sample("subscribers", number, state=state)
    yield from _family("alarms_waiting", "Alarms that are still to be told, by all channels.")
    yield _sample("alarms_waiting", n.alarms_waiting)
    for name, moment, what in (
        ("last_tick_timestamp_seconds", n.last_tick, "When the service was last awake."),
        ("last_accepted_timestamp_seconds", n.last_accepted, "When a relay last accepted a copy."),
    ):
        yield from _family(name, what)
        if moment:
            yield _sample(name, int(moment.timestamp()))
    yield from _family("source_age_seconds", "Since a source was last read.")
    for source, at in sorted(n.sources.items()):
        yield _sample("source_age_seconds", int((now - at).total_seconds()), source=source)


def _family(name: str, what: str) -> tuple[str, str]:
    return f"# HELP publisher_{name} {what}", f"# TYPE publisher_{name} gauge"


def _sample(name: str, value: int, **labels: str) -> str:
    """Labels are slugs, periods and states: nothing in them needs escaping."""
    told = ",".join(f'{label}="{text}"' for label, text in labels.items())
    return f"publisher_{name}{{{told}}} {value}" if told else f"publisher_{name} {value}"
