"""What waits for a person, with what to type; and how service, relay, sources and disk are."""

import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from publisher.actions.collect import since_failing
from publisher.actions.epochs import is_restored
from publisher.actions.health import alive
from publisher.actions.proving import relay_trouble
from publisher.app import App
from publisher.digest.period import latest_slot
from publisher.doctor.machine import judge_disk
from publisher.records import Issue, Trouble
from publisher.store import database_file, deliveries, entries, subscribers

_LATELY = timedelta(days=14)


@dataclass(frozen=True, slots=True, kw_only=True)
class Need:
    """What waits, and the command that looks into it or does it."""

    what: str
    command: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Health:
    """How a part of the whole is, in words."""

    part: str
    well: bool
    said: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """All that the rules look at. `uncertain` are the copies in doubt by issue; `due` the periods whose slot came;
    `disk` what the doctor says of it, or None for a database on a server."""

    now: datetime
    issues: tuple[Issue, ...]
    uncertain: Mapping[int, int]
    due: Mapping[str, str]
    failing: Mapping[str, datetime]
    sources: int
    stale: int
    restored: bool
    awake: bool
    last_tick: datetime | None
    trouble: Trouble | None
    relay: str
    disk: tuple[bool, str] | None


def needs(facts: Facts) -> Iterator[Need]:
    """The most pressing first."""
    if facts.restored:
        what = "the database was restored, and nothing is sent (read docs/operations.md first)"
        yield Need(what=what, command="publisher run --after-restore")
    if not facts.awake:
        yield Need(what="the service is not awake", command="systemctl status publisher, or publisher run")
    for issue in facts.issues:
        yield from _of_issue(facts, issue)
    for source in sorted(facts.failing):
        yield Need(what=f"the source {source} gives nothing but errors", command=f"publisher collect {source}")
    if facts.stale:
        yield Need(what=f"{facts.stale} feed documents wait to be written", command="publisher feeds build")


def _of_issue(facts: Facts, issue: Issue) -> Iterator[Need]:
    if facts.now - issue.cut_off > _LATELY:
        return
    name, week = f"{issue.newsletter} {issue.period}", f"--newsletter {issue.newsletter} --week {issue.period}"
    reason = f" ({issue.reason})" if issue.reason else ""
    if issue.state == "draft" and facts.due.get(issue.newsletter, "") >= issue.period:
        yield Need(what=f"{name} waits for approval", command=f"publisher issue approve {week}")
    elif issue.state == "held":
        yield Need(what=f"{name} is held{reason}", command=f"publisher issue check {week}")
    elif issue.state == "paused":
        yield Need(what=f"{name} is paused{reason}", command=f"publisher issue resume {week}")
    elif issue.state == "missed":
        yield Need(what=f"{name} was missed{reason}", command=f"publisher issue draft {week}")
    if number := facts.uncertain.get(issue.id, 0):
        yield Need(what=f"{name}: {number} copies are in doubt", command=f"publisher issue certificate {week}")


def health(facts: Facts) -> Iterator[Health]:
    last = f"last awake {facts.last_tick:%Y-%m-%d %H:%M} UTC" if facts.last_tick else "has not run yet: publisher run"
    yield Health(part="service", well=facts.awake, said=last)
    if facts.trouble:
        said = f"{facts.trouble.said}; tried again {facts.trouble.until:%H:%M} UTC"
        yield Health(part="relay", well=False, said=said)
    else:
        yield Health(part="relay", well=True, said=facts.relay)
    failing = ", ".join(f"{name} since {at:%Y-%m-%d %H:%M} UTC" for name, at in sorted(facts.failing.items()))
    read = f"{facts.sources} declared, none fails"
    yield Health(part="sources", well=not failing, said=f"nothing but errors from {failing}" if failing else read)
    well, said = facts.disk or (True, "the database is on a server; look there")
    yield Health(part="disk", well=well, said=said)


def look(app: App, recent: Sequence[Issue]) -> Facts:
    """Gather the facts; `recent` are the issues to speak of."""
    awake, restored = alive(app), is_restored(app)
    on_the_way = [issue for issue in recent if issue.state == "sending"]
    troubles = [trouble for issue in on_the_way if (trouble := relay_trouble(app, issue))]
    with app.database.read() as connection:
        certificates = {issue.id: deliveries.certificate(connection, issue) for issue in recent}
        failing = since_failing(connection)
        stale = len(entries.stale(connection))
    return Facts(
        now=app.clock(),
        issues=tuple(recent),
        uncertain={number: one.counts.get("uncertain", 0) for number, one in certificates.items()},
        due={name: latest_slot(letter, app.clock()).name for name, letter in app.newsletters.items()},
        failing={name: at for name, at in failing.items() if name in app.sources},
        sources=len(app.sources),
        stale=stale,
        restored=restored,
        awake=awake.well,
        last_tick=awake.last_tick,
        trouble=troubles[0] if troubles else None,
        relay=_relay(app),
        disk=_disk(app),
    )


def _relay(app: App) -> str:
    table = app.config.delivery
    if table.transport == "smtp" and table.smtp:
        return f"{table.smtp.host}:{table.smtp.port}, no trouble of late; `publisher doctor` asks it"
    return f"none: mail is written into {table.outbox}/"


def _disk(app: App) -> tuple[bool, str] | None:
    file = database_file(app.config.store.url, app.folder)
    if file is None:
        return None
    with app.database.read() as connection:
        largest = max((subscribers.willing(connection, n, app.clock()) for n in app.newsletters), default=0)
    judged = judge_disk("disk", shutil.disk_usage(file.parent).free, largest)
    return judged.severity != "error", judged.mend
