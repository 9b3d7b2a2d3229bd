"""Whatever is signed verifies with a stranger's reading of RFC 6376; whatever was changed on the way does not."""

import re
from base64 import b64encode
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import dkim
import pytest
from cryptography.hazmat.primitives.asymmetric import ed25519, rsa
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    KeySerializationEncryption,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)
from hypothesis import given, strategies as st

from publisher.delivery.notices import compose as notice
from publisher.delivery.sign import Signer, body_hash, make_key, public_record, read_key
from publisher.errors import ConfigError
from publisher.records import HEADERS
from tests.conftest import NOW
from tests.delivery.test_compose import composer, delivery, edition

KEY = make_key()
SIGNER = Signer("bay.example", "pub-2026", KEY)

WORDS = st.one_of(
    st.text(st.characters(min_codepoint=0x21, max_codepoint=0x7E), max_size=40),
    st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=20),
    st.sampled_from(["=?utf-8?q?=C3=BCber_uns?=", "<läsare@örn.example>", "d=x; b=y", "x" * 980]),
)
GAPS = st.sampled_from([" ", "\t", "  ", " \t ", "\r\n ", "\r\n\t", " \r\n  "])
VALUES = st.lists(st.tuples(GAPS, WORDS), max_size=5).map(lambda parts: "".join(gap + word for gap, word in parts))
NAMES = st.sampled_from([*HEADERS, *(name.upper() for name in HEADERS), "Auto-Submitted", "Cc", "X-Other", "Received"])
FIELDS = st.lists(st.tuples(NAMES, st.sampled_from([":", ": ", ":\t"]), VALUES), max_size=15)
BODIES = st.lists(st.sampled_from([b"", b"\r\n", b"Hello. ", b"\t", b".", b"=C3=BC", b"--x--", b"\xc3\xbc"])).map(
    b"".join
)


def split(message: bytes) -> tuple[bytes, bytes]:
    head, _, body = message.partition(b"\r\n\r\n")
    return head + b"\r\n", body


def signed(message: bytes, signer: Signer = SIGNER) -> bytes:
    head, body = split(message)
    return signer.signature(head, body_hash(body)) + message


def verifies(message: bytes, key: bytes = KEY) -> bool:
    def dns(name: bytes, timeout: int = 5) -> bytes | None:
        return public_record(key).encode() if name == b"pub-2026._domainkey.bay.example." else None

    return bool(dkim.verify(message, dnsfunc=dns))


def ours() -> bytes:
    return composer(edition(subject="Über uns, und was die Woche sonst noch brachte " * 3)).message(delivery())


def tags(message: bytes) -> dict[str, str]:
    """What the signature on top of a message says."""
    value = re.split(rb"\r\n(?! )", message)[0].partition(b":")[2].decode("ascii")
    return dict(re.sub(r"\s", "", tag).split("=", 1) for tag in value.split(";"))


def written(fields: Iterable[tuple[str, str, str]]) -> bytes:
    return "".join(f"{name}{colon}{value}\r\n" for name, colon, value in fields).encode()


def test_an_issue_verifies_with_all_its_fields_signed() -> None:
    message = signed(ours())
    assert verifies(message)
    assert {name.lower() for name in HEADERS} == set(tags(message)["h"].split(":"))


def test_a_copy_for_an_address_in_other_letters_verifies() -> None:
    message = composer(edition()).message(replace(delivery(), address="läsare@örn.example"))
    assert "To: läsare@örn.example\r\n".encode() in message
    assert verifies(signed(message))


def test_a_notice_verifies_with_all_its_fields_signed() -> None:
    sender = ("Bay Hospital", "news@bay.example")
    made = notice(
        sender=sender, to="ines@example.org", subject="Hi", text="a\n", html="a", date=NOW, message_id="<1@bay.example>"
    )
    message = signed(made)
    assert verifies(message)
    assert {"from", "to", "message-id", "auto-submitted"} < set(tags(message)["h"].split(":"))


@given(FIELDS, VALUES, BODIES)
def test_whatever_the_header_and_the_body_are_they_verify(
    fields: list[tuple[str, str, str]], sender: str, body: bytes
) -> None:
    message = signed(written([*fields, ("From", ":", sender)]) + b"\r\n" + body)
    assert verifies(message)


@pytest.mark.parametrize("name", HEADERS)
def test_a_signed_field_that_is_changed_or_gone_breaks_the_signature(name: str) -> None:
    message = signed(ours())
    at = message.index(f"\r\n{name}: ".encode()) + len(name) + 4
    assert not verifies(message[:at] + b"x" + message[at:])
    gone = re.sub(rb"\r\n%b: .*(\r\n[ \t].*)*" % name.encode(), b"", message)
    assert len(gone) < len(message)
    assert not verifies(gone)


@pytest.mark.parametrize("name", ["From", "Subject", "Content-Type", "List-Unsubscribe", "List-Unsubscribe-Post"])
@pytest.mark.parametrize("stood", [True, False])
def test_a_field_that_stands_once_cannot_be_added(name: str, stood: bool) -> None:
    message = ours() if stood else b"From: a@bay.example\r\nTo: ines@example.org\r\n\r\nHello.\r\n"
    message = signed(message)
    added = f"{name}: mallory@evil.example\r\n".encode()
    assert verifies(message)
    assert not verifies(added + message)
    assert not verifies(message.replace(b"\r\n\r\n", b"\r\n" + added + b"\r\n", 1))


def test_of_fields_of_one_name_every_one_counts() -> None:
    message = signed(b"To: a@example.org\r\nFrom: a@bay.example\r\nTo: b@example.org\r\n\r\nHello.\r\n")
    assert verifies(message)
    assert not verifies(message.replace(b"To: a@", b"To: c@"))
    assert not verifies(message.replace(b"To: b@", b"To: c@"))


def test_what_relays_may_do_leaves_the_signature_whole() -> None:
    message = signed(ours())
    assert verifies(b"Received: from pub by relay\r\n" + message)
    assert verifies(message.replace(b"\r\nPrecedence: bulk", b"\r\nprecedence:\r\n\t bulk "))
    assert verifies(message + b"\r\n\r\n")


def test_spaces_folds_and_the_case_of_names_make_no_difference() -> None:
    plain = b"From: a@bay.example\r\nSubject: One two\r\n"
    spaced = b"FROM :\ta@bay.example \r\nsubject:\r\n  One \t\r\n\ttwo\t\r\n"
    assert SIGNER.signature(plain, body_hash(b"")) == SIGNER.signature(spaced, body_hash(b""))


def test_a_changed_body_breaks_the_signature() -> None:
    message = signed(ours())
    assert not verifies(message.replace(b"Hello,", b"Hallo,"))
    assert not verifies(message + b"More.\r\n")


def test_another_key_does_not_verify() -> None:
    assert not verifies(signed(ours()), key=make_key())


def test_the_same_message_is_signed_with_the_same_bytes_by_many_threads() -> None:
    made = composer(edition())
    messages = [made.message(delivery(public_id=f"{number:032x}")) for number in range(40)]
    expected = [signed(message, Signer("bay.example", "pub-2026", KEY)) for message in messages]
    with ThreadPoolExecutor(8) as threads:
        runs = list(threads.map(lambda _: [signed(message) for message in messages], range(8)))
    assert all(run == expected for run in runs)
    assert len(set(expected)) == len(messages)


@pytest.mark.parametrize("domain", ["bay.example", f"{'-'.join(['bay'] * 15)}.example"])
def test_the_signature_has_lines_of_at_most_78_columns(domain: str) -> None:
    head, body = split(ours())
    made = Signer(domain, "a.b", KEY).signature(head, body_hash(body))
    assert made.startswith(b"DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/simple;") and made.endswith(b"\r\n")
    assert all(len(line) <= 78 for line in made.split(b"\r\n"))
    assert all(line.startswith(b" ") for line in made[:-2].split(b"\r\n")[1:])
    said = tags(made)
    assert said.keys() == {"v", "a", "c", "d", "s", "h", "bh", "b"}
    assert (said["d"], said["s"]) == (domain, "a.b")


@pytest.mark.parametrize(
    "head",
    [
        b"",
        b"From: a@bay.example",
        b"From: a@bay.example\r\nTo: ines@example.org",
        b"From: a@bay.example\r\n\r\n",
        b"From: a@bay.example\r\nHello\r\n",
        b"From: a@bay.example\r\nTo: b@example.org\nBcc: c@example.org\r\n",
        b"From: a@bay.example\r\nTo: b@example.org\rBcc: c@example.org\r\n",
        b"To: ines@example.org\r\n",
    ],
)
def test_a_header_that_is_none_is_not_signed(head: bytes) -> None:
    with pytest.raises(ValueError, match=r"header|From") as told:
        SIGNER.signature(head, body_hash(b""))
    assert "@" not in str(told.value)


@pytest.mark.parametrize("body", [b"", b"\r\n", b"\r\n\r\n"])
def test_an_empty_body_has_the_hash_that_the_rfc_gives(body: bytes) -> None:
    assert b64encode(body_hash(body)) == b"frcCV1k9oG9oKj3dpUqdJg1PxRT2RSN/XKdLCPjaYaY="


def test_only_empty_lines_at_the_end_of_a_body_do_not_count() -> None:
    assert body_hash(b"a\r\n") == body_hash(b"a") == body_hash(b"a\r\n\r\n\r\n")
    others = [b"a\r\n", b"a \r\n", b"\r\na\r\n", b"a\r\r\n", b"a\n\r\n", b"a\r\n \r\n"]
    assert len({body_hash(body) for body in others}) == len(others)


def test_a_new_key_has_2048_bits_and_its_record_says_its_public_half() -> None:
    key = load_pem_private_key(KEY, password=None)
    assert isinstance(key, rsa.RSAPrivateKey) and key.key_size == 2048
    public = key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    assert public_record(KEY) == f"v=DKIM1; k=rsa; p={b64encode(public).decode()}"
    assert make_key() != KEY


def pem(
    key: rsa.RSAPrivateKey | ed25519.Ed25519PrivateKey,
    form: PrivateFormat = PrivateFormat.PKCS8,
    encryption: KeySerializationEncryption | None = None,
) -> bytes:
    return key.private_bytes(Encoding.PEM, form, encryption or NoEncryption())


def rsa_of(p: int, q: int) -> rsa.RSAPrivateKey:
    """A key that anyone can guess, of two primes."""
    d = pow(65537, -1, (p - 1) * (q - 1))
    public = rsa.RSAPublicNumbers(65537, p * q)
    crt = (rsa.rsa_crt_dmp1(d, p), rsa.rsa_crt_dmq1(d, q), rsa.rsa_crt_iqmp(p, q))
    return rsa.RSAPrivateNumbers(p, q, d, *crt, public).private_key()


GUESSABLE = rsa_of(2**1279 - 1, 2**607 - 1)


@pytest.mark.parametrize("form", [PrivateFormat.PKCS8, PrivateFormat.TraditionalOpenSSL])
def test_both_usual_forms_of_a_key_sign(form: PrivateFormat) -> None:
    key = pem(GUESSABLE, form)
    assert verifies(signed(ours(), Signer("bay.example", "pub-2026", key)), key)


@pytest.mark.parametrize(
    ("key", "says"),
    [
        (b"", "no private key in PEM; make a key with `openssl"),
        (b"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n", "no private key in PEM"),
        (GUESSABLE.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo), "no private key"),
        (pem(GUESSABLE, encryption=BestAvailableEncryption(b"open")), "has a passphrase; write it without one"),
        (pem(GUESSABLE, PrivateFormat.TraditionalOpenSSL, BestAvailableEncryption(b"open")), "has a passphrase"),
        (pem(ed25519.Ed25519PrivateKey.generate()), "of another kind than RSA"),
        (pem(rsa_of(2**521 - 1, 2**127 - 1)), "has 648 bits, and receivers check 1024 to 4096; make a key"),
        (pem(rsa_of(2**2281 - 1, 2**2203 - 1)), "has 4484 bits"),
    ],
)
def test_a_key_that_receivers_would_not_check_is_refused(key: bytes, says: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=f"^the DKIM key .*{says}"):
        Signer("bay.example", "pub-2026", key)
    with pytest.raises(ConfigError, match=says):
        public_record(key)
    path = tmp_path / "dkim.pem"
    path.write_bytes(key)
    path.chmod(0o600)
    with pytest.raises(ConfigError, match=f"^{re.escape(str(path))}: the DKIM key .*{says}"):
        read_key(path)


def test_a_key_file_is_read_when_it_is_private(tmp_path: Path) -> None:
    path = tmp_path / "dkim.pem"
    path.write_bytes(KEY)
    for mode in (0o644, 0o640, 0o602):
        path.chmod(mode)
        with pytest.raises(ConfigError, match=r"others may read this key file; run `chmod 600 dkim\.pem`"):
            read_key(path)
    path.chmod(0o400)
    assert read_key(path) == KEY


def test_a_key_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"dkim\.pem: the DKIM key cannot be read \(No such file or directory\)"):
        read_key(tmp_path / "dkim.pem")


@pytest.mark.parametrize(
    "name",
    ["", ".", "bay..example", "bay.example.", "-bay.example", "bäy.example", "bay.example; l=0", "a\r\nb", "a" * 64],
)
def test_a_name_that_cannot_stand_in_the_dns_is_refused(name: str) -> None:
    with pytest.raises(ConfigError, match=r'DKIM domain ".*" is no name in the DNS; write it in letters'):
        Signer(name, "pub-2026", KEY)
    with pytest.raises(ConfigError, match="DKIM selector"):
        Signer("bay.example", name, KEY)
