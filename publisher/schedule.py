"""What is due, as a pure function of schedule, ledger and now; and an alarm clock (APScheduler) that only wakes us.

Due-ness is never remembered by the clock: whoever wakes, however late and however often, decides from the ledger.
"""

import logging
import signal
import threading
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

from publisher.actions import run
from publisher.app import App
from publisher.digest.period import latest_slot, next_slot, period_named
from publisher.errors import Busy, Overtaken, PublisherError
from publisher.records import Issue, Newsletter, Period

_TICK_SECONDS = 60
_log = logging.getLogger("publisher.schedule")


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """`make` an issue and send it, go `on` with one that was begun, or record that its slot was `missed`."""

    newsletter: Newsletter
    period: Period
    what: Literal["make", "on", "missed"]


def due(newsletters: Iterable[Newsletter], ledger: Sequence[Issue], now: datetime) -> list[Due]:
    """What must be done now. Of several slots gone by only the latest is caught up, within the catch-up hours."""
    found = []
    for newsletter in newsletters:
        own = [issue for issue in ledger if issue.newsletter == newsletter.name]
        found += [
            Due(newsletter=newsletter, period=period_named(newsletter, issue.period), what="on")
            for issue in own
            if issue.state == "sending" or (issue.state == "approved" and _is_its_turn(newsletter, issue, now))
        ]
        period = latest_slot(newsletter, now)
        issue = next((i for i in own if i.period == period.name), None)
        late = now - period.slot > timedelta(hours=newsletter.catch_up_hours)
        if issue is None and not late:
            found.append(Due(newsletter=newsletter, period=period, what="make"))
        elif issue is None and any(i.period < period.name for i in own):
            found.append(Due(newsletter=newsletter, period=period, what="missed"))
        elif issue is not None and issue.state == "draft" and newsletter.approval == "automatic":
            found.append(Due(newsletter=newsletter, period=period, what="missed" if late else "make"))
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """What one tick did for one newsletter, as a line; `well` is False when a person must look."""

    line: str
    well: bool = True


def tick(app: App) -> list[Done]:
    """Do all that is due now. One newsletter's trouble never stops the others, and is tried again next minute."""
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


def _is_its_turn(newsletter: Newsletter, issue: Issue, now: datetime) -> bool:
    """Approved early, an issue waits for its slot; a rehearsal of another week waits for a person."""
    return latest_slot(newsletter, now).name == issue.period


def keep_ticking(tick: Callable[[], Any], stop: threading.Event) -> None:
    """Call `tick` at once and each minute until SIGTERM or SIGINT, which set `stop`; a tick under way is finished
    first, and a sender in it after the copies it has in hand.

    One job in memory: nothing is pickled and nothing is stored, so there is nothing that a restart could lose.
    """
    from apscheduler.schedulers.background import BackgroundScheduler

    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, lambda *_: stop.set())
    scheduler = BackgroundScheduler(timezone="UTC")
    scheduler.add_job(
        tick, "interval", seconds=_TICK_SECONDS, misfire_grace_time=None, coalesce=True, max_instances=1, id="tick"
    )
    scheduler.start()
    scheduler.modify_job("tick", next_run_time=datetime.now(scheduler.timezone))
    stop.wait()
    _log.info("stopping after what is under way")
    scheduler.shutdown(wait=True)
