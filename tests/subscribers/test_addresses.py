"""One address: what it is taken for, and what was probably meant. email-validator is always right."""

import email_validator
import pytest
from hypothesis import example, given, settings, strategies as st

from publisher.subscribers import Address, parse, suggestion
from publisher.subscribers.addresses import plain
from publisher.subscribers.typos import _ALSO_REAL, _MEANT
from tests.watchdog import ends

PIECES = st.sampled_from(
    [*"aB9.-_+@'= \n[(<\"", "info", "News", "example", ".com", "COM", "xn--", "xn--bcher-kva", "--", "é", "e\u0301",
     "ß", "\u212a", "\u0130", "＠", "。", ".local", ".test", ".c1", "a" * 63, "b" * 64, "c" * 190]
)  # fmt: skip
LOCALS = st.lists(PIECES, max_size=5).map("".join)
DOMAINS = st.tuples(LOCALS, st.sampled_from(["", ".com", ".org", ".invalid", ".1c", ".xn--p1ai"])).map("".join)
NEARLY = st.tuples(LOCALS, DOMAINS).map("@".join)


def as_email_validator_has_it(text: str) -> Address | None:
    try:
        found = email_validator.validate_email(text.strip(), check_deliverability=False, test_environment=True)
    except email_validator.EmailNotValidError:
        return None
    written = f"{found.local_part}@{found.ascii_domain}"
    return Address(written=written, key=written.casefold())


@settings(max_examples=1500, deadline=None)
@given(st.text(max_size=40) | NEARLY | st.emails())
@example("Info@EXAMPLE.com")
@example("a" * 243 + "@example.com")
@example("a" * 242 + "@example.com")
@example("ana@" + "a" * 63 + "." + "b" * 64 + ".com")
@example("ana@ab--cd.com")
@example(" ana@example.com\n")
def test_the_fast_way_and_the_slow_way_agree(text: str) -> None:
    found = parse(text)
    assert (found if isinstance(found, Address) else None) == as_email_validator_has_it(text)
    surely = plain(text)
    assert surely is None or Address(written=surely[0], key=surely[1]) == found


@pytest.mark.parametrize("ending", email_validator.SPECIAL_USE_DOMAIN_NAMES)
def test_domains_that_have_no_mail_are_judged_alike(ending: str) -> None:
    text = f"ana@example.{ending}"
    found = parse(text)
    assert (found if isinstance(found, Address) else None) == as_email_validator_has_it(text)


def test_letters_beyond_ascii_are_allowed_before_the_sign_too() -> None:
    assert parse("Ju\u0308rgen@Bücher.example") == Address(
        written="Jürgen@xn--bcher-kva.example", key="jürgen@xn--bcher-kva.example"
    )


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("Ana@Example.com", " ana@EXAMPLE.com "),
        ("kontakt@bücher.example", "KONTAKT@xn--bcher-kva.example"),
        ("kontakt@bücher.example", "kontakt@BÜCHER.example"),
        ("GROSS@example.com", "gross@example.com"),
    ],
)
def test_an_address_is_the_same_however_it_is_written(first: str, second: str) -> None:
    one, other = parse(first), parse(second)
    assert isinstance(one, Address) and isinstance(other, Address)
    assert one.key == other.key


@pytest.mark.parametrize("text", ["a" * 10_000 + "@example.com", "ü@" * 5_000, "@" * 10_000, "́" * 10_000, '"' * 9_999])
def test_an_address_of_ten_thousand_letters_is_refused_briefly(text: str) -> None:
    with ends():
        why = parse(text)
    assert isinstance(why, str) and len(why) < 100


@given(st.text(min_size=100, max_size=254).map(lambda text: f"{text}@example.com"))
def test_a_reason_is_one_short_line(text: str) -> None:
    why = parse(text)
    assert isinstance(why, Address) or (len(why) <= 160 and "\n" not in why)


# What was probably meant


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("maria@gmial.com", "maria@gmail.com"),
        ("Maria.Diaz@gmail.con", "Maria.Diaz@gmail.com"),
        ("maria@GMAIL.CMO", "maria@gmail.com"),
        ("maria@gmai.com", "maria@gmail.com"),
        ("maria@gmaill.com", "maria@gmail.com"),
        ("maria@gmail.co", "maria@gmail.com"),
        ("maria@gmailcom", "maria@gmail.com"),
        ("maria@hotmial.com", "maria@hotmail.com"),
        ("maria@yaho.com", "maria@yahoo.com"),
        ("maria@yhaoo.co.uk", "maria@yahoo.co.uk"),
        ("maria@outlok.com", "maria@outlook.com"),
        ("maria@iclod.com", "maria@icloud.com"),
        ("maria@comcast.ent", "maria@comcast.net"),
        ("maria@aol.con", "maria@aol.com"),
        ("maria@hospital.example.ogr", "maria@hospital.example.org"),
    ],
)
def test_a_slip_in_a_well_known_domain_gets_a_hint(typed: str, meant: str) -> None:
    assert suggestion(typed) == meant


@pytest.mark.parametrize(
    "domain",
    [
        "ymail.com",
        "gmx.de",
        "mail.com",
        "email.com",
        "live.ca",
        "me.com",
        "aol.com",
        "gmx.net",
        "web.de",
        "proton.me",
        "hotmail.fr",
        "yahoo.co.uk",
        "comcast.net",
        "fastmail.com",
        "mailbox.org",
        "tmail.com",
        "like.com",
        "example.org",
        "hospital.example",
        "gmx.com",
        "live.co",
    ],
)
def test_a_domain_that_may_be_real_gets_none(domain: str) -> None:
    assert suggestion(f"maria@{domain}") is None


@given(st.sampled_from(sorted({*_MEANT, *_ALSO_REAL})))
def test_a_known_domain_never_gets_a_hint(domain: str) -> None:
    assert suggestion(f"maria@{domain}") is None
    assert suggestion(f"maria@{domain.upper()}") is None


SLIPS = st.builds(
    lambda domain, at, letter: domain[: at % len(domain)] + letter + domain[at % len(domain) + len(letter) :],
    st.sampled_from(_MEANT),
    st.integers(0, 30),
    st.sampled_from(["", *"abcdefghijklmnopqrstuvwxyz.-"]),
)


@given(st.one_of(SLIPS, st.text(max_size=15), DOMAINS).map(lambda domain: f"maria@{domain}") | st.text(max_size=30))
def test_a_hint_is_another_address_and_a_valid_one(text: str) -> None:
    hint = suggestion(text)
    if hint is not None:
        assert hint.casefold() != text.strip().casefold()
        assert isinstance(parse(hint), Address)
        assert suggestion(hint) is None
