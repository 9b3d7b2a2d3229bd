"""What must be right on this machine and with the relay's certificate: time, room on the disk, rights of files."""

import ssl
import stat
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

from publisher.doctor.results import Result, error, ok, unknown, warning

MOST_SECONDS_APART = 60
FEWEST_DAYS_LEFT = 14
BYTES_OF_A_COPY = 400
"""So much the ledger takes for one copy of an issue, and it needs room for the last, this one and its journal."""

_ROOMS = 3


def judge_tls(place: str, tls: tuple[str, Mapping[str, Any] | None] | None, now: datetime, *, is_near: bool) -> Result:
    """`tls` is the version that was agreed on and the certificate as `ssl` tells it, which fits the name already; None
    where nothing is encrypted, which is right only for a relay on this machine (`is_near`)."""
    if tls is None:
        if is_near:
            return ok("tls", place, "not encrypted, and need not be: the relay is on this machine")
        return warning("tls", place, 'nothing is encrypted on the way to the relay; set encryption to "starttls"')
    version, certificate = tls
    ends = (certificate or {}).get("notAfter")
    if not ends:
        return unknown("tls", place, f"{version}; the relay's certificate does not say how long it is valid")
    days = (datetime.fromtimestamp(ssl.cert_time_to_seconds(str(ends)), UTC) - now).days
    told = f"{version}, and the certificate is valid for this name"
    if days < 0:
        return error("tls", place, f"{version}; the relay's certificate has expired; have it renewed")
    if days < FEWEST_DAYS_LEFT:
        left = "1 day" if days == 1 else f"{days} days"
        return warning("tls", place, f"{told}, but for {left} only; have it renewed, or nothing leaves any more")
    return ok("tls", place, f"{told} for {days} days")


def judge_clock(ours: datetime, theirs: datetime | None, synchronised: bool | None) -> Result:
    """`theirs` is the database server's clock, None where it is this machine's; `synchronised` None where nobody
    knows."""
    place = "clock"
    apart = abs((ours - theirs).total_seconds()) if theirs else 0.0
    if apart > MOST_SECONDS_APART:
        mend = f"this machine and the database server are {apart:.0f} seconds apart; synchronise both (NTP)"
        return error("clock", place, f"{mend}: issues would leave early, late or twice")
    told = f"{apart:.0f} seconds from the database server's, " if theirs else ""
    if synchronised is None:
        return unknown("clock", place, f"{told}whether it is kept right cannot be told here; see that NTP runs")
    if not synchronised:
        return warning("clock", place, f"{told}but nothing keeps it right: switch on NTP (timedatectl set-ntp true)")
    return ok("clock", place, f"{told}kept right by NTP")


def judge_site(url: str, *, is_private: bool) -> Result:
    """The public address, to which every mail's link to leave leads."""
    place = "url in [site]"
    if urlsplit(url).scheme != "https":
        mend = f"{url} is not https: mail programs show no button to unsubscribe, which the large providers ask for"
        return error("site", place, f"{mend}; serve the site by https and write so")
    if is_private:
        return error(
            "site", place, f"{url} cannot be reached from outside, and every mail leads there; use a public name"
        )
    return ok("site", place, f"links to unsubscribe begin with {url}/unsubscribe/")


def judge_private(code: str, place: str, mode: int | None) -> Result:
    """A file that holds secrets or addresses; `mode` is None where there is none yet."""
    if mode is None:
        return ok(code, place, "not there yet; it is made at first use, for its owner alone")
    if mode & (stat.S_IRWXG | stat.S_IRWXO):
        return error(code, place, f"others on this machine may read it; run `chmod 600 {place}`")
    return ok(code, place, "only its owner may read it")


def judge_disk(place: str, free: int, recipients: int) -> Result:
    """`free` bytes where the database lies; `recipients` of the largest list."""
    need = recipients * BYTES_OF_A_COPY * _ROOMS
    people = "1 person" if recipients == 1 else f"{recipients:,} people"
    told = f"{_size(free)} free; the largest list, {people}, needs {_size(need)} for an issue"
    if free < need:
        return error("disk", place, f"{told}; make room before the next issue")
    return ok("disk", place, told)


def _size(number: int) -> str:
    unit, name = next((one for one in ((10**9, "GB"), (10**6, "MB")) if number >= one[0]), (10**3, "KB"))
    return f"{number / unit:.1f} {name}"
