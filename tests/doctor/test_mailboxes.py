"""Whether replies and reports have a mailbox: real mail servers on loopback are asked, and nothing is ever sent."""

import socket

import pytest

from publisher.doctor import Result
from publisher.doctor.mailboxes import Answer, judge_mailbox, knock
from publisher.errors import FetchError
from tests.delivery.relay import Rule, ScriptedRelay
from tests.doctor.nameserver import NameServer, Written, Zone

DOMAIN = "news.example.org"
OFFICE = f"weekly@{DOMAIN}"
HERE: Zone = {DOMAIN: {"MX": "10 mx.example.org"}, "mx.example.org": {"A": "127.0.0.1"}}


def judged(zone: Zone, port: int = 25, addresses: tuple[str, ...] = (OFFICE,), what: str = "replies") -> Result:
    door = knock(DOMAIN, addresses, Written(zone), "office.example.org", port=port, seconds=1)
    return judge_mailbox(what, "health-weekly", DOMAIN, door, what)


def test_a_mailbox_that_is_taken_is_well_and_no_message_was_sent() -> None:
    with ScriptedRelay() as server:
        found = judged(HERE, server.port)
    assert (found.code, found.severity, found.place) == ("replies", "ok", "health-weekly")
    assert found.mend == "mx.example.org takes replies there"
    words = [line.split(":")[0].upper() for line in server.commands]
    assert words == ["EHLO OFFICE.EXAMPLE.ORG", "MAIL FROM", "RCPT TO", "RSET", "QUIT"]
    assert server.recipients == []


def test_an_address_that_is_refused_is_an_error() -> None:
    with ScriptedRelay(Rule("rcpt", reply="550 5.1.1 no such user here")) as server:
        found = judged(HERE, server.port)
    assert found.severity == "error"
    assert found.mend == (
        'mx.example.org takes no replies there ("550 5.1.1 no such user here"); make the mailbox, or mend the address'
    )


@pytest.mark.parametrize(
    "reply",
    [
        "450 4.2.0 greylisted, come back",
        "550 5.7.1 your network is blocked",
        "554 5.7.1 go away",
        "530 5.7.0 STARTTLS first",
        "554 no service here",
    ],
)
def test_a_refusal_of_us_who_ask_says_nothing_of_the_address(reply: str) -> None:
    with ScriptedRelay(Rule("rcpt", reply=reply)) as server:
        found = judged(HERE, server.port)
    assert found.severity == "unknown"
    assert found.mend == f'mx.example.org would not say ("{reply}"); write to the address once, from outside, and see'


@pytest.mark.parametrize(
    "rule", [Rule("banner", reply="554 go away"), Rule("mail", reply="550 no"), Rule("ehlo", drop="before")]
)
def test_a_server_that_does_not_talk_is_not_held_against_the_address(rule: Rule) -> None:
    with ScriptedRelay(rule) as server:
        found = judged(HERE, server.port)
    assert found.severity == "unknown"
    assert found.mend.startswith("mx.example.org would not talk to us; write to the address once")


def test_a_server_that_cannot_be_reached_is_told_with_the_port() -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    found = judged(HERE, port)
    assert found.severity == "unknown"
    assert found.mend.startswith(f"mx.example.org cannot be reached at port {port} from here; write to")


def test_a_server_that_says_nothing_is_not_waited_for_long() -> None:
    with ScriptedRelay(Rule("banner", silent=True)) as server:
        assert judged(HERE, server.port).severity == "unknown"


def test_the_second_server_is_asked_where_the_first_is_away() -> None:
    zone: Zone = {
        DOMAIN: {"MX": ["20 spare.example.org", "10 mx.example.org"]},
        "mx.example.org": {"A": "127.0.0.2"},
        "spare.example.org": {"A": "127.0.0.1"},
    }
    with ScriptedRelay() as server:
        assert judged(zone, server.port).mend == "spare.example.org takes replies there"


def test_a_host_without_an_mx_takes_its_own_mail() -> None:
    with ScriptedRelay() as server:
        assert judged({DOMAIN: {"A": "127.0.0.1"}}, server.port).mend == f"{DOMAIN} takes replies there"


def test_a_domain_that_nobody_serves_or_that_wants_no_mail_is_an_error() -> None:
    nobody = judged({})
    assert nobody.severity == "error"
    assert nobody.mend == (
        f"nobody takes mail for {DOMAIN}: there is neither an MX record nor such a host; publish an MX record"
    )
    null = judged({DOMAIN: {"MX": "0 .", "A": "127.0.0.1"}})
    assert null.severity == "error"
    assert (
        null.mend
        == f"{DOMAIN} says that it takes no mail (null MX, RFC 7505), and replies go there; use another address"
    )


def test_servers_without_an_address_cannot_be_asked() -> None:
    assert judged({DOMAIN: {"MX": "10 gone.example.org"}}).mend.startswith("the hosts it names have no address; write")


def test_reports_need_the_address_with_a_plus_too() -> None:
    with ScriptedRelay(Rule("rcpt", recipient=lambda address: "+" in address, reply="550 5.1.1 unknown")) as server:
        found = judged(HERE, server.port, (f"bounces@{DOMAIN}", f"bounces+check@{DOMAIN}"), "reports")
    assert found.severity == "error"
    assert "takes no reports there" in found.mend


def test_an_answer_is_one_printable_line() -> None:
    with ScriptedRelay(Rule("rcpt", reply=b"550-5.1.1 no \x1b[31m\xff\r\n550 5.1.1 such user\r\n")) as server:
        found = judged(HERE, server.port)
    assert found.mend.isprintable()
    assert "550 5.1.1 no [31m 5.1.1 such user" in found.mend


def test_the_real_dns_says_who_takes_mail_and_its_silence_is_no_answer() -> None:
    zone: Zone = {DOMAIN: {"MX": "0 ."}, "www.example.org": {"TXT": "x"}}
    with NameServer(zone, silent=("silent.example.org",), broken=("broken.example.org",)) as server:
        names = server.names(seconds=0.4)
        assert names.exchangers(DOMAIN) == [""]
        assert names.exchangers("www.example.org") == [] == names.addresses("nowhere.example.org")
        for name in ("silent.example.org", "broken.example.org"):
            with pytest.raises(FetchError, match=f"the name server gave no answer about {name}; try again"):
                names.texts(name)
        assert names.texts("a..b") == [] == names.texts(f"{'a' * 64}.example.org")


@pytest.mark.parametrize(("text", "about"), [("5.1.1 x", True), ("5.2.1 x", True), ("5.7.1 x", False), ("who?", True)])
def test_only_codes_about_the_address_count_against_it(text: str, about: bool) -> None:
    from publisher.doctor.mailboxes import Door

    door = Door(hosts=("mx",), host="mx", answers=(Answer(550, text),))
    assert (judge_mailbox("replies", "p", DOMAIN, door, "replies").severity == "error") == about
