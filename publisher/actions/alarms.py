"""Tells staff of trouble: each alarm by mail to them and as JSON to a webhook, until it is told or a day has passed.

Whoever meets trouble only writes the alarm down. It is told afterwards, by the service, with limits on everything: so
a webhook that hangs, or a relay that is away, holds up no issue. Not told here: what the trouble is; the caller knows.
"""

import hmac
import json
import logging
import ssl
import threading
import time
from collections.abc import Sequence
from contextlib import closing, suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from socket import SHUT_RDWR, gaierror, socket
from typing import Literal, TypeAlias
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from publisher import __version__
from publisher.actions.outbox import post as post_mail
from publisher.app import App
from publisher.errors import PublisherError
from publisher.records import Accepted, Newsletter, Refused
from publisher.records.alarms import HEADLINES, Alarm, AlarmKind, Post, Raised, impersonal
from publisher.store import alarms

_FIRST_PAUSE = timedelta(minutes=1)
_LONGEST_PAUSE = timedelta(hours=1)
_PATIENCE = timedelta(days=1)
_LEASE = timedelta(minutes=15)
"""Longer than one mail can take: who holds a post for so long has died."""

_STEP_SECONDS = 5.0
_SECONDS = 10.0
_WEBHOOK = "webhook"
_log = logging.getLogger("publisher.alarms")

What: TypeAlias = Literal["told", "later", "given up"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What became of telling one alarm by one channel, and why it was not told."""

    alarm: Alarm
    channel: str
    what: What
    why: str | None = None


class _Silence(Exception):
    """Nobody answers by this way: whatever else would leave by it waits, too."""


def raise_alarm(app: App, kind: AlarmKind, newsletter: str, period: str, text: str) -> bool:
    """Write an alarm down, to be told soon; False when it was raised already, or the database cannot be used.

    Never raises: whoever calls is in trouble enough. Inside a writing transaction of the caller's it joins that, and is
    undone with it. Mail addresses in `text` are taken out.
    """
    alarm = Alarm(at=app.clock(), kind=kind, newsletter=newsletter, period=period, text=impersonal(text))
    again_after = timedelta(hours=app.config.alarms.hours_between)
    try:
        with app.database.joined() as connection:
            fresh = alarms.raise_(connection, alarm, again_after, _channels(app))
    except PublisherError as exc:
        _log.error("alarm that could not be kept (%s): %s", exc, _line(alarm))
        return False
    if fresh:
        _log.info("alarm: %s", _line(alarm))
    return fresh


def tell_alarms(app: App) -> list[Said]:
    """Tell every alarm that is due. Never raises, and a webhook takes half a minute of it at most.

    After one question without an answer, or some seconds, the others by that way are put off unasked.
    """
    said: list[Said] = []
    silent: dict[str, str] = {}
    until = time.monotonic() + 2 * _SECONDS
    try:
        with app.database.read() as connection:
            waiting = alarms.due(connection, app.clock())
        # The webhook first: a mail may wait long for a relay that is the very trouble.
        for alarm, post in sorted(waiting, key=lambda one: one[1].channel != _WEBHOOK):
            with app.database.write() as connection:
                if not alarms.claim(connection, alarm, post, app.clock() + _LEASE):
                    continue
            said.append(_settled(app, alarm, post, *_tried(app, alarm, post.channel, silent)))
            if time.monotonic() > until:
                silent.setdefault(_WEBHOOK, "the webhook is slow; the others are told later")
    except PublisherError as exc:
        _log.error("alarms wait: %s", exc)
    return said


def try_channels(app: App) -> list[Said]:
    """Tell a test alarm now by every channel; it is kept nowhere. Never raises for what a channel does."""
    newsletter = next(iter(app.newsletters), "")
    text = "Somebody asked for this test. Nothing is wrong and nothing needs to be done."
    alarm = Alarm(at=app.clock(), kind="test", newsletter=newsletter, period="", text=text)
    silent: dict[str, str] = {}
    said = []
    for channel in _channels(app):
        what, why = _tried(app, alarm, channel, silent)
        said.append(Said(alarm=alarm, channel=channel, what="told" if what == "told" else "given up", why=why))
    return said


def recent_alarms(app: App, most: int) -> list[Raised]:
    """The latest alarms and what became of telling them, newest first."""
    with app.database.read() as connection:
        return alarms.recent(connection, most)


def _channels(app: App) -> Sequence[str]:
    settings = app.config.alarms
    mails = [f"mail:{number}" for number, _ in enumerate(settings.mail, 1)]
    return [*([_WEBHOOK] if settings.webhook else []), *mails]


def _line(alarm: Alarm) -> str:
    return " ".join(part for part in (alarm.kind, alarm.newsletter, alarm.period, alarm.text) if part)


def _tried(app: App, alarm: Alarm, channel: str, silent: dict[str, str]) -> tuple[What, str | None]:
    """Tell by one channel, unless its way is silent already; what became of it, and why not."""
    way = channel.partition(":")[0]
    if way in silent:
        return "later", silent[way]
    try:
        if way == _WEBHOOK:
            return _call(app, alarm)
        return _write(app, alarm, int(channel.partition(":")[2]))
    except (_Silence, PublisherError) as exc:
        silent[way] = impersonal(str(exc))
        return "later", silent[way]
    except Exception as exc:
        # Whatever this one does to us, the others are told. Nothing of it stands in the log.
        _log.error("alarm %d could not be told by %s (%s)", alarm.id, channel, type(exc).__name__)
        return "later", "internal error, see the log"


def _settled(app: App, alarm: Alarm, post: Post, what: What, why: str | None) -> Said:
    now = app.clock()
    if what == "later" and now - alarm.at >= _PATIENCE:
        what = "given up"
    with app.database.write() as connection:
        if what == "told":
            alarms.settle(connection, alarm, post, now)
        else:
            alarms.put_off(connection, alarm, post, _next(post, now) if what == "later" else None, why or "")
    return Said(alarm=alarm, channel=post.channel, what=what, why=why)


def _next(post: Post, now: datetime) -> datetime:
    """Twice as long each time, to an hour at most."""
    pause: timedelta = _FIRST_PAUSE * 2 ** min(post.attempts, 10)
    return now + min(pause, _LONGEST_PAUSE)


def _write(app: App, alarm: Alarm, number: int) -> tuple[What, str | None]:
    """Mail it to one of the staff. Raises PublisherError when nothing can leave."""
    if number > len(app.config.alarms.mail):
        return "given up", "[alarms] in publisher.toml has no such address any more"
    if not app.newsletters:
        return "given up", "there is no newsletter that could be the sender; add a [[newsletter]] to publisher.toml"
    address = app.config.alarms.mail[number - 1]
    name = f"{alarm.id or alarm.at.strftime('test-%Y%m%dT%H%M%S')}-{number}"
    sender = (app.newsletters.get(alarm.newsletter) or next(iter(app.newsletters.values()))).sender
    outcome = post_mail(app, "alarms", name, _message(app, alarm, name, sender, address), address, sender[1])
    if isinstance(outcome, Accepted):
        return "told", None
    return "given up" if isinstance(outcome, Refused) else "later", impersonal(outcome.reply)


def _message(app: App, alarm: Alarm, name: str, sender: tuple[str, str], address: str) -> bytes:
    """The mail, in English; the same alarm is the same message, to the byte."""
    from publisher.delivery.notices import compose

    newsletter = app.newsletters.get(alarm.newsletter)
    subject = f"{_about(app, alarm, newsletter)}: {HEADLINES[alarm.kind]}"
    values = {
        "alarm": alarm,
        "subject": subject,
        "at": alarm.at.astimezone(ZoneInfo(newsletter.zone if newsletter else app.zone)),
        "site": app.config.site.url,
        "organisation": {"name": app.organisation, "url": app.organisation_url, "address": app.organisation_address},
        "palette": app.templates.data("email/palette.json"),
    }
    _, key = app.keyring.newest("message-id")
    mac = hmac.digest(key, f"alarm\0{name}\0{alarm.at.isoformat()}".encode(), sha256).hex()[:32]
    return compose(
        sender=sender,
        to=address,
        subject=subject,
        text=app.templates.render("notices/alarm.txt.j2", **values),
        html=app.templates.render("notices/alarm.html.j2", **values),
        date=alarm.at,
        message_id=f"<{mac}@{sender[1].rpartition('@')[2]}>",
    )


def _about(app: App, alarm: Alarm, newsletter: Newsletter | None) -> str:
    title = newsletter.title if newsletter else alarm.newsletter or app.config.site.title
    return f"{title} {alarm.period}" if alarm.period else title


def _call(app: App, alarm: Alarm) -> tuple[What, str | None]:
    """POST it to the webhook. Raises _Silence when no answer comes in time."""
    settings = app.config.alarms
    if not settings.webhook:
        return "given up", "[alarms] in publisher.toml has no webhook any more"
    told = {
        "event": alarm.kind,
        "at": alarm.at.isoformat(),
        "newsletter": alarm.newsletter,
        "period": alarm.period,
        "text": alarm.text,
        "site": app.config.site.url,
    }
    body = json.dumps(told, ensure_ascii=False).encode()
    headers = {"Content-Type": "application/json", "User-Agent": f"Publisher/{__version__}"}
    if settings.secret:
        headers["X-Publisher-Signature"] = f"sha256={hmac.digest(settings.secret.encode(), body, sha256).hex()}"
    status = _status(settings.webhook, body, headers)
    if 200 <= status < 300:
        return "told", None
    more = "; redirects are not followed: set the address where it leads" if 300 <= status < 400 else ""
    return "later", f"the webhook answered with status {status}{more}"


def _status(url: str, body: bytes, headers: dict[str, str]) -> int:
    """The status of the answer, of which no more is read. Raises _Silence after some seconds, whatever the server does.

    A thread asks, so that finding the host, which nothing can interrupt, is within that limit, too.
    """
    parts = urlsplit(url)
    kind = HTTPSConnection if parts.scheme == "https" else HTTPConnection
    connection = kind(parts.hostname or "", parts.port, timeout=min(_STEP_SECONDS, _SECONDS))
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    answers: list[int | str] = []
    asking = threading.Thread(
        target=lambda: answers.append(_asked(connection, target, body, headers)), name="webhook", daemon=True
    )
    asking.start()
    asking.join(_SECONDS)
    answer = answers[0] if answers else f"there was none after {_SECONDS:g} seconds"
    if isinstance(answer, int):
        return answer
    if (held := connection.sock) is not None:
        with suppress(OSError):
            socket.shutdown(held, SHUT_RDWR)  # ends what the thread waits for
    raise _Silence(f"the webhook gave no answer ({answer}); check webhook in [alarms]")


def _asked(connection: HTTPConnection, target: str, body: bytes, headers: dict[str, str]) -> int | str:
    """The status, or why there is none."""
    try:
        with closing(connection):
            connection.connect()
            connection.sock.settimeout(_SECONDS)
            connection.request("POST", target, body, headers)
            return connection.getresponse().status
    except (OSError, HTTPException, ValueError) as exc:
        return _why(exc)


def _why(exc: Exception) -> str:
    match exc:
        case ssl.SSLCertVerificationError():
            return f"its certificate is not good: {exc.verify_message}"
        case ssl.SSLError():
            return "no secure connection could be made"
        case gaierror():
            return "there is no such host"
        case ConnectionRefusedError():
            return "nothing answers at this address"
        case TimeoutError():
            return "it keeps silent"
        case HTTPException():
            return "what it answered is not HTTP"
    return "the connection broke"
