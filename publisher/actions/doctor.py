"""Ask all that must be right around the site before mail arrives, each question for itself.

The questions are asked at once, each has ten seconds, and the trouble of one never stops another. Nothing is sent and
nothing is changed; a password is tried once.
"""

import shutil
import socket
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from ipaddress import ip_address
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from publisher.addresses import is_open
from publisher.app import App, system_clock
from publisher.config import SmtpTable
from publisher.digest.check.delivery import is_private
from publisher.doctor import Result
from publisher.doctor.asking import Question, ask_all
from publisher.doctor.dkim import judge_dkim
from publisher.doctor.dmarc import judge_dmarc, judge_signer, walk
from publisher.doctor.machine import judge_clock, judge_disk, judge_private, judge_site, judge_tls
from publisher.doctor.mailboxes import judge_mailbox, knock
from publisher.doctor.names import IpAddress, Lookup
from publisher.doctor.results import error, ok, unknown
from publisher.doctor.spf import follow, has_own_return_path, judge_spf
from publisher.errors import StoreError, TransportError
from publisher.programs import clock_is_synchronised
from publisher.records import Newsletter
from publisher.store import Database, database_file, subscribers

if TYPE_CHECKING:
    from publisher.delivery.smtp import Relay, SmtpCourier

SECONDS = 10.0
"""So long one question may take."""

_ABOUT_MAIL = ("spf", "dkim", "dmarc", "replies", "bounces")
_STEP, _PATIENCE = 4.0, 8.0
"""So long one step may take, of a mail server and of the relay: a question that was left behind ends by itself."""

_opening = threading.Lock()


def examine(
    app: App,
    names: Lookup,
    *,
    newsletter: str | None = None,
    progress: Callable[[int, int], None] = lambda done, of: None,
    seconds: float = SECONDS,
    clock: Callable[[], datetime] = system_clock,
    mail_port: int = 25,
) -> list[Result]:
    """Every Result, in the order of the questions. Without `newsletter`, those of all newsletters.

    `progress` is told (done, of) after each question. `clock` is the machine's own, not that of a rehearsal;
    `mail_port` is where mail servers listen for each other. Raises IssueError for a newsletter that there is not.
    """
    letters = [app.newsletter(newsletter)] if newsletter else list(app.newsletters.values())
    questions = list(_questions(app, names, letters, clock, mail_port))
    results = ask_all(questions, seconds, progress)
    return results if _smtp(app) else [_milder(result) for result in results]


def _milder(result: Result) -> Result:
    """While mail is only written to files, what is missing for it outside is no fault yet."""
    is_early = result.severity == "error" and result.code in _ABOUT_MAIL
    return replace(result, severity="warning") if is_early else result


def _questions(
    app: App, names: Lookup, letters: Sequence[Newsletter], clock: Callable[[], datetime], mail_port: int
) -> Iterator[Question]:
    """All of them, in the order in which they are told."""
    base = app.config.bounces.address
    domains = list(dict.fromkeys(_domain(letter.sender[1]) for letter in letters))
    yield Question("relay", _relay_place(app), partial(_relay, app, clock))
    for domain in [_domain(base)] if base else domains:
        yield Question("spf", domain, partial(_spf, app, names, domain))
    for domain in domains:
        yield Question("dkim", domain, partial(_dkim, app, names, domain))
        yield Question("dmarc", domain, partial(_dmarc, app, names, domain, _domain(base) if base else domain))
    for letter in letters:
        ask = partial(_mailbox, app, names, mail_port, "replies", letter.name, (letter.sender[1],))
        yield Question("replies", letter.name, ask)
    if base:
        name, _, domain = base.partition("@")
        addresses = (base, f"{name}+check@{domain}")
        yield Question(
            "bounces", "[bounces]", partial(_mailbox, app, names, mail_port, "bounces", "[bounces]", addresses)
        )
    yield Question("clock", "clock", partial(_clock, app, clock))
    yield Question("site", "url in [site]", partial(_site, app))
    yield Question("keys", app.keys_file.name, partial(_keys, app))
    yield Question("database", "database", partial(_database, app))
    yield Question("disk", "disk", partial(_disk, app, letters))


def _domain(address: str) -> str:
    return address.rpartition("@")[2].lower()


# --- the relay ---


def _smtp(app: App) -> SmtpTable | None:
    """The relay as publisher.toml names it; None where mail leaves as files."""
    return app.config.delivery.smtp if app.config.delivery.transport == "smtp" else None


def _relay_place(app: App) -> str:
    settings = _smtp(app)
    return f"{settings.host}:{settings.port}" if settings else "[delivery]"


def _relay(app: App, clock: Callable[[], datetime]) -> list[Result]:
    relay, place = app.relay, _relay_place(app)
    if relay is None:
        kind = app.config.delivery.transport
        return [ok("relay", place, f'mail is written to files (transport "{kind}"): no relay is asked')]
    from publisher.delivery.smtp import SmtpTransport, Timeouts

    try:
        courier = SmtpTransport(relay, Timeouts(connect=_PATIENCE, command=_PATIENCE)).open()
    except TransportError as exc:
        mend = "what stopped the check of the relay stopped this one too; mend that, then look again"
        told = error("relay", place, str(exc).removeprefix(f"{place}: "))
        return [told, unknown("tls", place, mend), unknown("auth", place, mend)]
    with closing(courier):
        offers = ", ".join(sorted(courier.offers)) or "nothing beyond plain SMTP"
        return [
            ok("relay", place, f"answers, and offers {offers}"),
            judge_tls(place, courier.tls, clock(), is_near=_is_near(relay.host)),
            _auth(relay, place, courier),
        ]


def _auth(relay: "Relay", place: str, courier: "SmtpCourier") -> Result:
    """Opening the courier has tried the password already, and once is all."""
    if relay.user:
        return ok("auth", place, "takes our user and password")
    if "AUTH" in courier.offers and not _is_near(relay.host):
        mend = "no user is set, and the relay offers a login; without one it may take mail by our address alone"
        return unknown("auth", place, f"{mend}: send a test message (publisher issue test-send)")
    return ok("auth", place, "no user is set; the relay takes us by our address")


def _is_near(host: str) -> bool:
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


# --- what receivers look up ---


def _spf(app: App, names: Lookup, domain: str) -> list[Result]:
    settings = _smtp(app)
    host = settings.host if settings else None
    public = [address for address in _addresses(names, host) if is_open(address)]
    return [judge_spf(domain, follow(domain, names), host, public)]


def _addresses(names: Lookup, host: str | None) -> list[IpAddress]:
    if host is None or _is_near(host):
        return []
    try:
        return [ip_address(host)]
    except ValueError:
        return names.addresses(host)


def _dkim(app: App, names: Lookup, domain: str) -> list[Result]:
    settings, key = app.config.delivery.dkim, app.dkim_key
    if settings is None or key is None:
        mend = "we do not sign; look in a test message whether the relay does, with d= in this domain (docs/relays.md)"
        return [unknown("dkim", domain, mend)]
    from publisher.delivery.sign import public_record

    signed_by = settings.domain or domain
    place = f"{settings.selector}._domainkey.{signed_by}"
    key_told = judge_dkim(place, names.texts(place), public_record(key))
    stray = judge_signer(place, walk(domain, names), signed_by) if signed_by != domain else None
    return [key_told, *([stray] if stray else [])]


def _dmarc(app: App, names: Lookup, domain: str, envelope: str) -> list[Result]:
    settings, relay = app.config.delivery.dkim, _smtp(app)
    seen = None if relay and has_own_return_path(relay.host) else envelope
    return [judge_dmarc(walk(domain, names), seen, (settings.domain or domain) if settings else None)]


def _mailbox(app: App, names: Lookup, port: int, code: str, place: str, addresses: Sequence[str]) -> list[Result]:
    domain = _domain(addresses[0])
    settings = _smtp(app)
    hello = (settings.hello if settings else None) or socket.gethostname()
    door = knock(domain, addresses, names, hello, port=port, seconds=_STEP)
    return [judge_mailbox(code, place, domain, door, "replies" if code == "replies" else "reports")]


# --- this machine ---


def _clock(app: App, clock: Callable[[], datetime]) -> list[Result]:
    return [judge_clock(clock(), _time_of_database(app), clock_is_synchronised())]


def _time_of_database(app: App) -> datetime | None:
    """The server's clock; None where the database is a file, whose clock is ours."""
    if database_file(app.config.store.url, app.folder):
        return None
    with _database_of(app).read() as connection:
        moment: datetime = connection.exec_driver_sql("SELECT clock_timestamp()").scalar_one()
    return moment.astimezone(UTC)


def _database_of(app: App) -> Database:
    """Several questions want it at once, and it is opened once."""
    with _opening:
        return app.database


def _site(app: App) -> list[Result]:
    url = app.config.site.url
    return [judge_site(url, is_private=is_private(urlsplit(url).hostname or ""))]


def _keys(app: App) -> list[Result]:
    return [judge_private("keys", app.keys_file.name, _mode(app.keys_file))]


def _database(app: App) -> list[Result]:
    file = database_file(app.config.store.url, app.folder)
    mode = _mode(file) if file else None
    if file is None or mode is not None:
        with _database_of(app).read():
            pass
    return [judge_private("database", file.name, mode) if file else ok("database", "PostgreSQL", "answers")]


def _mode(file: Path) -> int | None:
    try:
        return file.stat().st_mode
    except FileNotFoundError:
        return None


def _disk(app: App, letters: Sequence[Newsletter]) -> list[Result]:
    file = database_file(app.config.store.url, app.folder)
    if file is None:
        return [unknown("disk", "disk", "the room on the database server cannot be seen from here; look there")]
    largest = 0
    if file.exists():
        try:
            with _database_of(app).read() as connection:
                largest = max((subscribers.willing(connection, n.name, app.clock()) for n in letters), default=0)
        except StoreError:
            return [
                unknown("disk", "disk", "how many people the lists have could not be read; mend the database first")
            ]
    return [judge_disk("disk", shutil.disk_usage(file.parent).free, largest)]
