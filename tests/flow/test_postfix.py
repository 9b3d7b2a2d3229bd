"""A real mail server on loopback: Debian's Postfix takes an issue through a restart of its own and a kill of ours."""

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from email.parser import BytesHeaderParser
from pathlib import Path

import dkim
import pytest

from publisher.actions.approving import approve_issue
from publisher.actions.collect import collect
from publisher.actions.issues import draft_issue
from publisher.actions.sending import send_issue
from publisher.app import App
from publisher.config import load
from publisher.delivery.sign import make_key, public_record
from publisher.files import put
from publisher.records import Certificate, Delivery
from publisher.store import deliveries, issues
from tests.conftest import KEYS, NOW, article_file, opened, quick, take_in

pytestmark = pytest.mark.long

PEOPLE = 5_000
CONNECTIONS = 8
WEEK = "2026-W48"
POSTFIX = Path("/usr/sbin/postfix")
MAIN = """
compatibility_level = 3.6
queue_directory = {folder}/queue
data_directory = {folder}/data
mail_owner = postfix
myhostname = mx.example.org
mydestination =
inet_interfaces = loopback-only
inet_protocols = ipv4
mynetworks = 127.0.0.0/8
virtual_mailbox_domains = example.org
virtual_mailbox_base = {folder}
virtual_mailbox_maps = static:mail/
virtual_uid_maps = static:65534
virtual_gid_maps = static:65534
maillog_file = {folder}/log/mail.log
maillog_file_prefixes = {folder}
smtpd_peername_lookup = no
smtpd_client_connection_count_limit = 0
alias_maps =
alias_database =
"""
MASTER = """
127.0.0.1:{port} inet n - n - - smtpd
pickup unix n - n 60 1 pickup
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
verify unix - - n - 1 verify
flush unix n - n 1000? 0 flush
proxymap unix - - n - - proxymap
smtp unix - - n - - smtp
error unix - - n - - error
retry unix - - n - - error
discard unix - - n - - discard
virtual unix - n n - - virtual
anvil unix - - n - 1 anvil
scache unix - - n - 1 scache
postlog unix-dgram n - n - 1 postlogd
"""


class Postfix:
    """An instance of its own: configuration, queue and mail below one folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        with closing(socket.create_server(("127.0.0.1", 0))) as free:
            self.port = int(free.getsockname()[1])
        for name, owner in (("queue", "root"), ("data", "postfix"), ("mail", "nobody"), ("log", "postfix")):
            (folder / name).mkdir(mode=0o755)
            shutil.chown(folder / name, owner)
        # Whoever writes to it first would own it, and Postfix starts as root, but tidies its queue up as itself.
        log = folder / "log" / "mail.log"
        log.touch(mode=0o644)
        shutil.chown(log, "postfix")
        (folder / "main.cf").write_text(MAIN.format(folder=folder))
        (folder / "master.cf").write_text(MASTER.format(port=self.port))

    def _do(self, what: str) -> None:
        done = subprocess.run([POSTFIX, "-c", str(self.folder), what], timeout=180, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr + done.stdout

    def start(self) -> None:
        self._do("start")

    def stop(self) -> None:
        self._do("stop")

    def delivered(self) -> list[Path]:
        new = self.folder / "mail" / "new"
        return list(new.iterdir()) if new.is_dir() else []

    def wait_for(self, number: int, seconds: float = 120) -> None:
        """Until so many messages lie in the mailbox."""
        until = time.monotonic() + seconds
        while len(self.delivered()) < number:
            assert time.monotonic() < until, f"{len(self.delivered())} of {number} arrived"
            time.sleep(0.05)


@pytest.fixture
def postfix() -> Iterator[Postfix]:
    if os.geteuid() != 0 or not POSTFIX.exists():
        pytest.skip("this needs root and Debian's postfix: apt-get install postfix")
    folder = Path(tempfile.mkdtemp(prefix="publisher-postfix-"))
    folder.chmod(0o755)
    server = Postfix(folder)
    server.start()
    try:
        yield server
    finally:
        subprocess.run([POSTFIX, "-c", str(folder), "abort"], timeout=60, capture_output=True)
        shutil.rmtree(folder)


def site_for(server: Postfix, site: Path) -> bytes:
    """A site with an approved issue for many, which leaves by this server; the public key in the form of the DNS."""
    article_file(site, "one", headline="One", date="2026-11-20")
    (site / "people.csv").write_text("address\n" + "".join(f"reader{n}@example.org\n" for n in range(PEOPLE)))
    key = make_key()
    put(site / "dkim.pem", key, mode=0o600)
    toml = (site / "publisher.toml").read_text()
    delivery = f"""[delivery]
transport = "smtp"
connections = {CONNECTIONS}
[delivery.smtp]
host = "127.0.0.1"
port = {server.port}
encryption = "none"
[delivery.dkim]
selector = "s1"
[bounces]
address = "bounces@news.alderbay.example"
"""
    (site / "publisher.toml").write_text(re.sub(r"(?ms)^\[delivery\].*?(?=^\[|\Z)", "", toml) + delivery)
    with opened(site) as app:
        collect(app)
        take_in(app, site / "people.csv")
        draft_issue(app, app.newsletter(None))
        approve_issue(app, app.newsletter(None), WEEK, who="ana")
    return public_record(key).encode()


@contextmanager
def sending(site: Path, **more: str) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-m", "publisher.cli", "issue", "send", "--week", WEEK, "--yes", "--as", "ana"]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, cwd=site, env=os.environ | more, stdout=pipe, stderr=pipe, text=True) as process:
        try:
            yield process
        finally:
            process.kill()


def later(site: Path) -> None:
    """Send on, an hour from now."""
    app = App(quick(load(site)), clock=lambda: datetime.now(UTC) + timedelta(hours=1), keys=KEYS)
    with closing(app):
        send_issue(app, app.newsletter(None), WEEK)


def account(site: Path) -> tuple[Certificate, list[Delivery]]:
    app = App(quick(load(site)), clock=lambda: NOW, keys=KEYS)
    with closing(app), app.database.read() as connection:
        issue = issues.find(connection, "health-weekly", WEEK)
        assert issue
        return deliveries.certificate(connection, issue), deliveries.in_question(connection, issue.id)


def test_five_thousand_arrive_through_a_restart_of_the_server_and_a_kill_of_ours(postfix: Postfix, site: Path) -> None:
    record = site_for(postfix, site)
    with sending(site, PUBLISHER_FAILPOINT="settled:kill:300") as first:
        _, talk = first.communicate(timeout=120)
    assert first.returncode == -signal.SIGKILL, talk
    with sending(site) as second:
        postfix.wait_for(2_000)
        postfix.stop()
        postfix.start()
        _, talk = second.communicate(timeout=240)
    assert second.returncode in (0, 4), talk
    # What the server did not answer when it was stopped is sent once more, five minutes later.
    later(site)

    certificate, questions = account(site)
    assert certificate.counts == {"accepted": PEOPLE}, talk
    doubted = {one.address for one in questions}
    postfix.wait_for(PEOPLE)
    messages = [path.read_bytes() for path in postfix.delivered()]
    # Postfix too may be stopped between putting a message into the mailbox and noting that it did: what counts is how
    # often it took one from us, which is under an identifier of its own each time.
    taken = {taken_as(message) for message in messages}
    received = Counter(address for address, _ in taken)
    assert set(received) == {f"reader{n}@example.org" for n in range(PEOPLE)}
    twice = {address for address, copies in received.items() if copies > 1}
    assert twice <= doubted, "somebody got two copies, and the certificate does not name them"
    # One may wait for its answer on each connection when we are killed, and again when the server is restarted.
    assert len(twice) <= 2 * CONNECTIONS
    assert all(verifies(message, record) for message in messages)


def taken_as(message: bytes) -> tuple[str, str]:
    """For whom, and by which identifier of the server's queue."""
    header = BytesHeaderParser().parsebytes(message)
    identifier = re.search(r"\bid (\w+)", str(header["Received"]))
    assert identifier
    return str(header["X-Original-To"]), identifier[1]


def verifies(message: bytes, record: bytes) -> bool:
    """Whether the signature is right; what the server wrote above it is no part of it."""
    return bool(dkim.verify(message, dnsfunc=lambda name, timeout=5: record))
