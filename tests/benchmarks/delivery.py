"""How fast an issue leaves by SMTP: personal, signed, with a durable row for each copy, to Postfix's smtp-sink.

Beside it, alternating in the same run, nodemailer (a pool, DKIM, no ledger) and smtp-source (Postfix's own, which sends
the same finished message to all). Also with a relay 10 ms away, with PostgreSQL, and what memory a long list takes.

Run with arguments it is a child process that sends once, so that each is alone with its memory.
"""

import json
import random
import resource
import secrets
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from statistics import median

from sqlalchemy import insert

from publisher.delivery import engine
from publisher.delivery.compose import Composer
from publisher.delivery.engine import Orders
from publisher.delivery.prepare import Prepare
from publisher.delivery.session import Relay, Timeouts
from publisher.delivery.sign import Signer, make_key
from publisher.delivery.smtp import SmtpTransport
from publisher.links import Links
from publisher.records import Delivery, Edition, Issue, Pace
from publisher.return_paths import Copy, ReturnPaths
from publisher.store import deliveries, issues, open_database, schema as s
from tests import postgres
from tests.benchmarks.timing import timed
from tests.conftest import KEYS, ROOT

CONNECTIONS = 8
ROUNDS = 5
COPIES, COPIES_OF_NODEMAILER = 5_000, 1_000
FAR_COPIES = 600
MILLISECONDS = 10
FEW, MANY = 10_000, 1_000_000
NODEMAILER = Path(__file__).with_name("nodemailer")
NOW = datetime(2026, 11, 23, 15, tzinfo=UTC)

Measure = Callable[[int], float]
"""Copies per second at this port."""


def figures(folder: Path) -> Iterator[tuple[str, str, str]]:
    """Rows of (what, measured, limit)."""
    folder.mkdir(parents=True)
    missing = [name for name in ("smtp-sink", "smtp-source") if not _program(name)]
    if missing:
        yield f"delivery: {' and '.join(missing)} of Debian's postfix not installed", "", ""
        return
    _write_message(folder)
    with _sink() as port:
        yield from _rates(folder, port)
        with _far(port) as far:
            yield from _far_rates(folder, far)
        yield from _memory(folder, port)


def _rates(folder: Path, port: int) -> Iterator[tuple[str, str, str]]:
    with ExitStack() as stack:
        measures: dict[str, Measure] = {"ours": lambda at: _ours(folder, at, COPIES)}
        if _nodemailer_is_there():
            measures["nodemailer"] = lambda at: _nodemailer(folder, at, COPIES_OF_NODEMAILER)
        measures["smtp-source"] = lambda at: _smtp_source(folder, at, COPIES)
        if postgres.is_installed():
            url = stack.enter_context(postgres.server(durable=True)).url
            measures["postgresql"] = lambda at: _ours(folder, at, COPIES, url.format(name="postgres"))
        seen = _alternating(measures, port, ROUNDS)
    yield f"sending to {COPIES:,} by SMTP, {CONNECTIONS} connections, SQLite", f"{median(seen['ours']):,.0f} /s", ""
    if "nodemailer" in seen:
        yield _times(seen["ours"], seen["nodemailer"], "nodemailer, pool and DKIM", "6, aim 8")
    else:
        yield "  nodemailer: npm is not installed", "", "6, aim 8"
    yield _times(seen["ours"], seen["smtp-source"], "smtp-source", "0.4, aim 0.6")
    if "postgresql" in seen:
        yield "  with PostgreSQL 15, fsync on", f"{median(seen['postgresql']):,.0f} /s", ""
        if "nodemailer" in seen:
            yield _times(seen["postgresql"], seen["nodemailer"], "nodemailer", "")


def _far_rates(folder: Path, far: int) -> Iterator[tuple[str, str, str]]:
    measures: dict[str, Measure] = {"ours": lambda at: _ours(folder, at, FAR_COPIES)}
    if _nodemailer_is_there():
        measures["nodemailer"] = lambda at: _nodemailer(folder, at, FAR_COPIES)
    measures["smtp-source"] = lambda at: _smtp_source(folder, at, FAR_COPIES)
    seen = _alternating(measures, far, 3)
    yield f"  relay {MILLISECONDS} ms away", f"{median(seen['ours']):,.0f} /s", ""
    for peer in ("nodemailer", "smtp-source"):
        if peer in seen:
            yield _times(seen["ours"], seen[peer], peer, "")


def _memory(folder: Path, port: int) -> Iterator[tuple[str, str, str]]:
    few, many = (_child(folder, port, number)[1] for number in (FEW, MANY))
    yield f"  memory at most, {FEW:,} recipients", f"{few:.0f} MB", "150 MB"
    yield f"  memory at most, {MANY:,} recipients", f"{many:.0f} MB", "150 MB"
    yield "    times that of few", f"{many / few:.2f}", "1.15"


def _alternating(measures: dict[str, Measure], port: int, rounds: int) -> dict[str, list[float]]:
    """One after the other, round by round, so that what else the machine does falls on all."""
    seen: dict[str, list[float]] = {name: [] for name in measures}
    for _ in range(rounds):
        for name, measure in measures.items():
            seen[name].append(measure(port))
    return seen


def _times(ours: Sequence[float], theirs: Sequence[float], peer: str, limit: str) -> tuple[str, str, str]:
    ratio = median(one / other for one, other in zip(ours, theirs, strict=True))
    return f"    {peer}: {median(theirs):,.0f} /s; times that", f"{ratio:.2f}", limit


# Who sends ------------------------------------------------------------------------------------------------------------


def _ours(folder: Path, port: int, copies: int, url: str = "sqlite:///bench.db") -> float:
    return copies / _child(folder, port, copies, url)[0]


def _child(folder: Path, port: int, copies: int, url: str = "sqlite:///bench.db") -> tuple[float, float]:
    """Seconds, and MB at most."""
    command = [sys.executable, "-m", "tests.benchmarks.delivery", str(folder), str(port), str(copies), url]
    done = subprocess.run(command, check=True, capture_output=True, text=True, cwd=ROOT)
    seconds, peak = json.loads(done.stdout)
    return seconds, peak


def _nodemailer_is_there() -> bool:
    if not shutil.which("npm"):
        return False
    if not (NODEMAILER / "node_modules").is_dir():
        command = ["npm", "ci", "--prefix", str(NODEMAILER), "--ignore-scripts", "--loglevel=error"]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, timeout=300)
    return True


def _nodemailer(folder: Path, port: int, copies: int) -> float:
    command = ["node", str(NODEMAILER / "send.js"), str(folder), str(copies), str(CONNECTIONS), str(port)]
    return copies / float(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def _smtp_source(folder: Path, port: int, copies: int) -> float:
    who = ["-f", "news@example.org", "-t", "reader@example.org"]
    command = [_program("smtp-source"), "-s", str(CONNECTIONS), "-m", str(copies), "-l", str(_size(folder)), *who]
    return copies / timed(lambda: subprocess.run([*command, f"127.0.0.1:{port}"], check=True, capture_output=True))


# Where it goes --------------------------------------------------------------------------------------------------------


def _program(name: str) -> str:
    return shutil.which(name, path="/usr/sbin:/usr/bin:/usr/local/bin") or ""


@contextmanager
def _sink() -> Iterator[int]:
    """smtp-sink, which takes everything and keeps nothing; its port."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
    with _running([_program("smtp-sink"), "-u", "nobody", f"127.0.0.1:{port}", "1000"]):
        deadline = time.monotonic() + 10
        while True:
            try:
                socket.create_connection(("127.0.0.1", port)).close()
                break
            except ConnectionRefusedError:
                if time.monotonic() > deadline:
                    raise
        yield port


@contextmanager
def _far(port: int) -> Iterator[int]:
    command = [sys.executable, "-m", "tests.benchmarks.latency", str(port), str(MILLISECONDS)]
    with _running(command) as process:
        assert process.stdout
        yield int(process.stdout.readline())


@contextmanager
def _running(command: Sequence[str]) -> Iterator[subprocess.Popen[bytes]]:
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as process:
        try:
            yield process
        finally:
            process.terminate()


# What is sent ---------------------------------------------------------------------------------------------------------

_WORDS = """
the clinic ward nurse patient sleep heart morning doctor week walk blood test window garden bread children visit listen
answer question hour pain rest water early late small new better quiet with from about under every
"""


def _write_message(folder: Path) -> None:
    """60 KB of HTML and 8 KB of text in the folder, with {{link}} and {{greeting}} where personal values go."""
    chance, words = random.Random(1), _WORDS.split()

    def paragraph() -> str:
        return " ".join(chance.choice(words) for _ in range(60)).capitalize() + "."

    text = "{{greeting}}\n\n" + _filled(lambda: f"{paragraph()}\n\n", 8_000) + "To leave: {{link}}\n"
    style = "margin:0 0 16px;font-family:Georgia,serif;font-size:17px;line-height:26px;color:#1d2b33"
    rows = _filled(lambda: f'<tr><td><p style="{style}">{paragraph()}</p></td></tr>\n', 60_000)
    html = '<!doctype html>\n<html lang="en"><body><p>{{greeting}}</p>\n'
    html += f'<table role="presentation">\n{rows}</table>\n<p><a href="{{{{link}}}}">Leave</a></p></body></html>\n'
    (folder / "message.txt").write_text(text)
    (folder / "message.html").write_text(html)
    (folder / "dkim.pem").write_bytes(make_key())


def _filled(piece: Callable[[], str], size: int) -> str:
    made = ""
    while len(made) < size:
        made += piece()
    return made


def _edition(folder: Path) -> Edition:
    def marked(name: str) -> str:
        whole = (folder / name).read_text()
        return whole.replace("{{link}}", "ZQbenchUNSUBSCRIBEQZ").replace("{{greeting}}", "ZQbenchGREETINGQZ")

    return Edition(
        language="en",
        subject="Health news of the week",
        preheader="",
        title="Health news",
        sender_name="News",
        sender_address="news@example.org",
        greeting="Hello.",
        greeting_named="Hello, {name}.",
        html=marked("message.html"),
        text=marked("message.txt"),
        nonce="bench",
        hash="0" * 64,
        date=NOW,
    )


_ISSUE = Issue(newsletter="weekly", period="", state="sending", after=NOW, cut_off=NOW, drafted_at=NOW)


def _person(number: int) -> dict[str, object]:
    address = f"reader{number}@example.org"
    return {
        "public_id": f"{number:032x}",
        "address": address,
        "address_key": address,
        "fingerprint": number.to_bytes(16),
        "name": f"Reader {number}",
        "topics": [],
        "newsletters": (),
        "state": "active",
        "created_at": NOW,
    }


def _prepare(folder: Path) -> Prepare:
    links, back = Links("https://news.example.org", KEYS), ReturnPaths("bounces@example.org", KEYS)
    composer = Composer([_edition(folder)], "weekly/bench", "weekly", links, b"m" * 32)
    signer = Signer("example.org", "news", (folder / "dkim.pem").read_bytes())
    return Prepare(composer, signer, lambda one: back.make(Copy(1, one.public_id)))


def _size(folder: Path) -> int:
    """Of one finished message."""
    one = Delivery(
        issue=1, subscriber=1, public_id=f"{1:032x}", address="reader1@example.org", name="Reader 1", state="claimed"
    )
    return len(_prepare(folder)(one)[1])


def _send(folder: Path, port: int, copies: int, url: str) -> tuple[float, float]:
    """Send one issue to so many people; the seconds, and MB at most."""
    for left in folder.glob("bench.db*"):
        left.unlink()
    database = open_database(url, folder, KEYS.fingerprint)
    with database.write() as connection:
        connection.exec_driver_sql("DELETE FROM delivery")
        connection.exec_driver_sql("DELETE FROM subscriber")
        for start in range(0, copies, 10_000):
            connection.execute(
                insert(s.subscriber), [_person(number) for number in range(start, min(start + 10_000, copies))]
            )
        # Another period each time: PostgreSQL still holds the issues of the runs before.
        issue = issues.add(connection, replace(_ISSUE, period=secrets.token_hex(5)), "bench", "")
        assert issue
        deliveries.freeze_recipients(connection, issue, NOW)
    prepare = _prepare(folder)
    transport = SmtpTransport(Relay(host="127.0.0.1", port=port, encryption="none"), Timeouts())
    orders = Orders(pace=Pace(connections=CONNECTIONS, per_connection=copies))
    seconds = timed(lambda: engine.send(database, issue, prepare, transport, lambda: datetime.now(UTC), orders))
    with database.read() as connection:
        counts = deliveries.certificate(connection, issue).counts
    assert counts == {"accepted": copies}, counts
    database.close()
    return seconds, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    print(json.dumps(_send(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]), sys.argv[4])))
