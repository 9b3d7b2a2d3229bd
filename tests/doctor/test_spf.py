"""The SPF record: read as RFC 7208 has it, followed as receivers do, judged in words that say what to do."""

from ipaddress import ip_address

import pytest
from hypothesis import given, settings, strategies as st

from publisher.doctor import Result
from publisher.doctor.spf import follow, judge_spf
from publisher.doctor.spf_record import Term, is_spf, read_spf
from tests.doctor.nameserver import NameServer, Written, Zone

DOMAIN = "news.example.org"
RELAY = "mail.example.org"
ADDRESS = ip_address("203.0.113.7")


def judged(
    record: str | list[str], more: Zone | None = None, relay: str | None = RELAY, address: str | None = "203.0.113.7"
) -> Result:
    zone = {DOMAIN: {"TXT": record}} | dict(more or {})
    return judge_spf(DOMAIN, follow(DOMAIN, Written(zone)), relay, [ip_address(address)] if address else [])


def test_a_record_that_names_the_relay_is_well() -> None:
    found = judged("v=spf1 ip4:203.0.113.0/24 -all")
    assert (found.code, found.severity, found.place) == ("spf", "ok", DOMAIN)
    assert found.mend == "one SPF record, 0 of 10 look-ups, ends in -all, names the relay mail.example.org"


@pytest.mark.parametrize(
    "record",
    [
        "v=spf1 a -all",
        "v=spf1 a:mail.example.org ~all",
        "v=spf1 mx -all",
        "v=spf1 mx:example.org/24 -all",
        "v=spf1 a/24//64 -all",
        "V=SPF1 A:MAIL.example.org -ALL",
        "v=spf1 include:other.example.org -all",
        "v=spf1 redirect=other.example.org",
        "v=spf1  ip4:203.0.113.7   -all ",
    ],
)
def test_the_relay_is_found_in_whatever_way_it_is_named(record: str) -> None:
    more: Zone = {
        DOMAIN: {"TXT": record, "A": "203.0.113.7", "MX": "10 mail.example.org"},
        "example.org": {"MX": ["10 mail.example.org", "20 spare.example.org"]},
        "mail.example.org": {"A": "203.0.113.7"},
        "other.example.org": {"TXT": "v=spf1 ip4:203.0.113.7 -all"},
    }
    assert judged(record, more).severity == "ok"


@pytest.mark.parametrize(
    "record", ["v=spf1 -ip4:203.0.113.7 -all", "v=spf1 ?include:other.example.org -all", "v=spf1 ip4:198.51.100.1 -all"]
)
def test_a_record_that_does_not_name_the_relay_is_told(record: str) -> None:
    found = judged(record, {"other.example.org": {"TXT": "v=spf1 ip4:203.0.113.7 -all"}})
    assert found.severity == "warning"
    assert found.mend.endswith(
        "names none of the addresses of mail.example.org; add them, unless the relay sends from others"
    )


@pytest.mark.parametrize(
    ("record", "severity", "told"),
    [
        ([], "error", 'there is no SPF record; publish one TXT record like "v=spf1 … -all" (docs/relays.md)'),
        ("google-site-verification=1", "error", "there is no SPF record; "),
        ("v=spf10 -all", "error", "there is no SPF record; "),
        (
            ["v=spf1 -all", "v=spf1 a -all"],
            "error",
            "there are 2 SPF records, so none counts; put what they say into one",
        ),
        ("v=spf1 +all", "error", 'the SPF record ends in "+all": anyone may send in your name; end it in "-all"'),
        ("v=spf1 all", "error", 'the SPF record ends in "+all"'),
        ("v=spf1 ?all", "warning", "the SPF record ends in ?all, so it forbids nobody"),
        ("v=spf1 ip4:203.0.113.7", "warning", 'the SPF record has no end, so it forbids nobody; end it in "-all"'),
        ("v=spf1 ptr -all", "warning", 'the SPF record uses "ptr"'),
        ("v=spf1 ip4:203.0.113.700 -all", "error", '"ip4:203.0.113.700" names no network; mend or drop it'),
        ("v=spf1 ipv4:203.0.113.7 -all", "error", '"ipv4:203.0.113.7" is no term of SPF'),
        ("v=spf1 include: -all", "error", '"include:" is not complete'),
        ("v=spf1 include:gone.example.org -all", "error", "gone.example.org: has no SPF record"),
        ("v=spf1 include:news.example.org -all", "error", "its record points back to itself"),
        ("v=spf1 +redirect=a.example", "error", '"+redirect=a.example" is no term of SPF'),
        ("v=spf1 redirect=a.example redirect=b.example", "error", "redirect= stands twice"),
        ("v=spf1 a:x.example a:y.example a:z.example -all", "warning", "3 names in the SPF record lead nowhere"),
        ("v=spf1 exists:%{i}.example.org -all", "unknown", "cannot be told from here: compare them by hand"),
    ],
)
def test_what_is_wrong_is_told_with_what_to_do(record: str | list[str], severity: str, told: str) -> None:
    found = judged(record)
    assert found.severity == severity
    assert told in found.mend


def test_look_ups_are_counted_through_all_includes() -> None:
    def zone(each: int) -> Zone:
        parts = {f"p{n}.example": {"TXT": "v=spf1 " + "a:h.example " * each + "-all"} for n in range(3)}
        return parts | {"h.example": {"A": "203.0.113.7"}}

    record = "v=spf1 include:p0.example include:p1.example include:p2.example -all"
    assert "9 of 10 look-ups" in judged(record, zone(2)).mend
    assert (
        "10 of 10 look-ups"
        in judged(f"{record[:-4]}mx -all", zone(2) | {DOMAIN: {"TXT": f"{record[:-4]}mx -all"}}).mend
    )
    found = judged(record, zone(3))
    assert found.severity == "error"
    assert found.mend == (
        "the SPF record makes receivers ask 12 times, and they give up after 10; "
        "take out includes that you do not need, or name networks instead"
    )


def test_a_record_without_end_is_not_followed_for_ever() -> None:
    zone = {f"p{n}.example": {"TXT": f"v=spf1 include:p{n + 1}.example a:h.example -all"} for n in range(500)}
    found = judged("v=spf1 include:p0.example -all", zone)
    assert "makes receivers ask more than 40 times" in found.mend


def test_records_that_point_to_each_other_are_told() -> None:
    found = judged("v=spf1 include:a.example -all", {"a.example": {"TXT": f"v=spf1 include:{DOMAIN} -all"}})
    assert f"counts for nothing: {DOMAIN}: its record points back to itself" in found.mend
    further: Zone = {"a.example": {"TXT": "v=spf1 include:b.example"}, "b.example": {"TXT": "v=spf1 include:a.example"}}
    found = judged("v=spf1 include:a.example -all", further)
    assert "counts for nothing: a.example: its record points back to itself" in found.mend


def test_the_end_of_an_include_is_not_that_of_the_record() -> None:
    found = judged("v=spf1 include:a.example", {"a.example": {"TXT": "v=spf1 ip4:203.0.113.7 -all"}})
    assert found.mend.startswith("the SPF record has no end")
    passed_on = judged("v=spf1 redirect=a.example", {"a.example": {"TXT": "v=spf1 ip4:203.0.113.7 ~all"}})
    assert "ends in ~all" in passed_on.mend


@pytest.mark.parametrize(
    ("record", "severity"), [("v=spf1 a:h.example/24 -all", "ok"), ("v=spf1 a:h.example -all", "warning")]
)
def test_a_mask_takes_in_the_neighbours(record: str, severity: str) -> None:
    assert judged(record, {"h.example": {"A": "203.0.113.200"}}).severity == severity
    six = judged(record.replace("/24", "//64"), {"h.example": {"AAAA": "2001:db8::1"}}, address="2001:db8::7")
    assert six.severity == severity


def test_a_redirect_beside_all_is_not_followed() -> None:
    assert judged("v=spf1 ip4:203.0.113.7 -all redirect=gone.example.org").severity == "ok"


@pytest.mark.parametrize(
    ("relay", "name"),
    [
        ("smtp-relay.gmail.com", "_spf.google.com"),
        ("smtp.office365.com", "spf.protection.outlook.com"),
        ("smtp.mailgun.org", "mailgun.org"),
    ],
)
def test_a_large_provider_is_known_by_what_the_record_includes(relay: str, name: str) -> None:
    more: Zone = {name: {"TXT": "v=spf1 ip4:198.51.100.0/24 -all"}}
    assert judged(f"v=spf1 include:{name} ~all", more, relay).severity == "ok"
    missing = judged("v=spf1 ip4:203.0.113.7 ~all", more, relay)
    assert missing.severity == "warning"
    assert f'does not name {relay}: add "include:{name}", unless your provider says otherwise' in missing.mend
    assert f'"v=spf1 include:{name} -all"' in judged([], more, relay).mend


@pytest.mark.parametrize("relay", ["email-smtp.eu-west-1.amazonaws.com", "smtp-broadcasts.postmarkapp.com"])
def test_of_a_relay_with_its_own_return_path_another_domain_is_looked_up(relay: str) -> None:
    found = judged([], relay=relay)
    assert found.severity == "unknown"
    assert found.mend == (
        f"{relay} puts a return path of its own on your mail; publish the SPF record that its console shows, "
        "and look for spf=pass in a test message"
    )


def test_a_relay_on_this_machine_cannot_be_compared() -> None:
    found = judged("v=spf1 ip4:203.0.113.7 -all", relay="localhost", address=None)
    assert found.severity == "unknown"
    assert "whether it names the addresses that your mail leaves from cannot be told from here" in found.mend


def test_a_real_name_server_is_asked_and_a_long_record_comes_whole() -> None:
    networks = " ".join(f"ip4:198.51.100.{n}" for n in range(120))
    zone: Zone = {DOMAIN: {"TXT": f"v=spf1 {networks} include:more.example.org -all"}}
    zone = {**zone, "more.example.org": {"TXT": ["x=1", "v=spf1 a:mail.example.org -all"]}}
    zone = {**zone, "mail.example.org": {"A": "203.0.113.7", "AAAA": "2001:db8::7"}}
    with NameServer(zone) as server:
        found = follow(DOMAIN, server.names())
    assert len(found.allowed) == 122
    assert (found.lookups, found.end, found.faults) == (2, "-", [])


TERMS = st.one_of(
    st.sampled_from(["all", "a", "mx", "ptr", "a/24", "mx//64", "a:x.example/8//9", "ptr:x.example", "exp=x.example"]),
    st.sampled_from(
        ["include:x.example", "exists:%{i}.x.example", "ip4:192.0.2.0/24", "ip6:2001:db8::/32", "new=%{d}"]
    ),
)


@given(st.lists(st.tuples(st.sampled_from(["", "+", "-", "~", "?"]), TERMS), max_size=12))
def test_every_record_of_the_grammar_is_read_term_by_term(words: list[tuple[str, str]]) -> None:
    plain = [("" if "=" in term else sign, term) for sign, term in words if not term.startswith("exp=")]
    read = read_spf(" ".join(["v=spf1", *(sign + term for sign, term in plain)]))
    assert isinstance(read, list)
    assert [term.sign for term in read] == ["" if "=" in term else sign or "+" for sign, term in plain]
    names = [term.replace("=", ":").replace("/", ":").partition(":")[0] for _, term in plain]
    assert [term.name for term in read] == names


@given(st.text(max_size=60))
def test_no_text_at_all_makes_reading_fail(text: str) -> None:
    read = read_spf(f"v=spf1 {text}")
    assert isinstance(read, str) or all(isinstance(term, Term) for term in read)
    assert not isinstance(read, str) or read.isprintable()


@settings(max_examples=200, deadline=None)
@given(
    st.dictionaries(
        st.sampled_from(["a.example", "b.example", "c.example"]),
        st.lists(
            st.sampled_from(
                [
                    "include:a.example",
                    "include:b.example",
                    "redirect=c.example",
                    "a:b.example",
                    "mx",
                    "-all",
                    "?all",
                    "x:",
                ]
            ),
            max_size=6,
        ),
    )
)
def test_whatever_points_to_whatever_a_verdict_is_reached(records: dict[str, list[str]]) -> None:
    zone = {name: {"TXT": " ".join(["v=spf1", *terms])} for name, terms in records.items()}
    found = judge_spf("a.example", follow("a.example", Written(zone)), RELAY, [ADDRESS])
    assert found.severity in ("ok", "warning", "error", "unknown")
    assert found.mend


@given(st.text(max_size=20))
def test_only_the_version_alone_or_before_a_space_makes_an_spf_record(rest: str) -> None:
    assert is_spf(f"v=spf1{rest}") == (not rest or rest[0] == " ")
