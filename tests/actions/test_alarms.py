"""Staff are told of trouble by mail and by a webhook: once, with patience, and never so that anything waits for it."""

import email
import email.policy
import hmac
import json
import re
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import timedelta
from email.message import EmailMessage
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given, strategies as st

from publisher.actions import alarms
from publisher.actions.alarms import raise_alarm, recent_alarms, tell_alarms, try_channels
from publisher.actions.run import tend
from publisher.app import App
from publisher.config import load, rows
from publisher.records.alarms import HEADLINES, AlarmKind, gist, impersonal
from tests.actions.people import WEEK, WEEKLY, more_settings
from tests.cli.test_commands import publisher, told
from tests.conftest import KEYS, NOW, ROOT
from tests.delivery.relay import Rule, ScriptedRelay, make_papers
from tests.watchdog import ends

Open = Callable[..., App]
SECRET = "0123456789abcdef0123456789abcdef"
REFUSES = "The relay does not accept our password. Mend user or password in [delivery.smtp]."
PAGE = (ROOT / "docs" / "alarms.md").read_text(encoding="utf-8")


@dataclass
class Webhook:
    """A program that staff are alerted by. `manner` is how it behaves: an HTTP status, or a word."""

    manner: int | str = 204
    told: list[tuple[str, dict[str, str], bytes]] = field(default_factory=list)
    asked_elsewhere: list[str] = field(default_factory=list)
    written: int = 0
    over: threading.Event = field(default_factory=threading.Event)
    port: int = 0
    scheme: str = "http"

    @property
    def url(self) -> str:
        return f"{self.scheme}://127.0.0.1:{self.port}/hook/T0P?sig=s3cr3t"

    @property
    def events(self) -> list[dict[str, str]]:
        return [json.loads(body) for _, _, body in self.told]


def handler(webhook: Webhook) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            webhook.asked_elsewhere.append(self.path)
            self._answer(200)

        def do_POST(self) -> None:
            webhook.told.append((self.path, dict(self.headers), self.rfile.read(int(self.headers["Content-Length"]))))
            if isinstance(webhook.manner, int):
                self._answer(webhook.manner)
                return
            with suppress(OSError):
                getattr(self, f"_{webhook.manner}")()
            self.close_connection = True

        def _hang(self) -> None:
            webhook.over.wait(20)

        def _drip(self) -> None:
            """Headers without an end, a byte at a time: each read succeeds."""
            self.wfile.write(b"HTTP/1.1 204 No Content\r\nX-Slow: ")
            while not webhook.over.wait(0.02):
                self.wfile.write(b".")
                self.wfile.flush()

        def _continue(self) -> None:
            while not webhook.over.wait(0.02):
                self.wfile.write(b"HTTP/1.1 100 Continue\r\n\r\n")

        def _huge(self) -> None:
            self.wfile.write(b"HTTP/1.1 200 OK\r\n\r\n")
            while not webhook.over.is_set() and webhook.written < 200_000_000:
                webhook.written += self.wfile.write(b"x" * 65_536)

        def _long(self) -> None:
            self.wfile.write(b"HTTP/1.1 204 No Content\r\nX-Long: " + b"x" * 1_000_000 + b"\r\n\r\n")

        def _nonsense(self) -> None:
            self.wfile.write(b"220 mail.example.org ESMTP\r\n")

        def _close(self) -> None:
            pass

        def _answer(self, status: int) -> None:
            self.send_response(status)
            self.send_header("Location", "/elsewhere")
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            pass

    return Handler


@contextmanager
def served(webhook: Webhook, papers: ssl.SSLContext | None = None) -> Iterator[Webhook]:
    """The webhook on loopback, over HTTPS when its server is given papers."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler(webhook))
    server.daemon_threads = False
    if papers:
        server.socket = papers.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
        webhook.scheme = "https"
    webhook.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield webhook
    finally:
        webhook.over.set()
        server.shutdown()
        server.server_close()
        thread.join(10)
        assert not thread.is_alive()


@pytest.fixture
def webhook() -> Iterator[Webhook]:
    with served(Webhook()) as one:
        yield one


@pytest.fixture(autouse=True)
def _nobody_is_left_asking() -> Iterator[None]:
    yield
    nobody_asks()


def nobody_asks() -> None:
    """Whoever asked a webhook that keeps silent is gone soon after."""
    for thread in threading.enumerate():
        if thread.name == "webhook":
            thread.join(3)
            assert not thread.is_alive()


ANA, BEA = "ana@alderbay.example", "bea@alderbay.example"


def settings(site: Path, webhook: Webhook | None = None, *, mail: tuple[str, ...] = (), secret: str = "") -> Path:
    hook = f'webhook = "{webhook.url}"\n' if webhook else ""
    more_settings(site, f'\n[alarms]\nmail = {json.dumps(mail)}\nsecret = "{secret}"\n{hook}')
    return site


def at(app: App, **more: float) -> None:
    app.clock = lambda: NOW + timedelta(**more)


def alarmed(app: App, kind: AlarmKind = "relay-refuses", period: str = WEEK, text: str = REFUSES) -> bool:
    return raise_alarm(app, kind, WEEKLY, period, text)


def mails(app: App) -> list[EmailMessage]:
    files = sorted((app.outbox / "alarms").glob("*.eml"))
    return [email.message_from_bytes(f.read_bytes(), policy=email.policy.default) for f in files]  # type: ignore[misc]


def quick(monkeypatch: pytest.MonkeyPatch, seconds: float = 0.3) -> None:
    monkeypatch.setattr(alarms, "_SECONDS", seconds)


def test_everyone_is_told_once(site: Path, webhook: Webhook, open_app: Open, database_url: str) -> None:
    app = open_app(settings(site, webhook, mail=(ANA, BEA)), NOW, database_url)
    assert tell_alarms(app) == []
    assert alarmed(app)
    assert [(one.channel, one.what) for one in tell_alarms(app)] == [
        ("webhook", "told"),
        ("mail:1", "told"),
        ("mail:2", "told"),
    ]
    assert [str(mail["To"]) for mail in mails(app)] == [ANA, BEA]
    assert len(webhook.told) == 1
    assert tell_alarms(app) == []
    at(app, hours=1)
    assert tell_alarms(app) == []
    (kept,) = recent_alarms(app, 10)
    assert (kept.alarm.kind, kept.alarm.newsletter, kept.alarm.period) == ("relay-refuses", WEEKLY, WEEK)
    assert kept.said_at == NOW
    assert {(post.channel, post.attempts, post.done_at, post.due_at, post.trouble) for post in kept.posts} == {
        (channel, 1, NOW, None, None) for channel in ("webhook", "mail:1", "mail:2")
    }


def test_the_webhook_gets_what_the_documentation_says(site: Path, webhook: Webhook, open_app: Open) -> None:
    app = open_app(settings(site, webhook))
    alarmed(app)
    tell_alarms(app)
    ((path, headers, _),) = webhook.told
    assert path == "/hook/T0P?sig=s3cr3t"
    assert headers["Content-Type"] == "application/json"
    assert "X-Publisher-Signature" not in headers
    shown = re.search(r"```json\n(.+?)```", PAGE, re.DOTALL)
    assert shown
    assert webhook.events == [json.loads(shown[1])]


def test_the_signature_can_be_checked_as_the_documentation_says(site: Path, webhook: Webhook, open_app: Open) -> None:
    app = open_app(settings(site, webhook, secret=SECRET))
    alarmed(app, text="Die Größe wird abgelehnt: 薬.")
    tell_alarms(app)
    ((_, headers, body),) = webhook.told
    assert SECRET not in str(headers)
    signature = headers["X-Publisher-Signature"]
    assert signature == f"sha256={hmac.new(SECRET.encode(), body, sha256).hexdigest()}"
    code = re.search(r"```python\n(.+?)```", PAGE, re.DOTALL)
    assert code
    shown: dict[str, Any] = {}
    exec(code[1], shown)
    assert shown["is_ours"](SECRET, body, signature)
    assert not shown["is_ours"](SECRET, body + b" ", signature)
    assert not shown["is_ours"]("another secret of ours", body, signature)
    assert webhook.events[0]["text"] == "Die Größe wird abgelehnt: 薬."


def test_the_mail_says_of_what_and_what_to_do_in_both_parts(site: Path, open_app: Open) -> None:
    app = open_app(settings(site, mail=(ANA,)))
    alarmed(app, text="The relay refuses <us> & our mail. Mend it.")
    tell_alarms(app)
    (mail,) = mails(app)
    assert mail["Subject"] == f"Health Weekly {WEEK}: the relay refuses our mail"
    assert mail["From"] == "Alder Bay Hospital <weekly@news.alderbay.example>"
    assert mail["Auto-Submitted"] == "auto-generated"
    text, html = mail.get_body(("plain",)), mail.get_body(("html",))
    assert text and html
    plain = text.get_content().replace("\r\n", "\n")
    assert plain.startswith(f"{mail['Subject']}\n\nThe relay refuses <us> & our mail. Mend it.\n\nWhen: Monday, ")
    assert "2026-11-23 07:00 PST" in plain and "https://news.alderbay.example" in plain
    assert max(map(len, plain.splitlines())) <= 76
    assert "The relay refuses &lt;us&gt; &amp; our mail. Mend it." in html.get_content()
    assert "2026-11-23 07:00 PST" in html.get_content()


@pytest.mark.parametrize("kind", HEADLINES)
def test_every_kind_has_its_own_subject_and_a_line_in_the_documentation(
    site: Path, open_app: Open, kind: AlarmKind
) -> None:
    app = open_app(settings(site, mail=(ANA,)))
    assert raise_alarm(app, kind, "", "", "It happened. Do something.")
    tell_alarms(app)
    (mail,) = mails(app)
    assert mail["Subject"] == f"Alder Bay Hospital News: {HEADLINES[kind]}"
    assert f"\n| `{kind}` | " in PAGE
    assert len(kind) <= 20


def test_an_alarm_mailed_again_is_the_same_message(site: Path, open_app: Open) -> None:
    app = open_app(settings(site, mail=(ANA,)))
    alarmed(app)
    folder = app.outbox / "alarms"
    folder.parent.mkdir(parents=True, exist_ok=True)
    folder.write_text("where the folder should be")
    assert [(one.channel, one.what) for one in tell_alarms(app)] == [("mail:1", "later")]
    folder.unlink()
    at(app, minutes=1)
    assert [one.what for one in tell_alarms(app)] == ["told"]
    (late,) = mails(app)
    (file,) = folder.glob("*.eml")
    before = file.read_bytes()
    alarmed(app, "barred")
    at(app, minutes=2)
    tell_alarms(app)
    assert (file.read_bytes(), len(mails(app))) == (before, 2)
    assert late["Date"].datetime == NOW
    assert len({str(mail["Message-ID"]) for mail in mails(app)}) == 2


def test_the_same_alarm_is_raised_again_only_after_some_hours(site: Path, open_app: Open, database_url: str) -> None:
    app = open_app(settings(site, mail=(ANA,)), NOW, database_url)
    assert alarmed(app)
    assert not alarmed(app)
    at(app, hours=5, minutes=59)
    assert not alarmed(app)
    at(app, hours=6)
    assert alarmed(app)
    assert not alarmed(app)
    assert len(recent_alarms(app, 10)) == 2


def test_another_kind_newsletter_or_period_is_another_alarm(site: Path, open_app: Open, database_url: str) -> None:
    app = open_app(settings(site, mail=(ANA,)), NOW, database_url)
    assert alarmed(app)
    assert alarmed(app, "barred")
    assert alarmed(app, period="2026-W49")
    assert raise_alarm(app, "relay-refuses", "harbor-notes", WEEK, REFUSES)
    assert raise_alarm(app, "relay-refuses", "", "", REFUSES)
    assert [one.alarm.id for one in recent_alarms(app, 3)] == [5, 4, 3]


def test_another_reason_is_told_at_once_but_other_numbers_are_not(
    site: Path, open_app: Open, database_url: str
) -> None:
    app = open_app(settings(site, mail=(ANA,)), NOW, database_url)
    assert alarmed(app, text="12 copies wait since 07:01, said the relay: 451 4.3.0 try later (4Fz2Qk).")
    assert not alarmed(app, text="308 copies wait since 07:02, said the relay: 451 4.3.0 try later (4Gb7Xy).")
    assert alarmed(app, text="The certificate of the relay has expired.")
    assert not alarmed(app, text="308 copies wait since 07:02, said the relay: 451 4.3.0 try later (4Gb7Xy).")


def test_a_relay_that_answers_with_another_word_each_time_does_not_flood_the_staff(site: Path, open_app: Open) -> None:
    app = open_app(settings(site, mail=(ANA,)))
    raised = [alarmed(app, text=f"The relay said: sorry, {word}.") for word in ("kiwi", "plum", "pear", "fig", "lime")]
    assert raised == [True, True, True, True, False]


def test_two_services_raise_and_tell_it_once(site: Path, webhook: Webhook, open_app: Open, database_url: str) -> None:
    settings(site, webhook, mail=(ANA,))
    apps = [open_app(site, NOW, database_url) for _ in range(4)]
    for app in apps:
        assert app.database
    raised: list[bool] = []
    said: list[str] = []

    def both(app: App) -> None:
        raised.append(alarmed(app))
        said.extend(one.channel for one in tell_alarms(app))

    threads = [threading.Thread(target=both, args=[app]) for app in apps]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    said += [one.channel for one in tell_alarms(apps[0])]
    assert sorted(raised) == [False, False, False, True]
    assert sorted(said) == ["mail:1", "webhook"]
    assert len(webhook.told) == 1


@pytest.mark.parametrize(
    ("manner", "why"),
    [
        (500, "status 500"),
        (404, "status 404"),
        (302, "status 302; redirects are not followed"),
        ("hang", "no answer"),
        ("drip", "there was none after 0.3 seconds"),
        ("continue", "there was none after 0.3 seconds"),
        ("long", "not HTTP"),
        ("nonsense", "not HTTP"),
        ("close", "no answer"),
        ("down", "nothing answers at this address"),
    ],
)
def test_a_webhook_in_trouble_is_tried_again_with_growing_pauses_and_the_mail_leaves_all_the_same(
    site: Path, webhook: Webhook, open_app: Open, monkeypatch: pytest.MonkeyPatch, manner: int | str, why: str
) -> None:
    quick(monkeypatch)
    settings(site, webhook, mail=(ANA,))
    if manner == "down":
        toml = site / "publisher.toml"
        toml.write_text(toml.read_text().replace(f":{webhook.port}/", ":1/"))
    else:
        webhook.manner = manner
    app = open_app(site)
    alarmed(app)
    said = tell_alarms(app)
    assert [(one.channel, one.what) for one in said] == [("webhook", "later"), ("mail:1", "told")]
    assert why in (said[0].why or ""), said[0].why
    assert "T0P" not in (said[0].why or "") and "s3cr3t" not in (said[0].why or "")
    assert len(mails(app)) == 1
    assert webhook.asked_elsewhere == []
    pauses, before = [], NOW
    for number in range(1, 4):
        (kept,) = recent_alarms(app, 1)
        (post,) = [post for post in kept.posts if post.channel == "webhook"]
        assert post.due_at and post.trouble
        assert (post.attempts, kept.said_at) == (number, None)
        pauses.append(post.due_at - before)
        app.clock = lambda due=post.due_at: due - timedelta(seconds=1)  # type: ignore[misc]
        assert tell_alarms(app) == []
        app.clock = lambda due=post.due_at: due  # type: ignore[misc]
        before = post.due_at
        assert [one.what for one in tell_alarms(app)] == ["later"]
    assert pauses == [timedelta(minutes=minutes) for minutes in (1, 2, 4)]
    if manner != "down":
        webhook.manner = 200
        at(app, hours=1)
        assert [one.what for one in tell_alarms(app)] == ["told"]
        assert recent_alarms(app, 1)[0].said_at == NOW + timedelta(hours=1)


@pytest.mark.parametrize("manner", ["hang", "drip", "continue"])
def test_many_alarms_wait_for_a_silent_webhook_only_once(
    site: Path, webhook: Webhook, open_app: Open, monkeypatch: pytest.MonkeyPatch, manner: str
) -> None:
    quick(monkeypatch, 0.5)
    webhook.manner = manner
    app = open_app(settings(site, webhook, mail=(ANA,)))
    for week in range(10, 30):
        alarmed(app, period=f"2026-W{week}")
    with ends():
        said = tell_alarms(app)
    nobody_asks()
    assert len(webhook.told) == 1
    assert [(one.channel, one.what) for one in said] == 20 * [("webhook", "later")] + 20 * [("mail:1", "told")]


def test_an_answer_without_end_is_not_read(site: Path, webhook: Webhook, open_app: Open) -> None:
    webhook.manner = "huge"
    app = open_app(settings(site, webhook))
    alarmed(app)
    with ends():
        assert [one.what for one in tell_alarms(app)] == ["told"]
    assert webhook.written < 50_000_000  # what the kernel holds between two sockets


def test_a_webhook_is_given_up_after_a_day_and_its_trouble_is_kept(
    site: Path, webhook: Webhook, open_app: Open, database_url: str
) -> None:
    webhook.manner = 503
    app = open_app(settings(site, webhook), NOW, database_url)
    alarmed(app)
    whats = []
    for minutes in range(0, 26 * 60, 10):
        at(app, minutes=minutes)
        whats += [one.what for one in tell_alarms(app)]
    assert whats[-1] == "given up" and set(whats[:-1]) == {"later"}
    assert len(whats) == len(webhook.told) <= 31
    (kept,) = recent_alarms(app, 10)
    assert kept.said_at is None
    assert [(post.due_at, post.done_at, post.trouble) for post in kept.posts] == [
        (None, None, "the webhook answered with status 503")
    ]


def test_a_mail_that_cannot_leave_waits_and_the_webhook_is_told(site: Path, webhook: Webhook, open_app: Open) -> None:
    app = open_app(settings(site, webhook, mail=(ANA, BEA)))
    app.outbox.mkdir(parents=True)
    (app.outbox / "alarms").write_text("where the folder should be")
    alarmed(app)
    assert [(one.channel, one.what) for one in tell_alarms(app)] == [
        ("webhook", "told"),
        ("mail:1", "later"),
        ("mail:2", "later"),
    ]
    (app.outbox / "alarms").unlink()
    at(app, minutes=1)
    assert [one.what for one in tell_alarms(app)] == ["told", "told"]
    assert recent_alarms(app, 1)[0].said_at == NOW + timedelta(minutes=1)


def by_relay(site: Path, relay: ScriptedRelay) -> None:
    toml = site / "publisher.toml"
    toml.write_text(toml.read_text().replace('transport = "file"', 'transport = "smtp"', 1))
    more_settings(site, f'\n[delivery.smtp]\nhost = "{relay.host}"\nport = {relay.port}\nencryption = "none"\n')


def test_a_relay_that_is_away_gets_the_mail_when_it_is_back(site: Path, webhook: Webhook, open_app: Open) -> None:
    with ScriptedRelay() as relay:
        by_relay(site, relay)
        app = open_app(settings(site, webhook, mail=(ANA, BEA)))
        relay.stop()
        alarmed(app, "relay-away", text="The relay does not answer. Mail waits.")
        assert [one.what for one in tell_alarms(app)] == ["told", "later", "later"]
        at(app, seconds=59)
        assert tell_alarms(app) == []
        relay.start()
        at(app, minutes=1)
        assert [one.what for one in tell_alarms(app)] == ["told", "told"]
        assert relay.recipients == [ANA, BEA]


def test_an_address_that_the_relay_refuses_is_given_up_and_the_others_are_told(site: Path, open_app: Open) -> None:
    with ScriptedRelay(Rule("rcpt", recipient=ANA, reply=f"550 5.1.1 <{ANA}> unknown")) as relay:
        by_relay(site, relay)
        app = open_app(settings(site, mail=(ANA, BEA)))
        alarmed(app)
        assert [(one.what, one.why) for one in tell_alarms(app)] == [
            ("given up", "550 5.1.1 <(an address)> unknown"),
            ("told", None),
        ]
        assert relay.recipients == [BEA]


def test_who_is_no_longer_in_the_settings_is_not_waited_for(site: Path, webhook: Webhook, open_app: Open) -> None:
    before = (site / "publisher.toml").read_text()
    app = open_app(settings(site, webhook, mail=(ANA, BEA)))
    alarmed(app)
    (site / "publisher.toml").write_text(before)
    app = open_app(settings(site, mail=(ANA,)))
    assert {one.channel: one.what for one in tell_alarms(app)} == {
        "webhook": "given up",
        "mail:1": "told",
        "mail:2": "given up",
    }
    assert webhook.told == []


def test_without_anybody_to_tell_an_alarm_is_still_kept(site: Path, open_app: Open) -> None:
    app = open_app(site)
    assert alarmed(app)
    assert tell_alarms(app) == []
    assert [(one.alarm.kind, one.posts) for one in recent_alarms(app, 10)] == [("relay-refuses", ())]
    assert try_channels(app) == []


def test_the_service_tells_alarms_and_says_so_once(site: Path, webhook: Webhook, open_app: Open) -> None:
    app = open_app(settings(site, webhook, mail=(ANA,)))
    alarmed(app)
    assert ("alarms: 2 told, 0 given up", True) in list(tend(app))
    assert [line for line, _ in tend(app) if line.startswith("alarms")] == []
    assert len(webhook.told) == 1


def test_an_alarm_falls_with_the_transaction_that_it_was_raised_in(
    site: Path, open_app: Open, database_url: str
) -> None:
    app = open_app(settings(site, mail=(ANA,)), NOW, database_url)
    with pytest.raises(LookupError), app.database.write():
        assert alarmed(app)
        raise LookupError
    assert recent_alarms(app, 10) == []
    with app.database.write():
        assert alarmed(app)
    assert len(recent_alarms(app, 10)) == 1


def test_a_database_that_is_away_is_no_further_trouble(
    site: Path, open_app: Open, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    app = open_app(settings(site, mail=(ANA,)), NOW, f"postgresql://nobody@/none?host={tmp_path / 'no-server'}")
    assert alarmed(app) is False
    assert tell_alarms(app) == []
    assert "alarm that could not be kept" in caplog.text and REFUSES in caplog.text


REPLIES = st.sampled_from(
    [
        "550 5.1.1 <{}>: Recipient address rejected: User unknown",
        "550-5.1.1 {}... no such user\r\n550 5.1.1 RCPT TO:<{}>",
        "452 mailbox of ({}) is full; FROM:<{}> SIZE=1",
        "{}: 451 try later, mailto:{}",
        "\x00\x1b[31m{}\u202e",
    ]
)
ADDRESSES = st.one_of(
    st.builds(
        "{}carla{}@{}".format,
        st.from_regex(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~.äß薬-]{0,20}", fullmatch=True),
        st.from_regex(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~.äß薬-]{0,40}", fullmatch=True),
        st.sampled_from(["bay.example", "BAY.example", "kränze.example", "xn--krnze-ira.example", "[192.0.2.1]"]),
    ),
    st.builds('"{}carla"@bay.example'.format, st.from_regex(r"[a-z .@<>]{0,30}", fullmatch=True)),
)


@given(reply=REPLIES, address=ADDRESSES)
@example(reply="550 {} unknown", address="bounces+12-carla=x@news.example.org")
def test_nothing_personal_is_in_the_text_of_an_alarm(reply: str, address: str) -> None:
    text = impersonal(reply.replace("{}", address))
    assert "(an address)" in text
    assert "carla" not in text and "@" not in text
    assert "bay" not in text.lower() and "192.0.2.1" not in text


@given(st.text(max_size=3000))
def test_any_text_becomes_one_short_line(text: str) -> None:
    line = impersonal(text)
    assert line == line.strip() and line.isprintable() and len(line) <= 600
    assert impersonal(line) == line
    assert not re.search(r"\d", gist(line))


def test_no_address_and_no_secret_is_kept_sent_or_logged(
    site: Path, webhook: Webhook, open_app: Open, caplog: pytest.LogCaptureFixture
) -> None:
    webhook.manner = 500
    app = open_app(settings(site, webhook, mail=(ANA,), secret=SECRET))
    alarmed(app, "refused", text="The relay refused 3 copies, the last with 550 5.1.1 <carla@bay.example> unknown.")
    said = tell_alarms(app)
    everything = [*map(str, webhook.events), *map(str, mails(app)), str(recent_alarms(app, 5)), caplog.text]
    for text in (*everything, *(one.why or "" for one in said)):
        assert "carla" not in text and SECRET not in text and "s3cr3t" not in text and "T0P" not in text
    assert ANA not in "".join((str(recent_alarms(app, 5)), str(webhook.events), caplog.text))
    assert "with 550 5.1.1 <(an address)> unknown" in webhook.events[0]["text"]


def trusted(papers_in: Path, monkeypatch: pytest.MonkeyPatch, **more: Any) -> ssl.SSLContext:
    papers_in.mkdir()
    papers = make_papers(papers_in, **more)
    monkeypatch.setenv("SSL_CERT_FILE", str(papers.authority))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(papers.certificate, papers.key)
    return context


def test_a_webhook_over_https_is_told(
    site: Path, open_app: Open, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with served(Webhook(), trusted(tmp_path / "papers", monkeypatch)) as webhook:
        app = open_app(settings(site, webhook))
        alarmed(app)
        assert [(one.what, one.why) for one in tell_alarms(app)] == [("told", None)]
        assert len(webhook.told) == 1


@pytest.mark.parametrize("papers", [{"expired": True}, {"name": "other.example"}], ids=["expired", "other-name"])
def test_a_server_with_a_wrong_certificate_is_told_nothing(
    site: Path, open_app: Open, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, papers: dict[str, Any]
) -> None:
    with served(Webhook(), trusted(tmp_path / "papers", monkeypatch, **papers)) as webhook:
        app = open_app(settings(site, webhook))
        alarmed(app)
        ((what, why),) = [(one.what, one.why) for one in tell_alarms(app)]
        assert what == "later" and "its certificate is not good" in (why or "")
        assert webhook.told == []


def test_a_server_that_never_gets_to_its_certificate_is_waited_for_no_longer_than_any(
    site: Path, open_app: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    quick(monkeypatch)
    with socket.create_server(("127.0.0.1", 0)) as listener:  # takes connections and never speaks
        silent = Webhook(port=listener.getsockname()[1], scheme="https")
        app = open_app(settings(site, silent))
        alarmed(app)
        with ends():
            assert [one.what for one in tell_alarms(app)] == ["later"]


def test_settings_are_shown_without_what_is_secret_in_them(site: Path, webhook: Webhook) -> None:
    settings(site, webhook, mail=(ANA,), secret=SECRET)
    more_settings(site, f'\nping = "{webhook.url}"\n')
    config = load(site)
    shown = {name: value for name, value, _ in rows(config) if name.startswith("alarms.")}
    hidden = f"http://127.0.0.1:{webhook.port}/****"
    assert shown == {
        "alarms.mail": [ANA],
        "alarms.webhook": hidden,
        "alarms.secret": "****",
        "alarms.hours_between": 6,
        "alarms.slot_minutes": 15,
        "alarms.stall_minutes": 30,
        "alarms.source_hours": 24,
        "alarms.bounce_percent": 5.0,
        "alarms.complaint_percent": 0.3,
        "alarms.ping": hidden,
        "alarms.ping_minutes": 5,
    }
    assert (config.alarms.webhook, config.alarms.secret) == (webhook.url, SECRET)


def with_keys(site: Path) -> Path:
    held = {p: [{"id": id, "secret": secret.hex()} for id, secret in of] for p, of in KEYS.keys.items()}
    (site / "publisher.keys").touch(mode=0o600)
    (site / "publisher.keys").write_text(json.dumps(held))
    return site


def test_the_command_lists_alarms_and_what_became_of_them(site: Path, webhook: Webhook, open_app: Open) -> None:
    webhook.manner = 503
    app = open_app(with_keys(settings(site, webhook, mail=(ANA,))))
    assert publisher("alarms", "--site", site).stderr == "There were no alarms.\n"
    alarmed(app)
    tell_alarms(app)
    done = publisher("alarms", "--site", site)
    assert done.stdout == (
        f"2026-11-23 15:00 UTC\trelay-refuses\t{WEEKLY} {WEEK}\t{REFUSES}\tmail:1 told 15:00 UTC; "
        "webhook waits until 15:01 UTC, tried 1 time: the webhook answered with status 503\n"
    )
    assert done.stderr == "1 alarm.\n"
    (one,) = told("alarms", "--site", site)
    assert (one["kind"], one["period"], one["said_at"]) == ("relay-refuses", WEEK, None)
    assert [(post["channel"], post["attempts"]) for post in one["posts"]] == [("mail:1", 1), ("webhook", 1)]


def test_the_command_tests_every_channel_and_keeps_nothing(site: Path, webhook: Webhook) -> None:
    with_keys(settings(site, webhook, mail=(ANA,)))
    done = publisher("alarms", "test", "--site", site, "--now", "2026-11-23T15:00:00Z")
    assert done.stdout == "webhook\ttold\nmail:1\ttold\n"
    assert webhook.events[0]["event"] == "test"
    assert told("alarms", "--site", site) == []
    webhook.manner = 500
    failed = publisher("alarms", "test", "--site", site, "--now", "2026-11-23T15:01:00Z", code=1)
    assert failed.stdout == "webhook\tnot told: the webhook answered with status 500\nmail:1\ttold\n"


def test_a_test_with_nobody_to_tell_says_what_to_set(site: Path) -> None:
    done = publisher("alarms", "test", "--site", with_keys(site), code=1)
    assert done.stderr == "There is nobody to tell: set mail or webhook in [alarms] of publisher.toml.\n"
