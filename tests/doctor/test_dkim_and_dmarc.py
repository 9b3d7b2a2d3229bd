"""The keys and policies in the DNS: read as their lists of tags, compared with ours, judged with the mend."""

from base64 import b64encode

import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import given, strategies as st

from publisher.doctor.dkim import judge_dkim
from publisher.doctor.dmarc import is_aligned, judge_dmarc, judge_signer, walk
from publisher.doctor.tags import read_tags
from tests.doctor.nameserver import Written

PLACE = "s1._domainkey.news.example.org"
FROM = "news.example.org"


def key(bits: int = 2048, form: PublicFormat = PublicFormat.SubjectPublicKeyInfo) -> str:
    public = generate_private_key(65537, bits).public_key()
    return b64encode(public.public_bytes(Encoding.DER, form)).decode()


P = key()
OURS = f"v=DKIM1; k=rsa; p={P}"


@pytest.mark.parametrize(
    "record",
    [
        OURS,
        f"p={P}",
        f"v=DKIM1;p={P};",
        f" v = DKIM1 ;\tk=rsa; t=s; h=sha1:sha256; s=email; n=our key; p={P[:64]} {P[64:]}",
        f"v=DKIM1; p={P}; s=*",
    ],
)
def test_the_key_that_belongs_to_our_file_is_well(record: str) -> None:
    found = judge_dkim(PLACE, [record], OURS)
    assert found.severity == "ok"
    assert found.mend == "the published key is that of our key file, RSA with 2048 bits"


@pytest.mark.parametrize(
    ("records", "severity", "told"),
    [
        ([], "error", f"there is no DKIM record; publish this TXT record: {OURS}"),
        ([OURS, "p="], "error", "there are 2 TXT records, and receivers take any; leave only ours"),
        (["v=DKIM1; k=rsa; p="], "error", "the key was withdrawn"),
        (["v=DKIM1; k=rsa"], "error", "the key was withdrawn"),
        ([f"v=DKIM2; p={P}"], "error", 'must begin with "v=DKIM1"'),
        ([f"k=rsa; v=DKIM1; p={P}"], "error", 'must begin with "v=DKIM1"'),
        ([f"v=DKIM1; k=ed25519; p={P}"], "error", "for a key of kind ed25519, and ours is rsa"),
        ([f"v=DKIM1; h=sha1; p={P}"], "error", "allows no SHA-256"),
        ([f"v=DKIM1; s=tlsrpt; p={P}"], "error", "is not for mail"),
        ([f"v=DKIM1; p={key()}"], "error", "the published key is not that of our key file"),
        ([f"v=DKIM1; t=y:s; p={P}"], "warning", 'the key is in test mode ("t=y")'),
        (["v=DKIM1; p"], "error", 'cannot be read: "p" is not of the form tag=value'),
        ([f"p={P}; p={P}"], "error", "the tag p= stands twice"),
        (["just words"], "error", 'cannot be read: "just words" is not of the form tag=value'),
    ],
)
def test_what_is_wrong_with_a_key_record_is_told(records: list[str], severity: str, told: str) -> None:
    found = judge_dkim(PLACE, records, OURS)
    assert (found.code, found.severity, found.place) == ("dkim", severity, PLACE)
    assert told in found.mend


def test_a_short_key_is_told_and_one_that_nobody_takes_is_an_error() -> None:
    short = f"v=DKIM1; p={key(1024)}"
    assert judge_dkim(PLACE, [short], short).mend == (
        "the key fits, but has only 1024 bits; make one with 2048, under a new selector"
    )
    broken = "v=DKIM1; p=AAAA"
    assert "fewer than 1024 bits" in judge_dkim(PLACE, [broken], broken).mend


def test_a_key_in_the_older_form_is_measured_too() -> None:
    old = f"v=DKIM1; p={key(2048, PublicFormat.PKCS1)}"
    assert judge_dkim(PLACE, [old], old).severity == "ok"


def dmarc(records: dict[str, str | list[str]], envelope: str | None = FROM, signed_by: str | None = FROM):  # type: ignore[no-untyped-def]
    zone = {f"_dmarc.{domain}": {"TXT": record} for domain, record in records.items()}
    return judge_dmarc(walk(FROM, Written(zone)), envelope, signed_by)


def test_a_policy_of_its_own_or_of_the_house_is_well() -> None:
    own = dmarc({FROM: "v=DMARC1; p=reject"})
    assert (own.severity, own.place) == ("ok", f"_dmarc.{FROM}")
    assert own.mend == "policy reject by its own record; our mail passes by SPF and DKIM"
    house = dmarc({"example.org": "v=DMARC1; p=reject; sp=quarantine"}, envelope="bounces.example.org", signed_by=None)
    assert house.severity == "ok"
    assert house.mend == (
        "policy quarantine by the record of example.org; "
        "our mail passes by SPF, and by DKIM where the relay signs for this domain"
    )


@pytest.mark.parametrize(
    ("records", "told"),
    [
        (
            {},
            f'there is no DMARC record, which the large providers ask for; publish "v=DMARC1; p=none" at _dmarc.{FROM}',
        ),
        ({FROM: "v=DMARC2; p=none"}, "there is no DMARC record"),
        ({FROM: ["v=DMARC1; p=none", "v=DMARC1; p=reject"]}, "there are several DMARC records, so none counts"),
        ({FROM: "v=DMARC1; p=rejct"}, 'says "p=rejct", which is no policy; write none, quarantine or reject'),
        ({FROM: "v=DMARC1"}, "which is no policy"),
        ({FROM: "v=DMARC1; p=none; p=reject"}, "cannot be read: the tag p= stands twice; mend it"),
    ],
)
def test_what_is_wrong_with_a_policy_is_told(records: dict[str, str | list[str]], told: str) -> None:
    found = dmarc(records)
    assert (found.code, found.severity) == ("dmarc", "error")
    assert told in found.mend


def test_a_record_that_only_asks_for_reports_has_the_policy_none() -> None:
    assert dmarc({FROM: "v=DMARC1; rua=mailto:dmarc@example.org"}).mend.startswith("policy none by its own record")


@pytest.mark.parametrize(
    ("envelope", "signed_by", "severity", "told"),
    [
        ("back.relay.example", FROM, "ok", "our mail passes by DKIM"),
        (None, FROM, "ok", "our mail passes by DKIM"),
        (
            "back.relay.example",
            None,
            "warning",
            "passes only when the relay signs for news.example.org: look for dmarc=",
        ),
        (None, None, "warning", "passes only when the relay signs for news.example.org: look for dmarc=pass"),
        (
            FROM,
            "relay.example",
            "warning",
            "our signature is for relay.example, which does not count here, and SPF alone",
        ),
        ("back.relay.example", "relay.example", "error", "nor does the return path (back.relay.example): bring one of"),
        (
            None,
            "relay.example",
            "error",
            "nor does the return path (the relay puts its own): bring one of them into news",
        ),
    ],
)
def test_mail_passes_by_what_belongs_to_the_house(
    envelope: str | None, signed_by: str | None, severity: str, told: str
) -> None:
    found = dmarc({FROM: "v=DMARC1; p=none"}, envelope, signed_by)
    assert found.severity == severity
    assert told in found.mend


def test_strict_alignment_wants_the_very_domain() -> None:
    record = {"example.org": "v=DMARC1; p=none; aspf=s; adkim=s"}
    assert dmarc(record, envelope="example.org", signed_by="example.org").severity == "error"
    assert dmarc(record, envelope="example.org", signed_by=FROM).severity == "ok"


def test_the_house_ends_below_what_is_open_to_all() -> None:
    zone = {"_dmarc.org": {"TXT": "v=DMARC1; p=none; psd=y"}}
    found = walk(FROM, Written(zone))
    assert found.organisation == "example.org"
    assert is_aligned(found, "mail.example.org", strict=False)
    assert not is_aligned(found, "mail.elsewhere.org", strict=False)
    assert not is_aligned(found, "mail.otherexample.org", strict=False)
    alone = walk(FROM, Written({f"_dmarc.{FROM}": {"TXT": "v=DMARC1; p=none; psd=n"}} | zone))
    assert alone.organisation == FROM
    itself = {f"_dmarc.{FROM}": {"TXT": "v=DMARC1; p=none; psd=y"}, "_dmarc.example.org": {"TXT": "v=DMARC1; p=none"}}
    assert walk(FROM, Written(itself)).organisation == "example.org"


def test_a_signature_of_another_house_counts_for_nothing() -> None:
    found = walk(FROM, Written({"_dmarc.example.org": {"TXT": "v=DMARC1; p=none"}}))
    assert judge_signer(PLACE, found, "example.org") is None
    stray = judge_signer(PLACE, found, "elsewhere.example")
    assert stray and stray.severity == "error"
    assert stray.mend == (
        "we sign for elsewhere.example, and From is in news.example.org: "
        "set domain in [delivery.dkim] to news.example.org"
    )


def test_long_names_are_walked_in_eight_steps() -> None:
    asked: list[str] = []

    class Listening(Written):
        def texts(self, name: str) -> list[str]:
            asked.append(name)
            return []

    walk(".".join("abcdefghijkl"), Listening({}))
    assert [len(name.split(".")) - 1 for name in asked] == [12, 7, 6, 5, 4, 3, 2, 1]


NAMES = st.from_regex(r"[a-z][a-z0-9_]{0,6}", fullmatch=True)
VALUES = st.text(st.characters(codec="ascii", exclude_characters=";"), max_size=20).map(lambda v: v.strip(" \t\r\n"))


@given(st.dictionaries(NAMES, VALUES, min_size=1), st.sampled_from(["", " ", "\t", "\r\n "]), st.booleans())
def test_every_list_of_tags_is_read_back(tags: dict[str, str], space: str, ends: bool) -> None:
    text = ";".join(f"{space}{name}{space}={space}{value}{space}" for name, value in tags.items()) + ";" * ends
    assert read_tags(text) == tags


@given(st.text(max_size=80))
def test_any_text_is_read_or_told_to_be_wrong_in_printable_words(text: str) -> None:
    read = read_tags(text)
    assert read
    assert isinstance(read, dict) or read.isprintable()
