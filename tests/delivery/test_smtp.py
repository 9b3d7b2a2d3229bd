"""Mail leaves through a relay, whatever the relay does: real sockets, and never a guess about what arrived."""

import json
import re
import signal
import ssl
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, strategies as st

from publisher.delivery import replies
from publisher.delivery.replies import Broken, Reader, Reply
from publisher.delivery.smtp import Relay, SmtpCourier, SmtpTransport, Timeouts
from publisher.errors import RelayAway, RelayRefuses
from publisher.records import Accepted, Barred, Deferred, Envelope, Outcome, Refused, Uncertain, Unsent
from tests.conftest import ROOT
from tests.delivery.relay import Papers, Rule, ScriptedRelay, kill, make_papers
from tests.watchdog import ends

QUICK = Timeouts(connect=0.5, command=0.5, data=0.5, block=0.5, end=0.5)
PATIENT = Timeouts(connect=5, command=5, data=5, block=5, end=5)
BODY = b"Message-ID: <1@news.example.org>\r\nSubject: Alder Bay\r\n\r\nGood morning.\r\n"


def envelope(recipient: str = "ann@example.org", **more: object) -> Envelope:
    given: dict[str, object] = {"name": "a1", "sender": "bounces+1-a@news.example.org", "size": len(BODY)}
    return Envelope(**{**given, "recipient": recipient, **more})  # type: ignore[arg-type]  # as named above


def reach(relay: ScriptedRelay, timeouts: Timeouts = PATIENT, **more: object) -> SmtpTransport:
    given: dict[str, object] = {
        "host": relay.host,
        "port": relay.port,
        "encryption": "none",
        "hello": "news.example.org",
    }
    return SmtpTransport(Relay(**{**given, **more}), timeouts)  # type: ignore[arg-type]  # as named above


@contextmanager
def courier(relay: ScriptedRelay, timeouts: Timeouts = PATIENT, **more: object) -> Iterator[SmtpCourier]:
    opened = reach(relay, timeouts, **more).open()
    try:
        yield opened
    finally:
        opened.close()


def send(to: SmtpCourier, *recipients: str) -> list[Outcome | None]:
    """What became of each, one after the other, as the engine asks it."""
    became: list[Outcome | None] = []
    put = False
    for recipient in recipients:
        last, unwanted = to.exchange(envelope(recipient))
        became += [last] if put else []
        broken = to.put(BODY) if unwanted is None else None
        put = unwanted is None and broken is None
        became += [] if put else [unwanted or broken]
    return became + ([to.exchange(None)[0]] if put else [])


def texts(outcomes: list[Outcome | None]) -> list[str]:
    return [outcome.reply if outcome else "" for outcome in outcomes]


def people(count: int) -> list[str]:
    return [f"reader{number}@example.org" for number in range(count)]


# When all goes well --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("pipelining", [True, False])
def test_every_copy_arrives_once_with_its_own_bytes_and_return_path(pipelining: bool) -> None:
    with ScriptedRelay(pipelining=pipelining) as relay, courier(relay) as to:
        became = send(to, *people(20))
    assert became == [Accepted(reply=f"250 2.0.0 queued as 1-{n}") for n in range(1, 21)]
    assert relay.recipients == people(20)
    assert {(one.raw, one.sender, one.connection) for one in relay.kept} == {(BODY, "bounces+1-a@news.example.org", 1)}


def test_a_copy_costs_one_round_trip() -> None:
    """The next envelope is on its way together with the end of the last copy, before that was answered."""
    together = [Rule("end", message=number, heeds_more=True) for number in range(1, 10)]
    with ScriptedRelay(*together) as relay, courier(relay) as to:
        send(to, *people(10))
    assert len(relay.kept) == 10


def test_an_end_does_not_wait_for_the_relay_to_confirm_the_content() -> None:
    with ScriptedRelay() as relay, courier(relay) as to, ends(10):  # a confirmation comes after 40 ms, or 16 s for all
        send(to, *people(400))
    assert len(relay.kept) == 400


def test_the_last_word_is_good_bye() -> None:
    with ScriptedRelay() as relay:
        with courier(relay) as to:
            send(to, "ann@example.org")
        relay.wait_for("quit")
        assert not to.is_open
    assert relay.commands[-1] == "QUIT"


def test_what_begins_with_a_dot_arrives_as_it_was() -> None:
    message = b".first\r\n\r\n..two\r\n.\r\nlast.\r\n"
    with ScriptedRelay() as relay, courier(relay) as to:
        assert to.exchange(envelope()) == (None, None)
        assert to.put(message) is None
        assert isinstance(to.exchange(None)[0], Accepted)
    assert relay.kept[0].raw == message


def test_a_message_of_megabytes_arrives_whole() -> None:
    message = b"x" * 70 + b"\r\n"
    with ScriptedRelay() as relay, courier(relay) as to:
        to.exchange(envelope())
        to.put(message * 60_000)
        assert isinstance(to.exchange(None)[0], Accepted)
    assert relay.kept[0].raw == message * 60_000


def test_a_mail_that_nobody_wants_back_has_the_empty_sender() -> None:
    with ScriptedRelay() as relay, courier(relay) as to:
        to.exchange(envelope(sender=""))
        to.put(BODY)
        to.exchange(None)
    assert relay.kept[0].sender == ""


# What a relay offers -------------------------------------------------------------------------------------------------


def test_only_what_the_relay_offers_is_asked_of_it() -> None:
    bare = ScriptedRelay(pipelining=False, eightbit=False, smtputf8=False, size=None)
    with bare as relay, courier(relay) as to:
        assert (to.offers, to.size_limit) == (frozenset(), None)
        assert isinstance(send(to, "ann@example.org")[0], Accepted)
    assert relay.kept[0].parameters == frozenset()


def test_the_size_is_said_first() -> None:
    with ScriptedRelay() as relay, courier(relay) as to:
        assert to.size_limit == 10_000_000
        send(to, "ann@example.org")
    assert relay.kept[0].parameters == {f"SIZE={len(BODY)}"}


def test_a_copy_that_is_too_large_is_not_even_offered_and_the_one_before_it_is_finished() -> None:
    with ScriptedRelay(size=1000) as relay, courier(relay) as to:
        to.exchange(envelope())
        to.put(BODY)
        last, unwanted = to.exchange(envelope("bob@example.org", size=1001))
        assert isinstance(last, Accepted)
        assert unwanted == Barred(reply="a copy has 1001 octets, and the relay takes 1000 at most")
        assert to.is_open
    assert not any("bob" in line for line in relay.commands)


def test_a_size_of_zero_is_no_limit() -> None:
    with ScriptedRelay(size=0) as relay, courier(relay) as to:
        assert to.size_limit is None
        assert isinstance(send(to, "ann@example.org")[0], Accepted)


def test_an_address_with_letters_beyond_ascii_is_said_to_a_relay_that_knows_them() -> None:
    with ScriptedRelay() as relay, courier(relay) as to:
        to.exchange(envelope("zoë@example.org", smtputf8=True))
        to.put(BODY)
        assert isinstance(to.exchange(None)[0], Accepted)
    assert relay.recipients == ["zoë@example.org"]
    assert relay.kept[0].parameters == {f"SIZE={len(BODY)}", "BODY=8BITMIME", "SMTPUTF8"}


def test_an_address_with_letters_beyond_ascii_is_refused_for_a_relay_that_knows_none() -> None:
    with ScriptedRelay(smtputf8=False) as relay, courier(relay) as to:
        _, unwanted = to.exchange(envelope("zoë@example.org", smtputf8=True))
        assert isinstance(unwanted, Refused)
        assert "letters beyond ASCII" in unwanted.reply
        assert isinstance(to.exchange(envelope("zoe@example.org", sender="é@example.org", smtputf8=True))[1], Barred)
        assert isinstance(send(to, "ann@example.org")[0], Accepted)
    assert relay.recipients == ["ann@example.org"]


@pytest.mark.parametrize(
    "address", ["a@example.org>\r\nRCPT TO:<b@example.org", "a@example.org> X=1", "a\n@example.org"]
)
def test_an_address_cannot_say_other_commands(address: str) -> None:
    with ScriptedRelay() as relay, courier(relay) as to:
        assert isinstance(to.exchange(envelope(address))[1], Refused)
        assert isinstance(to.exchange(envelope(sender=address))[1], Barred)
    assert relay.commands == ["ehlo news.example.org", "QUIT"]


# What it answers -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("pipelining", [True, False])
@pytest.mark.parametrize(
    ("phase", "reply", "kind"),
    [
        ("rcpt", "450 4.2.1 try later", Deferred),
        ("rcpt", "550 5.1.1 no such user", Refused),
        ("rcpt", "552 5.2.2 mailbox full", Refused),
        ("rcpt", "530 5.7.0 log in first", Barred),
        ("rcpt", "550 5.4.5 daily limit used up", Barred),
        ("rcpt", "550 5.7.1 not for this one", Refused),
        ("data", "451 4.3.0 not now", Deferred),
        ("data", "554 5.6.0 no", Refused),
        ("end", "452 4.3.1 disk full", Deferred),
        ("end", "554 5.6.0 I do not like it", Refused),
        ("end", "552 5.3.4 too large", Barred),
        ("end", "550 5.7.26 no SPF, no DKIM", Barred),
        ("mail", "550 5.7.1 not from you", Barred),
        ("mail", "552 5.3.4 too large", Barred),
        ("mail", "555 what is SIZE?", Barred),
    ],
)
def test_an_answer_is_about_this_copy_alone_or_about_all(
    phase: str, reply: str, kind: type[Outcome], pipelining: bool
) -> None:
    rule = Rule(phase, message=2, reply=reply, times=1)  # type: ignore[arg-type]  # one of the phases
    rule_of_first = Rule(phase, reply=reply, after=1, times=1)  # type: ignore[arg-type]
    with ScriptedRelay(rule_of_first if phase != "end" else rule, pipelining=pipelining) as relay, courier(relay) as to:
        became = send(to, *people(4))
        assert to.is_open
    assert became[1] == kind(reply=reply)
    assert [type(one) for one in became] == [Accepted, kind, Accepted, Accepted]
    assert relay.recipients == [people(4)[0], *people(4)[2:]]


@pytest.mark.parametrize("reply", ["251 will forward", "252 cannot verify", "250-yes\n250-oh\n250 yes"])
def test_a_relay_may_promise_in_other_words(reply: str) -> None:
    with ScriptedRelay(Rule("rcpt", reply=reply)) as relay, courier(relay) as to:
        assert isinstance(send(to, "ann@example.org")[0], Accepted)


def test_a_relay_that_wants_content_for_nobody_gets_an_empty_one() -> None:
    rules = [Rule("rcpt", recipient=people(2)[0], reply="550 5.1.1 no"), Rule("data", reply="354 go on", times=1)]
    with ScriptedRelay(*rules) as relay, courier(relay) as to:
        assert [type(one) for one in send(to, *people(2))] == [Refused, Accepted]
    assert [one.raw for one in relay.kept] == [BODY]


def test_a_relay_that_wants_content_of_a_barred_sender_gets_none() -> None:
    rules = [Rule("mail", reply="550 no"), Rule("rcpt", reply="250 ok"), Rule("data", reply="354 go on")]
    with ScriptedRelay(*rules) as relay, courier(relay) as to:
        assert [type(one) for one in send(to, *people(2))] == [Barred, Unsent]
        assert not to.is_open
    assert relay.kept == []


@pytest.mark.parametrize("pipelining", [True, False])
@pytest.mark.parametrize("phase", ["mail", "rcpt", "data", "end"])
def test_421_ends_the_session_and_is_nobodys_fault(phase: str, pipelining: bool) -> None:
    rule = Rule(phase, reply="421 4.3.2 closing", after=1, drop="after")  # type: ignore[arg-type]  # one of the phases
    with ScriptedRelay(rule, pipelining=pipelining) as relay, courier(relay) as to:
        became = send(to, *people(3))
        assert not to.is_open
    assert became[0] == Accepted(reply="250 2.0.0 queued as 1-1")
    assert became[1:] == [Unsent(reply="421 4.3.2 closing")] * 2
    assert relay.recipients == people(1)


def test_a_relay_that_cannot_forget_a_refused_copy_is_left() -> None:
    rules = [Rule("rcpt", reply="550 5.1.1 no", times=1), Rule("rset", reply="502 5.5.1 what?")]
    with ScriptedRelay(*rules) as relay, courier(relay) as to:
        assert [type(one) for one in send(to, *people(3))] == [Refused, Unsent, Unsent]
    assert relay.kept == []


def test_a_relay_in_trouble_with_every_sender_charges_nobody() -> None:
    with ScriptedRelay(Rule("mail", reply="451 4.3.0 not now")) as relay, courier(relay) as to:
        assert send(to, *people(2)) == [Unsent(reply="451 4.3.0 not now")] * 2
        assert not to.is_open
    assert relay.connections == 1


def test_so_many_messages_and_then_421_means_a_new_connection() -> None:
    with ScriptedRelay(most_messages=3) as relay:
        waiting, opened = people(8), 0
        while waiting:
            with courier(relay) as to:
                became = send(to, *waiting)
            waiting = [who for who, what in zip(waiting, became, strict=True) if isinstance(what, Unsent)]
            opened += 1
    assert opened == 3
    assert relay.recipients == people(8)


def test_what_a_relay_says_is_kept_as_one_line_of_plain_letters() -> None:
    reply = b"550-5.1.1 Gr\xc3\xbc\xdfe\r\n550-5.1.1 \x1b[31mred\x00\r\n550 5.1.1 " + b"z" * 500 + b"\r\n"
    with ScriptedRelay(Rule("rcpt", reply=reply, times=1)) as relay, courier(relay) as to:
        became = send(to, *people(2))
    assert isinstance(became[0], Refused)
    assert became[0].reply.startswith("550 5.1.1 Gr\\xc3\\xbc\\xdfe \\x1b[31mred\\x00 zzz")
    assert len(became[0].reply) == 300
    assert isinstance(became[1], Accepted)


# The way breaks ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("pipelining", [True, False])
@pytest.mark.parametrize("reset", [True, False])
@pytest.mark.parametrize("phase", ["mail", "rcpt", "data"])
def test_a_connection_lost_before_the_end_leaves_the_copy_unsent(phase: str, reset: bool, pipelining: bool) -> None:
    rule = Rule(phase, after=1, drop="before", reset=reset)  # type: ignore[arg-type]  # one of the phases
    with ScriptedRelay(rule, pipelining=pipelining) as relay, courier(relay) as to:
        became = send(to, *people(3))
        assert not to.is_open
    assert [type(one) for one in became] == [Accepted, Unsent, Unsent]
    assert relay.recipients == people(1)


@pytest.mark.parametrize("reset", [True, False])
def test_a_connection_lost_in_the_body_leaves_the_copy_unsent(reset: bool) -> None:
    with ScriptedRelay(Rule("content", drop="before", reset=reset)) as relay, courier(relay) as to:
        assert to.exchange(envelope()) == (None, None)
        to.put(BODY)
        relay.wait_for("gone")
        last, unwanted = to.exchange(envelope("bob@example.org"))
        assert (type(last), type(unwanted), to.is_open) == (Unsent, Unsent, False)
    assert relay.kept == []


def test_a_relay_that_closes_in_the_body_is_quoted() -> None:
    rule = Rule("content", reply="421 4.3.2 shutting down", drop="after")
    with ScriptedRelay(rule) as relay, courier(relay) as to:
        to.exchange(envelope())
        to.put(BODY)
        relay.wait_for("gone")
        assert to.exchange(None)[0] == Unsent(reply="421 4.3.2 shutting down")


def test_a_relay_that_closes_an_idle_connection_harms_no_copy() -> None:
    with ScriptedRelay() as relay, courier(relay) as to:
        assert isinstance(send(to, "ann@example.org")[0], Accepted)
        relay.stop()
        assert send(to, *people(2)) == [Unsent(reply="the relay hung up")] * 2


@pytest.mark.parametrize("pipelining", [True, False])
@pytest.mark.parametrize("keep", [True, False])
@pytest.mark.parametrize("reset", [True, False])
def test_a_connection_lost_after_the_end_leaves_the_copy_uncertain(keep: bool, reset: bool, pipelining: bool) -> None:
    rule = Rule("end", drop="before", keep=keep, reset=reset)
    with ScriptedRelay(rule, pipelining=pipelining) as relay, courier(relay) as to:
        became = send(to, *people(2))
        assert not to.is_open
    assert [type(one) for one in became] == [Uncertain, Unsent]
    assert relay.recipients == (people(1) if keep else [])


def test_a_relay_that_never_answers_the_end_leaves_the_copy_uncertain() -> None:
    with ScriptedRelay(Rule("end", silent=True)) as relay, courier(relay, QUICK) as to:
        became = send(to, *people(2))
    assert became == [
        Uncertain(reply="the relay gave no whole answer within 0.5 seconds"),
        Unsent(reply="the relay gave no whole answer within 0.5 seconds"),
    ]


def test_an_answer_that_comes_late_but_in_time_is_waited_for() -> None:
    patient_at_the_end = Timeouts(connect=0.5, command=0.5, data=0.5, block=0.5, end=10)
    with ScriptedRelay(Rule("end", delay=1.2)) as relay, courier(relay, patient_at_the_end) as to:
        assert isinstance(send(to, "ann@example.org")[0], Accepted)
    assert relay.recipients == ["ann@example.org"]


@pytest.mark.parametrize(("phase", "kind"), [("mail", Unsent), ("rcpt", Unsent), ("data", Unsent), ("end", Uncertain)])
def test_a_relay_that_drips_is_stopped_in_time(phase: str, kind: type[Outcome]) -> None:
    rule = Rule(phase, drip=0.1)  # type: ignore[arg-type]  # one of the phases
    with ends(), ScriptedRelay(rule) as relay, courier(relay, QUICK) as to:
        assert type(send(to, "ann@example.org")[0]) is kind


def test_a_relay_that_takes_no_content_is_stopped_in_time() -> None:
    with ScriptedRelay(Rule("content", silent=True)) as relay, courier(relay, QUICK) as to:
        to.exchange(envelope())
        with ends():
            assert isinstance(to.put((b"x" * 70 + b"\r\n") * 300_000), Unsent)
        assert not to.is_open


@pytest.mark.parametrize(
    "nonsense",
    [
        b"hello?\r\n",
        b"999 what\r\n",
        b"25\r\n",
        b"\r\n",
        b"250-one\r\n550 two\r\n",
        b"250 " + b"y" * 3000 + b"\r\n",
        b"y" * 10_000,
        b"250-more\r\n" * 201 + b"250 done\r\n",
        b"\x16\x03\x01\x02\x00\x01\xfc",
        b"150 soon\r\n",
        b"354 go on\r\n",
    ],
)
def test_nonsense_is_as_bad_as_hanging_up(nonsense: bytes) -> None:
    with ScriptedRelay(Rule("end", reply=nonsense, keep=True)) as relay, courier(relay, QUICK) as to:
        assert [type(one) for one in send(to, *people(2))] == [Uncertain, Unsent]
        assert not to.is_open
    with ScriptedRelay(Rule("data", reply=nonsense, drop="after")) as relay, courier(relay, QUICK) as to:
        if nonsense[:3] != b"354":
            assert isinstance(send(to, "ann@example.org")[0], Unsent)


def test_answers_nobody_asked_for_end_the_session() -> None:
    with ScriptedRelay(Rule("end", reply=b"250 ok\r\n250 ok\r\n", drop="after")) as relay, courier(relay) as to:
        became = send(to, *people(3))
        assert not to.is_open
    assert [type(one) for one in became] == [Accepted, Unsent, Unsent]
    assert relay.recipients == people(1)


def test_an_answer_given_before_the_end_is_no_answer_to_it() -> None:
    with ScriptedRelay(Rule("data", reply=b"354 go on\r\n250 ok\r\n")) as relay, courier(relay) as to:
        assert send(to, "ann@example.org") == [Unsent(reply="the relay said more than it was asked")]
    said = threading.Event()
    rule = Rule("content", reply="250 ok", then=lambda visit: said.set())
    with ScriptedRelay(rule) as relay, courier(relay) as to:
        to.exchange(envelope())
        to.put(BODY)
        assert said.wait(10)
        assert isinstance(to.exchange(None)[0], Unsent)
    assert relay.kept == []


def test_a_refusal_stands_when_the_relay_hangs_up_after_it() -> None:
    with ScriptedRelay(Rule("rcpt", reply="550 5.1.1 no", drop="after")) as relay, courier(relay) as to:
        assert send(to, "ann@example.org") == [Refused(reply="550 5.1.1 no")]
        assert not to.is_open


def test_what_was_withdrawn_is_not_taken() -> None:
    with ScriptedRelay() as relay, courier(relay) as to:
        send(to, "ann@example.org")
        to.exchange(envelope("bob@example.org"))
        to.put(BODY)
        to.withdraw()
        relay.wait_for("gone")
        assert not to.is_open
        assert to.exchange(envelope("eve@example.org")) == (None, Unsent(reply="the connection was broken off"))
        assert to.put(BODY) == Unsent(reply="the connection was broken off")
    assert relay.recipients == ["ann@example.org"]


@pytest.mark.parametrize("put", [True, False])
def test_closing_with_a_message_half_way_discards_it(put: bool) -> None:
    with ScriptedRelay() as relay, courier(relay) as to:
        to.exchange(envelope())
        if put:
            to.put(BODY)
        to.close()
        relay.wait_for("gone")
    assert (relay.kept, "QUIT" in relay.commands) == ([], False)


def test_a_good_bye_that_is_not_answered_keeps_nobody_waiting() -> None:
    for_hours = replace(PATIENT, command=3_600)
    with ends(), ScriptedRelay(Rule("quit", silent=True)) as relay, courier(relay, for_hours):
        pass


# Opening -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("rule", "error", "says"),
    [
        (Rule("banner", reply="421 4.3.2 too busy"), RelayAway, "421 4.3.2 too busy"),
        (Rule("banner", reply="451 later"), RelayAway, "451 later"),
        (Rule("banner", reply="554 5.7.1 your address is on a list"), RelayRefuses, "your address is on a list"),
        (Rule("banner", drop="before"), RelayAway, "hung up"),
        (Rule("banner", drop="before", reset=True), RelayAway, "lost"),
        (Rule("banner", silent=True), RelayAway, "no whole answer within 0.5 seconds"),
        (Rule("banner", drip=0.1), RelayAway, "no whole answer within 0.5 seconds"),
        (Rule("banner", reply=b"SSH-2.0-OpenSSH_9.2\r\n"), RelayAway, "no answer of a mail server"),
        (Rule("banner", reply=b"220 hi\r\n250 and more\r\n"), RelayAway, "more than it was asked"),
        (Rule("ehlo", reply="421 4.3.2 closing"), RelayAway, "421"),
        (Rule("ehlo", reply="550 5.7.1 who are you"), RelayRefuses, "check `hello`"),
        (Rule("ehlo", drop="before"), RelayAway, "hung up"),
    ],
)
def test_a_relay_that_cannot_be_entered_is_away_or_refuses(rule: Rule, error: type[Exception], says: str) -> None:
    with ScriptedRelay(rule) as relay, pytest.raises(error, match=says) as caught:
        reach(relay, QUICK).open()
    assert str(caught.value).startswith(f"127.0.0.1:{relay.port}: ")


def test_a_relay_that_is_down_is_away_until_it_is_back() -> None:
    with ScriptedRelay() as relay:
        relay.stop()
        transport = reach(relay)
        with pytest.raises(RelayAway, match="nothing answers at this port"):
            transport.open()
        relay.start()
        transport.open().close()


def test_a_host_that_does_not_exist_is_away_and_what_is_no_host_refused() -> None:
    with pytest.raises(RelayAway, match="no such host"):
        SmtpTransport(Relay(host="relay.invalid", port=25)).open()
    with pytest.raises(RelayRefuses, match="no name of a host"):
        SmtpTransport(Relay(host="x" * 70 + ".invalid", port=25)).open()


def test_nothing_is_said_in_clear_to_another_machine() -> None:
    transport = SmtpTransport(Relay(host="relay.example.org", port=25, encryption="none", user="u", password="p"))
    with pytest.raises(RelayRefuses, match="readably over the network"):
        transport.open()


# Encryption and logging in -------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def papers(tmp_path_factory: pytest.TempPathFactory) -> Papers:
    return make_papers(tmp_path_factory.mktemp("right"))


SECRET = {"office": "pässword"}


@pytest.mark.parametrize("kind", ["tls", "starttls"])
@pytest.mark.parametrize("mechanisms", ["PLAIN LOGIN", "LOGIN", "CRAM-MD5 PLAIN"])
def test_mail_goes_encrypted_and_logged_in(papers: Papers, kind: str, mechanisms: str) -> None:
    relay = ScriptedRelay(tls=kind, papers=papers, users=SECRET, mechanisms=mechanisms)  # type: ignore[arg-type]
    login = {"user": "office", "password": "pässword", "encryption": kind, "ca_file": papers.authority}
    with relay, courier(relay, **login) as to:
        assert to.tls
        assert to.tls[0] in ("TLSv1.2", "TLSv1.3")
        assert to.tls[1]["subjectAltName"] == (("IP Address", "127.0.0.1"),)
        assert all(isinstance(one, Accepted) for one in send(to, *people(20)))
    assert relay.recipients == people(20)
    assert {(one.encrypted, one.user) for one in relay.kept} == {(True, "office")}


def test_on_this_machine_logging_in_needs_no_encryption() -> None:
    with ScriptedRelay(users=SECRET) as relay, courier(relay, user="office", password="pässword") as to:
        assert to.tls is None
        assert isinstance(send(to, "ann@example.org")[0], Accepted)
    assert relay.kept[0].user == "office"


@pytest.mark.parametrize("kind", ["tls", "starttls"])
def test_what_breaks_under_encryption_is_told_apart_as_well(papers: Papers, kind: str) -> None:
    rules = [Rule("end", connection=1, drop="before"), Rule("content", connection=2, drop="before")]
    rules += [Rule("rcpt", connection=3, drop="before", reset=True)]
    relay = ScriptedRelay(*rules, tls=kind, papers=papers)  # type: ignore[arg-type]  # one of the two
    with relay:
        with courier(relay, encryption=kind, ca_file=papers.authority) as to:
            assert [type(one) for one in send(to, *people(2))] == [Uncertain, Unsent]
        with courier(relay, encryption=kind, ca_file=papers.authority) as to:
            to.exchange(envelope())
            to.put(BODY)
            relay.wait_for("gone", 2)
            assert isinstance(to.exchange(None)[0], Unsent)
        with courier(relay, encryption=kind, ca_file=papers.authority) as to:
            assert isinstance(send(to, "ann@example.org")[0], Unsent)
    assert relay.kept == []


def wrong_name(folder: Path, right: Papers) -> Papers:
    return make_papers(folder, "mail.example.org")


def expired(folder: Path, right: Papers) -> Papers:
    return make_papers(folder, expired=True)


def unknown_authority(folder: Path, right: Papers) -> Papers:
    other = make_papers(folder)
    return Papers(other.certificate, other.key, right.authority)


@pytest.mark.parametrize("kind", ["tls", "starttls"])
@pytest.mark.parametrize(
    ("wrong", "says"), [(wrong_name, "not valid for"), (expired, "expired"), (unknown_authority, "certificate")]
)
def test_a_wrong_certificate_hears_no_password_and_no_mail(
    papers: Papers, tmp_path: Path, kind: str, wrong: Callable[[Path, Papers], Papers], says: str
) -> None:
    shown = wrong(tmp_path, papers)
    login = {"user": "office", "password": "pässword", "encryption": kind, "ca_file": shown.authority}
    with (
        ScriptedRelay(tls=kind, papers=shown, users=SECRET) as relay,  # type: ignore[arg-type]  # one of the two
        pytest.raises(RelayRefuses, match=rf"its certificate is not right .*{says}"),
    ):
        reach(relay, **login).open()
    assert [line.split()[0].upper() for line in relay.commands] == ["EHLO", "STARTTLS"][: 2 * (kind == "starttls")]


def test_a_relay_whose_encryption_was_taken_away_hears_nothing_more(papers: Papers) -> None:
    login = {"user": "office", "password": "pässword", "encryption": "starttls"}
    with (
        ScriptedRelay(tls="starttls", papers=papers, stripped=True, users=SECRET) as relay,
        pytest.raises(RelayRefuses, match="does not offer to encrypt"),
    ):
        reach(relay, **login).open()
    assert [line.upper() for line in relay.commands] == ["EHLO NEWS.EXAMPLE.ORG"]


@pytest.mark.parametrize(
    ("rule", "error", "says"),
    [
        (Rule("starttls", reply="454 4.7.0 not now"), RelayAway, "454 4.7.0 not now"),
        (Rule("starttls", reply="501 5.5.4 no"), RelayRefuses, "501 5.5.4 no"),
        (Rule("starttls", reply=b"220 go\r\n250 AUTH PLAIN\r\n"), RelayAway, "more than it was asked"),
        (Rule("starttls", drop="after"), RelayAway, "hung up|lost"),
        (Rule("starttls", reply=b"220 go ahead\r\n", then=lambda visit: time.sleep(0.8)), RelayAway, "in time"),
        (Rule("auth", reply="535 5.7.8 wrong"), RelayRefuses, "535 5.7.8 wrong.*check `user` and `password`"),
        (Rule("auth", reply="534 5.7.9 too weak"), RelayRefuses, "534"),
        (Rule("auth", reply="454 4.7.0 directory is down"), RelayAway, "454"),
        (Rule("auth", reply="421 4.7.0 enough"), RelayAway, "421"),
        (Rule("auth", drop="before"), RelayAway, "hung up"),
    ],
)
def test_trouble_on_the_way_in_is_told_without_the_password(
    papers: Papers, rule: Rule, error: type[Exception], says: str
) -> None:
    login = {"user": "office", "password": "pässword", "encryption": "starttls", "ca_file": papers.authority}
    with (
        ScriptedRelay(rule, tls="starttls", papers=papers, users=SECRET) as relay,
        pytest.raises(error, match=says) as caught,
    ):
        reach(relay, QUICK, **login).open()
    assert "pässword" not in f"{caught.value!r} {caught.value.__cause__!r}"
    assert sum(line.startswith("AUTH") for line in relay.commands) <= 1


@pytest.mark.parametrize("mechanisms", ["PLAIN LOGIN", "LOGIN PLAIN", "LOGIN"])
def test_a_wrong_password_is_tried_once(papers: Papers, mechanisms: str) -> None:
    login = {"user": "office", "password": "wrong", "encryption": "starttls", "ca_file": papers.authority}
    with (
        ScriptedRelay(tls="starttls", papers=papers, users=SECRET, mechanisms=mechanisms) as relay,
        pytest.raises(RelayRefuses, match="does not let us log in"),
    ):
        reach(relay, **login).open()
    assert sum(line.startswith("AUTH") for line in relay.commands) == 1


@pytest.mark.parametrize(("users", "says"), [({}, "not at all"), (SECRET, "only by CRAM-MD5")])
def test_a_relay_that_lets_nobody_log_in_our_way_is_refused(papers: Papers, users: dict[str, str], says: str) -> None:
    login = {"user": "office", "password": "pässword", "encryption": "tls", "ca_file": papers.authority}
    with (
        ScriptedRelay(tls="tls", papers=papers, users=users, mechanisms="CRAM-MD5") as relay,
        pytest.raises(RelayRefuses, match=says),
    ):
        reach(relay, **login).open()


def test_a_relay_that_does_not_speak_tls_where_it_should_is_refused() -> None:
    with ScriptedRelay() as relay:
        with pytest.raises(RelayRefuses, match="no encryption could be agreed on"):
            reach(relay, encryption="tls").open()
        relay.stop()
        relay.offences.clear()  # the start of a handshake is no command


def test_an_old_tls_is_not_spoken(papers: Papers) -> None:
    with ScriptedRelay(tls="tls", papers=papers) as relay:
        assert relay.context
        relay.context.set_ciphers("ALL:@SECLEVEL=0")
        with pytest.warns(DeprecationWarning):
            relay.context.minimum_version = ssl.TLSVersion.TLSv1
            relay.context.maximum_version = ssl.TLSVersion.TLSv1_1
        with pytest.raises(RelayRefuses, match="no encryption could be agreed on"):
            reach(relay, encryption="tls", ca_file=papers.authority).open()


def test_an_authority_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    with ScriptedRelay() as relay, pytest.raises(RelayRefuses, match="correct `ca_file`"):
        reach(relay, encryption="tls", ca_file=tmp_path / "none.pem").open()


def test_a_password_is_not_shown() -> None:
    assert "secret" not in repr(Relay(host="relay.example.org", port=587, user="office", password="secret"))


def test_a_hung_relay_holds_up_one_courier_only() -> None:
    released = threading.Event()
    with (
        ScriptedRelay(Rule("end", connection=1, hold=released)) as relay,
        courier(relay) as hung,
        courier(relay) as other,
    ):
        held: list[Outcome | None] = []
        thread = threading.Thread(target=lambda: held.extend(send(hung, "ann@example.org")))
        thread.start()
        relay.wait_for("end")
        assert all(isinstance(one, Accepted) for one in send(other, *people(5)))
        released.set()
        thread.join(10)
    assert [type(one) for one in held] == [Accepted]


SENDER = """
import sys
from publisher.delivery.smtp import Relay, SmtpTransport
from publisher.records import Envelope

to = SmtpTransport(Relay(host="127.0.0.1", port=int(sys.argv[1]), encryption="none", hello="news.example.org")).open()
for number in range(10):
    to.exchange(Envelope(name="a", sender="", recipient=f"reader{number}@example.org", size=20))
    to.put(b"Subject: x\\r\\n\\r\\nx\\r\\n")
to.exchange(None)
"""


@pytest.mark.parametrize(("moment", "arrived"), [("do", 4), ("then", 4)])
def test_a_sender_that_is_killed_leaves_what_the_relay_took_on_its_disk(
    tmp_path: Path, moment: str, arrived: int
) -> None:
    pids: list[int] = []
    strike = {moment: kill(lambda: pids[0])}
    rule = Rule("end", after=3, times=1, **strike)  # type: ignore[arg-type]  # `do` or `then`
    with ScriptedRelay(rule, ledger=tmp_path / "ledger") as relay:
        with subprocess.Popen([sys.executable, "-c", SENDER, str(relay.port)], cwd=ROOT) as sender:
            pids.append(sender.pid)
            assert sender.wait(30) == -signal.SIGKILL
        relay.wait_for("gone")
    lines = [json.loads(line) for line in (tmp_path / "ledger").read_text().splitlines()]
    assert [line["recipient"] for line in lines] == relay.recipients == people(arrived)


# Reading -------------------------------------------------------------------------------------------------------------

LINES = st.lists(st.binary(max_size=40).filter(lambda line: b"\n" not in line and not line.endswith(b"\r")), min_size=1)
REPLIES = st.lists(st.tuples(st.integers(200, 599), LINES.filter(lambda lines: len(lines) < 100)), min_size=1)


def wire(given: list[tuple[int, list[bytes]]]) -> bytes:
    """As a relay would write them (RFC 5321, section 4.2.1)."""
    said = bytearray()
    for code, lines in given:
        for number, line in enumerate(lines, start=1):
            said += b"%d%s%s\r\n" % (code, b" " if number == len(lines) else b"-", line)
    return bytes(said)


def heard(pieces: list[bytes]) -> list[Reply]:
    reader, found = Reader(), []
    for piece in pieces:
        reader.feed(piece)
        while reply := reader.take():
            found.append(reply)
    assert not reader.has_more
    return found


@given(REPLIES, st.lists(st.integers(1, 30), min_size=1))
def test_replies_are_the_same_however_they_are_cut(given: list[tuple[int, list[bytes]]], cuts: list[int]) -> None:
    said, pieces = wire(given), []
    while said:
        cut = cuts[len(pieces) % len(cuts)]
        pieces.append(said[:cut])
        said = said[cut:]
    assert heard(pieces) == [Reply(code, tuple(lines)) for code, lines in given]


BITS = st.sampled_from(
    [b"250", b"2", b"354", b"421", b"550", b"-", b" ", b"ok", b"5.1.1", b"\r", b"\n", b"\r\n", b"\0"]
)


@given(st.binary() | st.lists(BITS).map(b"".join))
def test_garbage_is_broken_or_waits_for_more_and_is_no_yes_unless_it_says_so(garbage: bytes) -> None:
    reader = Reader()
    reader.feed(garbage)
    try:
        reply = reader.take()
        outcome = replies.after_end(reply) if reply else None
    except Broken:
        return
    if isinstance(outcome, Accepted):
        assert re.match(rb"(2[0-9][0-9]-[^\n]*\n)*2[0-9][0-9]([ \r][^\n]*)?\n", garbage)


@given(st.integers(200, 599), LINES)
def test_a_reply_becomes_one_short_line(code: int, lines: list[bytes]) -> None:
    text = str(Reply(code, tuple(lines)))
    assert len(text) <= 300
    assert text.startswith(str(code))
    assert text.removesuffix("…").isascii()
    assert text.isprintable()
