"""What is due, as a pure function of schedule, ledger and now; and an alarm clock (APScheduler) that only wakes us.

Due-ness is never remembered by the clock: whoever wakes, however late and however often, decides from the ledger.
"""

import logging
import signal
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal, TypeAlias

from publisher.actions import run
from publisher.app import App
from publisher.digest.period import latest_slot, next_slot, period_named, slots_between
from publisher.errors import Busy, Overtaken, PublisherError
from publisher.records import Issue, Newsletter, Period
from publisher.slots import begin_named

_TICK_SECONDS = 60
_BACK = timedelta(minutes=5)
"""So far the clocks of several machines may be apart; what is earlier than what is written down is no time to act."""
_AWAY, _FAR = timedelta(days=8), timedelta(days=400)
"""After so long a silence something must keep the clock right, or a person must; after a year a person must."""
_LOOKED_BACK = 12
"""Among so many of the latest issues a gap is looked for: of those before them not all may be known."""
_REHEARSED = timedelta(days=31)
"""What was drafted so long after its window is a rehearsal of the past."""
_log = logging.getLogger("publisher.schedule")


Doing: TypeAlias = Literal["make", "on", "missed", "skip"]
What: TypeAlias = tuple[Period, Doing]


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """`make` an issue and send it, go `on` with one that was begun, or record that its slot was `missed`, or that the
    schedule leaves it out (`skip`)."""

    newsletter: Newsletter
    period: Period
    what: Doing


def due(newsletters: Iterable[Newsletter], ledger: Sequence[Issue], now: datetime) -> list[Due]:
    """What must be done now. Of several slots gone by only the latest is caught up, within the catch-up hours; each
    other one that has no issue is written down, so that every gap is explained.

    The ledger must hold what is open and the latest fifty issues of each newsletter; others may be left out.
    """
    found = []
    for newsletter in newsletters:
        own = {issue.period: issue for issue in ledger if issue.newsletter == newsletter.name}
        latest = latest_slot(newsletter, now)
        begun = [issue for issue in own.values() if _goes_on(issue, latest)]
        whats: list[What] = [(period_named(newsletter, issue.period), "on") for issue in begun]
        whats += _left_behind(newsletter, own, latest)
        whats += _of_latest(newsletter, own, latest, now)
        found += [Due(newsletter=newsletter, period=period, what=what) for period, what in whats]
    return found


def _goes_on(issue: Issue, latest: Period) -> bool:
    """Approved early, an issue waits for its slot; a rehearsal of another period waits for a person."""
    return issue.state == "sending" or (issue.state == "approved" and issue.period == latest.name)


def _left_behind(newsletter: Newsletter, own: Mapping[str, Issue], latest: Period) -> list[What]:
    """The periods before the latest that nobody settled: without a row, begun by a maker who died before sending, or
    approved by a person and never sent, because nothing ran until the next was due."""
    since = _explained_since(newsletter, own.values(), latest)
    gaps = slots_between(newsletter, since, latest.slot) if since else []
    found = [_settled(period) for period in gaps if period.name not in own and period.name != latest.name]
    ready = ("draft", "approved") if newsletter.approval == "automatic" else ("approved",)
    begun = [i for i in own.values() if i.state in ready and i.period != latest.name]
    periods = [(period_named(newsletter, i.period), i) for i in begun if i.cut_off < latest.slot]
    return found + [(period, "missed") for period, issue in periods if _was_made_for_it(newsletter, period, issue)]


def _of_latest(newsletter: Newsletter, own: Mapping[str, Issue], latest: Period, now: datetime) -> list[What]:
    issue = own.get(latest.name)
    late = now - latest.slot > timedelta(hours=newsletter.catch_up_hours)
    if issue is not None:
        is_draft = issue.state == "draft" and newsletter.approval == "automatic" and not latest.skipped
        return [(latest, "missed" if late else "make")] if is_draft else []
    if latest.skipped or late:
        return [_settled(latest)] if _explained_since(newsletter, own.values(), latest) else []
    return [(latest, "make")]


def _settled(period: Period) -> What:
    return period, "skip" if period.skipped else "missed"


def _explained_since(newsletter: Newsletter, own: Iterable[Issue], latest: Period) -> datetime | None:
    """From when on each period needs a row: the cut-off of the earliest of the latest issues, or of the last by an
    earlier schedule, whose periods were others. Before a newsletter's first issue nothing is owed.

    Rehearsals of the future say nothing of the present, and one of long ago is no beginning from which all is owed.
    """
    in_time = [i for i in own if i.state in ("missed", "skipped") or i.drafted_at - i.cut_off <= _REHEARSED]
    before = [i for i in in_time if i.cut_off < latest.slot and i.period != latest.name]
    before = sorted(before, key=lambda issue: issue.cut_off)[-_LOOKED_BACK:]
    by_another = [i.cut_off for i in before if begin_named(newsletter, i.period) is None]
    return max(by_another, default=None) or min((i.cut_off for i in before), default=None)


def _was_made_for_it(newsletter: Newsletter, period: Period, issue: Issue) -> bool:
    """Whether it was made when it was due, or for people to look at ahead of that: others are rehearsals, which wait
    for a person."""
    ahead = timedelta() if newsletter.approval == "automatic" else _REHEARSED
    return period.slot - ahead <= issue.drafted_at <= period.slot + timedelta(hours=newsletter.catch_up_hours)


def doubt(
    now: datetime, last_tick: datetime | None, newest: datetime | None, synchronised: Callable[[], bool | None]
) -> str | None:
    """Why the clock is not to be trusted, and the mend; None where it may be.

    `newest` is the latest moment of what is written down, `synchronised` tells whether NTP keeps the clock right.
    """
    mend = "put the clock right; or, if this is the right time, say so: publisher schedule run-due --trust-clock"
    here = f"clock: it is {now:%Y-%m-%d %H:%M} UTC here"
    written = max((moment for moment in (last_tick, newest) if moment), default=None)
    if written and now < written - _BACK:
        return f"{here}, but {written:%Y-%m-%d %H:%M} UTC is written down already, so nothing is done; {mend}"
    away = now - last_tick if last_tick else timedelta()
    if away > _FAR or (away > _AWAY and not synchronised()):
        since = f"{away.days} days since the service was last awake"
        nobody = "" if away > _FAR else " and nothing that keeps the clock right (NTP)"
        return f"{here}, {since}{nobody}, so nothing is done; {mend}"
    return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """What one tick did for one newsletter, as a line; `well` is False when a person must look."""

    line: str
    well: bool = True


def tick(app: App, *, trust_clock: bool = False) -> list[Done]:
    """Do all that is due now. One newsletter's trouble never stops the others, and is tried again next minute.

    Nothing at all is done by a clock that is not to be trusted, unless a person vouches for it (`trust_clock`).
    """
    if trust_clock:
        run.vouch(app)
    elif why := clock_doubt(app):
        run.cry(app, why)
        return [Done(line=why, well=False)]
    done = []
    for one in due(app.newsletters.values(), run.ledger(app), app.clock()):
        name = f"{one.newsletter.name} {one.period.name}"
        try:
            line = run.ACTIONS[one.what](app, one.newsletter, one.period)
            done.append(Done(line=line, well=one.what != "missed"))
        except (Busy, Overtaken) as exc:
            done.append(Done(line=f"{name}: stood back: {exc}"))
        except PublisherError as exc:
            said = str(exc)
            done.append(Done(line=said if said.startswith(name) else f"{name}: {said}", well=False))
        except Exception:
            # Whatever this is, the other newsletters and the next minute must not fall with it.
            _log.exception("internal error in %s", name)
            done.append(Done(line=f"{name}: internal error, see the log", well=False))
    done += _attended(app)
    done += _refreshed(app)
    done += _tended(app)
    run.beat(app)
    return done


def _attended(app: App) -> list[Done]:
    """The staff of each newsletter, for the turn that is on and for the one that comes; sending never waits for it."""
    done = []
    for newsletter in app.newsletters.values():
        for period in (latest_slot(newsletter, app.clock()), next_slot(newsletter, app.clock())):
            name = f"{newsletter.name} {period.name}"
            try:
                done += [Done(line=line) for line in run.attend(app, newsletter, period)]
            except (Busy, Overtaken) as exc:
                done.append(Done(line=f"{name}: stood back: {exc}"))
            except PublisherError as exc:
                said = str(exc)
                done.append(Done(line=said if said.startswith(name) else f"{name}: {said}", well=False))
            except Exception:
                _log.exception("internal error in what staff of %s are told", name)
                done.append(Done(line=f"{name}: internal error, see the log", well=False))
    return done


def _refreshed(app: App) -> list[Done]:
    """The feeds after all that, for an issue that was sent is an entry too; their trouble is no newsletter's."""
    try:
        lines, well = run.refresh(app)
        return [Done(line=line, well=well) for line in lines]
    except PublisherError as exc:
        return [Done(line=f"feeds: {exc}", well=False)]
    except Exception:
        _log.exception("internal error in the feeds")
        return [Done(line="feeds: internal error, see the log", well=False)]


def _tended(app: App) -> list[Done]:
    """The list of subscribers; its trouble is no newsletter's either."""
    try:
        return [Done(line=line, well=well) for line, well in run.tend(app)]
    except PublisherError as exc:
        return [Done(line=f"subscribers: {exc}", well=False)]
    except Exception:
        _log.exception("internal error in the list of subscribers")
        return [Done(line="subscribers: internal error, see the log", well=False)]


def clock_doubt(app: App) -> str | None:
    """Why nothing is done by this clock now; None where it may be trusted."""
    return doubt(app.clock(), *run.moments(app), app.is_kept_right)


def to_come(app: App) -> list[Due]:
    """What a tick would do now, and nothing is done."""
    return due(app.newsletters.values(), run.ledger(app), app.clock())


def next_wake(app: App, after: datetime) -> float | None:
    """Seconds from now to the first slot after that moment; below nought where it has come meanwhile."""
    slots = [next_slot(newsletter, after).slot for newsletter in app.newsletters.values()]
    return (min(slots) - app.clock()).total_seconds() if slots else None


def keep_ticking(app: App, tick: Callable[[], Any]) -> None:
    """Call `tick` at once, each minute and at each slot, until SIGTERM or SIGINT, which set `app.stop`; a tick under
    way is finished first, and a sender in it after the copies it has in hand.

    One job in memory, and one that wakes it: nothing is stored, so there is nothing that a restart could lose.
    """
    from apscheduler.schedulers.background import BackgroundScheduler

    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, lambda *_: app.stop.set())
    scheduler = BackgroundScheduler(timezone="UTC")

    def now() -> datetime:
        return datetime.now(scheduler.timezone)

    def wake() -> None:
        scheduler.modify_job("tick", next_run_time=now())

    def tick_and_look_ahead() -> None:
        begun = app.clock()
        try:
            tick()
        finally:
            # From its beginning: a slot that came while it was under way was perhaps not seen.
            seconds = next_wake(app, begun)
            if seconds is not None and seconds <= _TICK_SECONDS:
                at = now() + timedelta(seconds=max(seconds, 0))
                scheduler.add_job(wake, "date", run_date=at, id="slot", misfire_grace_time=None, replace_existing=True)

    scheduler.add_job(
        tick_and_look_ahead,
        "interval",
        seconds=_TICK_SECONDS,
        misfire_grace_time=None,
        coalesce=True,
        max_instances=1,
        id="tick",
    )
    scheduler.start()
    wake()
    app.stop.wait()
    _log.info("stopping after what is under way")
    scheduler.shutdown(wait=True)
