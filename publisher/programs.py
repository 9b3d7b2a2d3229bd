"""Asks programs of this machine, where they are installed: SpamAssassin for its score, systemd for the clock.

In: a message as it would leave. Out: its score and the rules that made it, or None without the program. Only the rules
on this machine are asked, no list or server on the network, and what they learnt from other mail does not count: the
same message has the same score. Nothing is written to anyone's home.
"""

import os
import re
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from email import message_from_bytes
from pathlib import Path

from publisher.errors import ProgramError

# -L: no network. -t: make a report of every message, not only of spam. -x: make no settings for a new user.
_COMMAND = ("-L", "-t", "-x", "-p")
_SETTINGS = """\
clear_headers
clear_report_template
report_safe 0
add_header all Publisher-Score _SCORE_ _REQD_ _TESTSSCORES(,)_
add_header all Publisher-Rules _REPORT_
use_bayes 0
"""
_MAY_KNOW = ("PATH", "PERL5LIB")
_RULE = re.compile(r"\*\s*-?[\d.]+ ([A-Z0-9_]+) (.*)")


@dataclass(frozen=True, slots=True, kw_only=True)
class SpamRule:
    """A rule that the message meets: its points (above 0 speak for spam), and what it looks for, in English."""

    name: str
    points: float
    meaning: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SpamReport:
    """`score` is the sum, from `limit` on a message is spam; `rules` are in order of weight, the worst first."""

    score: float
    limit: float
    rules: tuple[SpamRule, ...]


def spam_report(
    message: bytes, *, seconds: float = 30, environment: Mapping[str, str] = os.environ
) -> SpamReport | None:
    """What SpamAssassin says of the message; None where it is not installed. Raises ProgramError when it fails."""
    program = shutil.which("spamassassin", path=environment.get("PATH", os.defpath))
    if not program:
        return None
    try:
        with tempfile.TemporaryDirectory(prefix="publisher-spam-", ignore_cleanup_errors=True) as home:
            settings = Path(home, "settings")
            settings.write_text(_SETTINGS)
            known = {name: environment[name] for name in _MAY_KNOW if name in environment}
            made = known | {"HOME": home, "TMPDIR": home, "LC_ALL": "C.UTF-8"}
            judged, complaints = _run([program, *_COMMAND, str(settings)], message, seconds, made)
    except subprocess.TimeoutExpired as exc:
        raise ProgramError(f"{program}: no score after {seconds:g} seconds; check the message without it") from exc
    except OSError as exc:
        raise ProgramError(f"{program}: it cannot be started ({exc.strerror}); install it anew") from exc
    report = _read(judged)
    if report is None:
        raise ProgramError(f"{program}: it gave no score ({_last(complaints)}); try it by hand: spamassassin -L --lint")
    return report


def clock_is_synchronised(*, seconds: float = 5, environment: Mapping[str, str] = os.environ) -> bool | None:
    """Whether something keeps this machine's clock right; None where systemd is not there, or does not know."""
    program = shutil.which("timedatectl", path=environment.get("PATH", os.defpath))
    if not program:
        return None
    try:
        told, _ = _run([program, "show", "-p", "NTPSynchronized", "--value"], b"", seconds, environment)
    except (subprocess.TimeoutExpired, OSError):
        return None
    return {b"yes": True, b"no": False}.get(told.strip())


def _run(command: Sequence[str], said: bytes, seconds: float, environment: Mapping[str, str]) -> tuple[bytes, bytes]:
    """What it answers and complains; it and all that it started are ended when that takes longer."""
    with subprocess.Popen(  # noqa: S603 - a program that the administrator installed
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=dict(environment),
        start_new_session=True,
    ) as process:
        try:
            return process.communicate(said, timeout=seconds)
        except BaseException:
            os.killpg(process.pid, signal.SIGKILL)
            raise


def _read(judged: bytes) -> SpamReport | None:
    """The report from the headers that SpamAssassin put before the message's own; None where there are none."""
    headers = message_from_bytes(judged)
    told = re.match(r"(-?[\d.]+) (-?[\d.]+) (\S+)", _unfolded(headers["X-Spam-Publisher-Score"]))
    if not told:
        return None
    meanings = _meanings(str(headers["X-Spam-Publisher-Rules"] or ""))
    points = {name: float(value) for name, _, value in (rule.partition("=") for rule in told[3].split(",")) if value}
    rules = [SpamRule(name=n, points=points[n], meaning=meanings.get(n, "")) for n in points]
    heavy_first = sorted(rules, key=lambda rule: (-rule.points, rule.name))
    return SpamReport(score=float(told[1]), limit=float(told[2]), rules=tuple(heavy_first))


def _unfolded(header: str | None) -> str:
    """The header in one line; it is folded after commas."""
    return re.sub(r",\s+", ",", re.sub(r"\r?\n", "", header or "")).strip()


def _meanings(header: str) -> dict[str, str]:
    """The words for each rule; those that do not fit on its line go on in the next, after a star of their own."""
    meanings: dict[str, str] = {}
    name = ""
    for line in header.split("\n"):
        if rule := _RULE.search(line):
            name = rule[1]
            meanings[name] = rule[2].strip()
        elif name:
            meanings[name] = f"{meanings[name]} {line.strip().lstrip('*').strip()}".strip()
    return meanings


def _last(complaints: bytes) -> str:
    lines = complaints.decode("utf-8", "replace").strip().split("\n")
    return lines[-1][:300] or "it said nothing"
