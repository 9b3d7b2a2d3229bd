"""Looks for what should have happened and did not, so that staff hear of a silence: state -> alarms.

`troubles` is the rule, `watch` looks and raises. What is in trouble itself (a relay, a send) tells of it elsewhere.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from publisher.actions.alarms import raise_alarm
from publisher.actions.collect import since_failing
from publisher.actions.epochs import is_restored
from publisher.actions.pacing import pace_in_force
from publisher.actions.proving import relay_trouble
from publisher.app import App
from publisher.digest.period import latest_slot
from publisher.records import Issue, Newsletter, Period
from publisher.records.alarms import AlarmKind
from publisher.store import alarms, bounces, deliveries, heartbeats, issues

MOVING = "moving "
"""Before an issue's number, among the heartbeats: when it last moved on, or had a reason not to."""

_RECENT = timedelta(days=14)
"""For so long an issue's bounces are counted: later ones change nothing that a person could still do."""
_FEW = 3
"""Fewer reports than this are no rate: of twelve readers one is eight percent."""
_CLOCK_SLACK = timedelta(minutes=5)
_LONG_AWAY = timedelta(days=8)
_ONCE: frozenset[AlarmKind] = frozenset(("missed", "bounces", "complaints"))
"""What is told once and not again every few hours: it has happened, and stays so."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How long is too long, and how much too much; as [alarms] says."""

    slot: timedelta
    stall: timedelta
    source: timedelta
    bounce_percent: float
    complaint_percent: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """An issue of late, how many of its copies were accepted, and how many people's came back, by kind of report."""

    issue: Issue
    accepted: int
    back: Mapping[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """All that the rule looks at. `slots` are the latest, with each newsletter's issues by their periods; `moving`
    when each issue on its way last moved; `failing` since when each source gives nothing but errors; `last_tick` when
    the service was last awake."""

    slots: tuple[tuple[Newsletter, Period, Mapping[str, Issue]], ...] = ()
    moving: tuple[tuple[Issue, datetime], ...] = ()
    failing: Mapping[str, datetime] = field(default_factory=dict)
    sent: tuple[Sent, ...] = ()
    last_tick: datetime | None = None
    restored: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Trouble:
    """An alarm to raise."""

    kind: AlarmKind
    newsletter: str = ""
    period: str = ""
    text: str


def troubles(state: State, limits: Limits, now: datetime) -> list[Trouble]:
    """What a person must hear of at this moment, whether or not it was told already."""
    found = [*_slots(state, limits, now), *_stalled(state, limits, now), *_sources(state, limits, now)]
    for sent in state.sent:
        found += _rates(sent, limits)
    found += _clock(state.last_tick, now)
    if state.restored:
        what = "The database was restored from a backup, and nothing is sent until a person says --after-restore."
        found.append(Trouble(kind="restored", text=f"{what} See docs/operations.md first."))
    return found


def _slots(state: State, limits: Limits, now: datetime) -> Iterator[Trouble]:
    for newsletter, period, known in state.slots:
        issue = known.get(period.name)
        about = {"newsletter": newsletter.name, "period": period.name}
        late = now - period.slot
        if issue is None and late > limits.slot and (known or late <= timedelta(hours=newsletter.catch_up_hours)):
            text = f"{newsletter.name} {period.name} was due {period.slot:%Y-%m-%d %H:%M} UTC, and there is no issue."
            yield Trouble(kind="slot-passed", **about, text=f"{text} Look at the log of `publisher run`.")
        if issue is not None and issue.state == "missed":
            text = f"{newsletter.name} {period.name} was missed: {issue.reason or 'nobody sent it in time'}"
            yield Trouble(kind="missed", **about, text=f"{text}. What it would have carried goes into the next.")


def _stalled(state: State, limits: Limits, now: datetime) -> Iterator[Trouble]:
    for issue, moved in state.moving:
        if now - moved > limits.stall:
            what = f"Nothing of {issue.newsletter} {issue.period} was settled since {moved:%Y-%m-%d %H:%M} UTC"
            text = f"{what}, though it may be sent. Look at `publisher issue status --week {issue.period}`."
            yield Trouble(kind="stalled", newsletter=issue.newsletter, period=issue.period, text=text)


def _sources(state: State, limits: Limits, now: datetime) -> Iterator[Trouble]:
    for source, since in sorted(state.failing.items()):
        if now - since > limits.source:
            text = f'The source "{source}" gives nothing but errors since {since:%Y-%m-%d %H:%M} UTC.'
            yield Trouble(kind="source-silent", text=f"{text} Run `publisher collect {source}` to see them.")


def _rates(sent: Sent, limits: Limits) -> Iterator[Trouble]:
    kinds: tuple[tuple[AlarmKind, str, float, str], ...] = (
        ("bounces", "bounce", limits.bounce_percent, "came back for good; where is this list from?"),
        ("complaints", "complaint", limits.complaint_percent, "were called unwanted by their readers"),
    )
    for kind, report, most, what in kinds:
        number = sent.back.get(report, 0)
        if number >= _FEW and sent.accepted and number * 100 / sent.accepted > most:
            about = {"newsletter": sent.issue.newsletter, "period": sent.issue.period}
            text = f"{number} of {sent.accepted} copies of {sent.issue.newsletter} {sent.issue.period} {what}"
            yield Trouble(kind=kind, **about, text=f"{text}. That is more than {most:g} percent.")


def _clock(last_tick: datetime | None, now: datetime) -> Iterator[Trouble]:
    if last_tick is None:
        return
    if now < last_tick - _CLOCK_SLACK:
        text = f"It says {now:%Y-%m-%d %H:%M} UTC, and said {last_tick:%Y-%m-%d %H:%M} before."
        yield Trouble(kind="clock", text=f"{text} Check the time service (timedatectl).")
    elif now - last_tick > _LONG_AWAY:
        text = f"`publisher run` was last awake {last_tick:%Y-%m-%d %H:%M} UTC, more than a week ago"
        yield Trouble(kind="clock", text=f"{text}: either it did not run, or the clock jumped. Check both.")


def watch(app: App) -> int:
    """Look, and raise an alarm for each trouble that was not told of lately; how many that were."""
    found = troubles(_looked(app), _limits(app), app.clock())
    with app.database.read() as connection:
        told = [t for t in found if t.kind in _ONCE and alarms.was_raised(connection, t.kind, t.newsletter, t.period)]
    return sum(raise_alarm(app, t.kind, t.newsletter, t.period, t.text) for t in found if t not in told)


def _limits(app: App) -> Limits:
    table = app.config.alarms
    return Limits(
        slot=timedelta(minutes=table.slot_minutes),
        stall=timedelta(minutes=table.stall_minutes),
        source=timedelta(hours=table.source_hours),
        bounce_percent=table.bounce_percent,
        complaint_percent=table.complaint_percent,
    )


def _looked(app: App) -> State:
    now, restored = app.clock(), is_restored(app)
    moving = _moving(app, restored=restored)
    with app.database.read() as connection:
        every = issues.every(connection)
        late = [issue for issue in every if issue.state == "sent" and now - issue.cut_off < _RECENT]
        back = {issue.id: bounces.came_back(connection, issue.id) for issue in late}
        sent = [
            Sent(
                issue=issue,
                accepted=deliveries.certificate(connection, issue).counts.get("accepted", 0),
                back=back[issue.id],
            )
            for issue in late
            if max(back[issue.id].values(), default=0) >= _FEW
        ]
        failing = since_failing(connection)
        last_tick = heartbeats.last(connection, "scheduler")
    return State(
        slots=tuple(
            (letter, latest_slot(letter, now), {i.period: i for i in every if i.newsletter == letter.name})
            for letter in app.newsletters.values()
        ),
        moving=moving,
        failing={source: since for source, since in failing.items() if source in app.sources},
        sent=tuple(sent),
        last_tick=last_tick,
        restored=restored,
    )


def _moving(app: App, *, restored: bool) -> tuple[tuple[Issue, datetime], ...]:
    """The issues on their way, and when each last moved or had a reason to wait. That is noted here, minute by minute:
    a service that was down, or a window that was closed, is no stall."""
    now = app.clock()
    waits = restored or pace_in_force(app).opens is not None
    with app.database.read() as connection:
        under_way = [issue for issue in issues.every(connection) if issue.state == "sending"]
        noted = heartbeats.beginning(connection, MOVING)
        looked = heartbeats.last(connection, "watch")
    asleep = looked is None or now - looked > timedelta(minutes=10)
    moving = []
    for issue in under_way:
        before = noted.get(str(issue.id))
        moved = None if waits or asleep or before is None else _moved(app, issue, before)
        moving.append((issue, moved or now))
    with app.database.write() as connection:
        for number in set(noted) - {str(issue.id) for issue in under_way}:
            heartbeats.end(connection, f"{MOVING}{number}")
        for issue, at in moving:
            if noted.get(str(issue.id)) != at:
                heartbeats.beat(connection, f"{MOVING}{issue.id}", at)
    return tuple(moving)


def _moved(app: App, issue: Issue, before: datetime) -> datetime | None:
    """When it last moved; None for now, as it waits for something: its relay, or the time of its next try."""
    if relay_trouble(app, issue):
        return None
    with app.database.read() as connection:
        if deliveries.next_try(connection, issue.id) or not deliveries.open_left(connection, issue.id):
            return None
        return max(before, deliveries.last_settled(connection, issue.id) or before)
