"""Mailboxes: Maildirs and files on disk, a real IMAP server, and servers that stall, lie and talk nonsense."""

import contextlib
import grp
import imaplib
import os
import pwd
import shutil
import socket
import ssl
import subprocess
import tempfile
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from publisher.errors import MailboxError
from publisher.subscribers.mailboxes import MOST_BYTES, Imap, Mailbox, Maildir, messages, messages_of

pytestmark = pytest.mark.long

DOVECOT = Path("/usr/sbin/dovecot")
PASSWORD = 'open "sesame" \\ ü'
SETTINGS = """
protocols = imap
listen = 127.0.0.1
base_dir = {folder}/run
state_dir = {folder}/run
log_path = {folder}/log
default_internal_user = {internal}
default_login_user = {login}
default_internal_group = {group}
first_valid_uid = 1
first_valid_gid = 1
ssl = yes
ssl_cert = <{folder}/certificate.pem
ssl_key = <{folder}/key.pem
ssl_min_protocol = TLSv1.2
disable_plaintext_auth = no
auth_failure_delay = 0
mail_location = maildir:{folder}/mail/%u
passdb {{
  driver = passwd-file
  args = scheme=PLAIN {folder}/users
}}
userdb {{
  driver = static
  args = uid={uid} gid={gid} home={folder}/mail/%u
}}
service anvil {{
  chroot =
}}
service imap-login {{
  chroot =
  inet_listener imap {{
    port = {plain}
  }}
  inet_listener imaps {{
    port = {secure}
    ssl = yes
  }}
}}
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Dovecot:
    folder: Path
    plain: int
    secure: int

    def mailbox(self, user: str, **more: Any) -> Imap:
        usual: dict[str, Any] = {"host": "localhost", "port": self.secure, "password": PASSWORD, "user": user}
        return Imap(**{**usual, "ca_file": self.folder / "certificate.pem", **more})

    @contextlib.contextmanager
    def client(self, user: str) -> Iterator[imaplib.IMAP4]:
        """The standard client, to put messages in and to look at their flags."""
        with imaplib.IMAP4("127.0.0.1", self.plain, timeout=20) as client:
            client.authenticate("PLAIN", lambda _: f"\0{user}\0{PASSWORD}".encode())
            client.select("INBOX")
            yield client

    def fill(self, user: str, *bodies: bytes) -> None:
        with self.client(user) as client:
            for body in bodies:
                assert client.append("INBOX", "", "", body)[0] == "OK"

    def flags(self, user: str) -> list[bytes]:
        with self.client(user) as client:
            return [line for line in client.fetch("1:*", "(FLAGS)")[1] if isinstance(line, bytes)]


@pytest.fixture(scope="session")
def dovecot() -> Iterator[Dovecot]:
    """A real server on free ports of loopback, with a certificate of its own for the name localhost."""
    if not DOVECOT.exists() or not shutil.which("openssl"):
        pytest.skip("dovecot is not installed: apt-get install dovecot-imapd openssl")
    # Below pytest's own folders, which have mode 0700, the server's user could enter nothing.
    folder = Path(tempfile.mkdtemp(prefix="publisher-imap-"))
    folder.chmod(0o755)
    plain, secure = free_port(), free_port()
    write_settings(folder, plain, secure)
    process = subprocess.Popen([DOVECOT, "-F", "-c", folder / "dovecot.conf"], stdin=subprocess.DEVNULL)
    try:
        wait_for(process, plain, folder / "log")
        yield Dovecot(folder=folder, plain=plain, secure=secure)
    finally:
        process.terminate()
        process.wait(timeout=20)
        shutil.rmtree(folder)


def write_settings(folder: Path, plain: int, secure: int) -> None:
    as_root = os.geteuid() == 0
    own = pwd.getpwuid(os.geteuid())
    mail = pwd.getpwnam("nobody") if as_root else own
    internal, login = ("dovecot", "dovenull") if as_root else (own.pw_name, own.pw_name)
    subprocess.run(
        [
            *("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost"),
            *("-addext", "subjectAltName=DNS:localhost"),
            *("-keyout", folder / "key.pem", "-out", folder / "certificate.pem"),
        ],
        check=True,
        capture_output=True,
        timeout=60,
    )
    (folder / "mail").mkdir()
    os.chown(folder / "mail", mail.pw_uid, mail.pw_gid)
    users = "".join(f"{name}:{PASSWORD}\n" for name in USERS)
    (folder / "users").write_text(users, encoding="utf-8")
    shown = SETTINGS.format(
        folder=folder,
        internal=internal,
        login=login,
        group=internal if as_root else grp.getgrgid(own.pw_gid).gr_name,
        uid=mail.pw_uid,
        gid=mail.pw_gid,
        plain=plain,
        secure=secure,
    )
    (folder / "dovecot.conf").write_text(shown, encoding="utf-8")


def wait_for(process: subprocess.Popen[bytes], port: int, log: Path) -> None:
    """Until the server greets; at most 20 seconds, and no longer than it lives."""
    for _ in range(200):
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 5) as wire:
            if wire.recv(100).startswith(b"* OK"):
                return
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(timeout=0.1)
            break
    pytest.fail(f"dovecot did not start: {log.read_text() if log.exists() else 'it wrote no log'}")


def free_port() -> int:
    with socket.socket() as wire:
        wire.bind(("127.0.0.1", 0))
        port: int = wire.getsockname()[1]
        return port


USERS = [f"user{number}" for number in range(40)]


@pytest.fixture
def user(_taken: dict[str, int] = {}) -> str:  # noqa: B006  one count for all tests
    """A mailbox that no other test uses."""
    _taken["next"] = _taken.get("next", -1) + 1
    return USERS[_taken["next"]]


def test_unread_messages_are_handed_out_and_stay_unread(dovecot: Dovecot, user: str) -> None:
    dovecot.fill(user, b"Subject: one\r\n\r\n1\r\n", b"Subject: two\r\n\r\n2\r\n")
    for _ in range(2):
        with dovecot.mailbox(user) as mailbox:
            assert [data for _, data in mailbox.unread()] == [
                b"Subject: one\r\n\r\n1\r\n",
                b"Subject: two\r\n\r\n2\r\n",
            ]


def test_what_is_done_is_not_handed_out_again_and_not_deleted(dovecot: Dovecot, user: str) -> None:
    dovecot.fill(user, b"Subject: one\r\n\r\n", b"Subject: two\r\n\r\n")
    with dovecot.client(user) as client:
        client.store("1", "+FLAGS", r"(\Flagged)")
    with dovecot.mailbox(user) as mailbox:
        for name, _ in mailbox.unread():
            assert "@" not in name
            mailbox.done(name)
            break
    assert [rb"\Flagged" in line and rb"\Seen" in line for line in dovecot.flags(user)] == [True, False]
    with dovecot.mailbox(user) as mailbox:
        assert [data for _, data in mailbox.unread()] == [b"Subject: two\r\n\r\n"]
    assert len(dovecot.flags(user)) == 2


def test_messages_that_others_marked_for_deletion_are_left_alone(dovecot: Dovecot, user: str) -> None:
    dovecot.fill(user, b"Subject: one\r\n\r\n", b"Subject: two\r\n\r\n")
    with dovecot.client(user) as client:
        client.store("1", "+FLAGS", r"(\Deleted)")
        client.unselect()
    with dovecot.mailbox(user) as mailbox:
        assert [data for _, data in mailbox.unread()] == [b"Subject: two\r\n\r\n"]
    assert len(dovecot.flags(user)) == 2


def test_a_poll_takes_no_more_than_it_may(dovecot: Dovecot, user: str) -> None:
    dovecot.fill(user, *(b"Subject: %d\r\n\r\n" % number for number in range(5)))
    with dovecot.mailbox(user, most=3) as mailbox:
        assert len(list(mailbox.unread())) == 3


def test_two_megabytes_of_five_are_read(dovecot: Dovecot, user: str) -> None:
    dovecot.fill(user, b"Subject: big\r\n\r\n" + b"x" * 70 * 70_000 + b"\r\n")
    with dovecot.mailbox(user) as mailbox:
        ((_, data),) = mailbox.unread()
        assert len(data) == MOST_BYTES and data.startswith(b"Subject: big")


def test_starttls_and_loopback_without_tls_work_as_well(dovecot: Dovecot, user: str) -> None:
    dovecot.fill(user, b"Subject: one\r\n\r\n")
    for more in ({"tls": "starttls"}, {"tls": "none", "host": "127.0.0.1"}):
        with dovecot.mailbox(user, port=dovecot.plain, **more) as mailbox:
            assert len(list(mailbox.unread())) == 1


def test_another_folder_is_read_under_its_name(dovecot: Dovecot, user: str) -> None:
    with dovecot.client(user) as client:
        client.create('"Reports of mail"')
        client.append('"Reports of mail"', "", "", b"Subject: one\r\n\r\n")
    with dovecot.mailbox(user, folder="Reports of mail") as mailbox:
        assert len(list(mailbox.unread())) == 1


@pytest.mark.parametrize(
    ("more", "told"),
    [
        ({"password": "wrong"}, "refused the name or the password; check them"),
        ({"folder": "Nowhere"}, 'has no folder "Nowhere" that we may change'),
        ({"ca_file": None}, "its certificate is not trusted"),
        ({"host": "127.0.0.1"}, "its certificate is not trusted"),
        ({"tls": "starttls", "timeout": 2}, "took too long to answer"),
    ],
)
def test_a_wrong_setting_is_told_in_one_line(dovecot: Dovecot, user: str, more: dict[str, Any], told: str) -> None:
    with pytest.raises(MailboxError) as raised, dovecot.mailbox(user, **more) as mailbox:
        list(mailbox.unread())
    told_line = str(raised.value)
    assert told in told_line and "\n" not in told_line
    assert "sesame" not in told_line and user not in told_line


def test_tls_against_a_port_without_it_is_told(dovecot: Dovecot, user: str) -> None:
    with pytest.raises(MailboxError, match="no TLS could be agreed on"), dovecot.mailbox(user, port=dovecot.plain):
        pass


# --- servers that are none


@contextlib.contextmanager
def scripted(talk: Callable[[socket.socket], None]) -> Iterator[int]:
    """A server that says to its one client what `talk` says."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            with contextlib.suppress(OSError):
                wire, _ = listener.accept()
                with wire:
                    wire.settimeout(20)
                    talk(wire)

        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield listener.getsockname()[1]
        finally:
            with contextlib.suppress(OSError):
                listener.shutdown(socket.SHUT_RDWR)
            thread.join(timeout=20)
            assert not thread.is_alive()


def answering(answers: dict[bytes, bytes], greeting: bytes = b"* OK ready\r\n") -> Callable[[socket.socket], None]:
    """Says what stands beside the word of the command, with the command's tag behind it; OK to everything else."""

    def talk(wire: socket.socket) -> None:
        wire.sendall(greeting)
        stream = wire.makefile("rb")
        while line := stream.readline():
            tag, _, command = line.partition(b" ")
            said = next((answer for word, answer in answers.items() if command.startswith(word)), b"")
            wire.sendall(said.replace(b"TAG", tag) if b"TAG" in said else said + tag + b" OK done\r\n")

    return talk


def poll(port: int, **more: Any) -> list[bytes]:
    with Imap("127.0.0.1", port, "somebody@example.org", "sesame", **{"tls": "none", "timeout": 1, **more}) as mailbox:
        return [data for _, data in mailbox.unread()]


CAPABLE = {b"CAPABILITY": b"* CAPABILITY IMAP4rev1\r\n", b"SELECT": b"* 1 EXISTS\r\n"}
FOUND = {**CAPABLE, b"UID SEARCH": b"* SEARCH 7\r\n"}


def test_the_scripted_server_is_understood_when_it_behaves() -> None:
    body = b"* 1 FETCH (UID 7 BODY[]<0> {4}\r\nabcd)\r\n"
    with scripted(answering({**FOUND, b"UID FETCH": body})) as port:
        assert poll(port) == [b"abcd"]


def test_a_message_that_went_away_meanwhile_is_left_out() -> None:
    with scripted(answering(FOUND)) as port:
        assert poll(port) == []


@pytest.mark.parametrize(
    "talk",
    [
        answering({}, greeting=b"220 mail.example.org ESMTP\r\n"),
        answering({}, greeting=b"\0\xff" * 50 + b"\r\n"),
        answering({}, greeting=b"* BYE somebody@example.org is not welcome\r\n"),
        answering({b"CAPABILITY": b"* CAPABILITY\r\n"}),
        answering({**CAPABLE, b"LOGIN": b"TAG NO somebody@example.org: bad password sesame\r\n"}),
        answering({**CAPABLE, b"SELECT": b"TAG NO [NONEXISTENT]\r\n"}),
        answering({**CAPABLE, b"SELECT": b"* BAD\r\nwhat\r\n"}),
        answering({**CAPABLE, b"UID SEARCH": b"* SEARCH one two\r\n"}),
        answering({**CAPABLE, b"UID SEARCH": b"* SEARCH {99999999999}\r\n"}),
        answering({**CAPABLE, b"UID SEARCH": b"* SEARCH {" + b"9" * 5000 + b"}\r\n"}),
        answering(
            {**CAPABLE, b"UID SEARCH": b"* SEARCH " + b"7 " * 800_000 + b"\r\n" * 1} | {b"UID FETCH": b"* BYE\r\n"}
        ),
        answering({**FOUND, b"UID FETCH": b"* 1 FETCH (BODY[]<0> {3000000}\r\n"}),
        answering({**FOUND, b"UID FETCH": b"* 1 FETCH (BODY[]<0> {2000000}\r\nshort"}),
        answering({**FOUND, b"UID FETCH": b"* 1 FETCH (BODY[]<0> {1000000}\r\n" + b"x" * 1_000_000 + b")\r\n"} | {}),
        answering({**FOUND, b"UID FETCH": b"* 1 FETCH (FLAGS ())\r\n" * 500_000}),
        answering({**FOUND, b"UID FETCH": b"x" * 9_000_000}),
    ],
    ids=range(16),
)
def test_nonsense_is_told_in_one_line_or_harmless(talk: Callable[[socket.socket], None]) -> None:
    with scripted(talk) as port:
        try:
            assert all(len(data) <= MOST_BYTES for data in poll(port))
        except MailboxError as exc:
            told = str(exc)
            assert told.startswith(f"127.0.0.1:{port}: ") and len(told) < 200 and "\n" not in told
            assert "somebody" not in told and "sesame" not in told


def test_a_server_that_says_nothing_is_left_after_the_timeout() -> None:
    with scripted(lambda wire: wire.recv(1) and None) as port, pytest.raises(MailboxError, match="took too long"):
        poll(port, timeout=0.3)


def test_a_server_that_drips_is_left_when_the_patience_ends() -> None:
    def drip(wire: socket.socket) -> None:
        wire.settimeout(0.02)
        while True:
            wire.sendall(b"x")
            with contextlib.suppress(TimeoutError):
                if not wire.recv(1):
                    return

    with scripted(drip) as port, pytest.raises(MailboxError, match="took too long"):
        poll(port, timeout=5, patience=0.4)


def test_what_was_said_before_starttls_does_not_count(dovecot: Dovecot) -> None:
    injected = b"TAG OK begin\r\n* CAPABILITY IMAP4rev1 AUTH=PLAIN INJECTED\r\n"
    talk = answering({b"CAPABILITY": b"* CAPABILITY IMAP4rev1 STARTTLS\r\n", b"STARTTLS": injected})
    with scripted(talk) as port, pytest.raises(MailboxError, match="took too long"):
        poll(port, tls="starttls", ca_file=dovecot.folder / "certificate.pem")


def test_a_server_that_knows_only_login_gets_name_and_password_quoted() -> None:
    heard: list[bytes] = []

    def talk(wire: socket.socket) -> None:
        wire.sendall(b"* OK ready\r\n")
        for line in wire.makefile("rb"):
            heard.append(line.partition(b" ")[2])
            wire.sendall(b"* CAPABILITY IMAP4rev1\r\n" + line.split()[0] + b" OK done\r\n")

    with scripted(talk) as port, Imap("127.0.0.1", port, 'a "b"', 'se"s\\ame', tls="none"):
        pass
    assert b'LOGIN "a \\"b\\"" "se\\"s\\\\ame"\r\n' in heard


def test_a_server_without_starttls_gets_no_password() -> None:
    heard: list[bytes] = []

    def talk(wire: socket.socket) -> None:
        wire.sendall(b"* OK ready\r\n")
        for line in wire.makefile("rb"):
            heard.append(line)
            wire.sendall(b"* CAPABILITY IMAP4rev1\r\n" + line.split()[0] + b" OK done\r\n")

    with scripted(talk) as port, pytest.raises(MailboxError, match="offers no TLS"):
        poll(port, tls="starttls")
    assert not any(b"sesame" in line for line in heard)


def test_a_greeting_that_skips_the_login_skips_no_tls() -> None:
    talk = answering({b"CAPABILITY": b"* CAPABILITY IMAP4rev1 STARTTLS\r\n"}, greeting=b"* PREAUTH welcome\r\n")
    with scripted(talk) as port, pytest.raises(MailboxError):
        poll(port, tls="starttls")


def test_nobody_there_is_told() -> None:
    with pytest.raises(MailboxError, match=r"cannot be read \(Connection refused\)"):
        poll(free_port())


def test_without_tls_only_this_machine_is_read() -> None:
    with pytest.raises(MailboxError, match="only a server on this machine is read without TLS"):
        Imap("mail.example.org", 143, "a", "b", tls="none")


@pytest.mark.parametrize("field", ["user", "password", "folder"])
def test_a_setting_with_a_line_break_sends_no_second_command(field: str) -> None:
    with pytest.raises(MailboxError, match="must be plain lines"):
        Imap("localhost", 993, **{"user": "a", "password": "b", "folder": "c", field: "x\r\nA1 DELETE INBOX"})


def test_old_tls_is_refused(dovecot: Dovecot) -> None:
    context = dovecot.mailbox("user0")._context()
    assert context.minimum_version >= ssl.TLSVersion.TLSv1_2
    assert context.verify_mode is ssl.CERT_REQUIRED and context.check_hostname


# --- on disk


@pytest.fixture
def maildir(tmp_path: Path) -> Path:
    for name in ("new", "cur", "tmp"):
        (tmp_path / "box" / name).mkdir(parents=True)
    return tmp_path / "box"


def test_a_maildir_hands_out_what_is_unread_once(maildir: Path) -> None:
    (maildir / "new" / "1000.a.host").write_bytes(b"one")
    (maildir / "cur" / "0999.b.host:2,F").write_bytes(b"two")
    (maildir / "cur" / "0998.c.host:2,RS").write_bytes(b"read before")
    (maildir / "tmp" / "1001.d.host").write_bytes(b"not there yet")
    mailbox: Mailbox = Maildir(maildir)
    found = list(mailbox.unread())
    assert found == [("0999.b.host", b"two"), ("1000.a.host", b"one")]
    for name, _ in found:
        mailbox.done(name)
    assert list(Maildir(maildir).unread()) == []
    assert sorted(path.name for path in (maildir / "cur").iterdir()) == [
        "0998.c.host:2,RS",
        "0999.b.host:2,FS",
        "1000.a.host:2,S",
    ]


def test_a_maildir_hands_out_no_more_than_asked_the_oldest_first(maildir: Path) -> None:
    for number in range(9):
        (maildir / "new" / f"100{number}.a.host").write_bytes(b"%d" % number)
    assert [data for _, data in Maildir(maildir, most=3).unread()] == [b"0", b"1", b"2"]


def test_a_maildir_follows_no_links_and_reads_two_megabytes(maildir: Path, tmp_path: Path) -> None:
    (tmp_path / "secret").write_bytes(b"secret")
    (maildir / "new" / "1.link").symlink_to(tmp_path / "secret")
    os.mkfifo(maildir / "new" / "2.pipe")
    (maildir / "new" / "3.folder").mkdir()
    (maildir / "new" / "4.big").write_bytes(b"x" * (MOST_BYTES + 5))
    assert [(name, len(data)) for name, data in Maildir(maildir).unread()] == [("4.big", MOST_BYTES)]


def test_a_message_another_reader_took_meanwhile_is_no_error(maildir: Path) -> None:
    for name in ("1.a", "2.b"):
        (maildir / "new" / name).write_bytes(b"x")
    mailbox = Maildir(maildir)
    unread = mailbox.unread()
    name, _ = next(unread)
    (maildir / "new" / "1.a").unlink()
    (maildir / "new" / "2.b").unlink()
    mailbox.done(name)
    mailbox.done("never/../seen")
    assert list(unread) == []


def test_a_folder_that_is_no_maildir_is_told(tmp_path: Path) -> None:
    with pytest.raises(MailboxError, match="no Maildir to be read here; it needs the folders new and cur"):
        list(Maildir(tmp_path).unread())


def test_a_file_is_one_message(tmp_path: Path) -> None:
    (tmp_path / "one.eml").write_bytes(b"Subject: one\n\nFrom here on\n\nFrom now on\n")
    assert list(messages(tmp_path / "one.eml")) == [("one.eml", b"Subject: one\n\nFrom here on\n\nFrom now on\n")]


def test_a_file_with_one_envelope_line_is_one_message(tmp_path: Path) -> None:
    data = b"From MAILER-DAEMON Mon Nov 23 15:02:31 2026\nSubject: one\n\nText\n"
    (tmp_path / "one.eml").write_bytes(data)
    assert list(messages(tmp_path / "one.eml")) == [("one.eml", data)]


def test_an_mbox_is_its_messages(tmp_path: Path) -> None:
    each = b"From MAILER-DAEMON Mon Nov 23 15:02:31 2026\nSubject: one\n\nFrom here on it is text\n\n"
    (tmp_path / "box").write_bytes(each * 3)
    assert list(messages(tmp_path / "box")) == [("box#1", each), ("box#2", each), ("box#3", each)]
    assert [name for name, _ in messages_of(each * 2)] == ["-#1", "-#2"]


def test_a_folder_is_its_files_in_order(tmp_path: Path) -> None:
    (tmp_path / "in" / "cur").mkdir(parents=True)
    (tmp_path / "in" / "b.eml").write_bytes(b"b")
    (tmp_path / "in" / "a.eml").write_bytes(b"a")
    (tmp_path / "in" / ".hidden").write_bytes(b"h")
    (tmp_path / "in" / "cur" / "c").write_bytes(b"c")
    (tmp_path / "out").write_bytes(b"secret")
    (tmp_path / "in" / "link").symlink_to(tmp_path / "out")
    (tmp_path / "in" / "up").symlink_to(tmp_path)
    assert list(messages(tmp_path / "in")) == [("a.eml", b"a"), ("b.eml", b"b"), ("cur/c", b"c")]


def test_of_a_large_file_two_megabytes_are_read(tmp_path: Path) -> None:
    (tmp_path / "big").write_bytes(b"x" * (MOST_BYTES + 5))
    mbox = b"From a Mon Nov 23 15:02:31 2026\n" + b"x\n" * MOST_BYTES + b"\nFrom a Mon Nov 23 15:02:31 2026\n"
    assert [len(data) for _, data in messages(tmp_path / "big")] == [MOST_BYTES]
    assert [len(data) for _, data in messages_of(mbox)] == [MOST_BYTES, 32]


def test_nothing_at_all_is_one_empty_message() -> None:
    assert list(messages_of(b"")) == [("-", b"")]


def test_a_path_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(MailboxError, match="this is not there or cannot be read; check the path"):
        list(messages(tmp_path / "nothing"))
