"""Signs a message with the key of its sender's domain: DKIM (RFC 6376) with rsa-sha256 (RFC 8301).

In: the header of a message and the hash of its body. Out: the header field that stands above them, from which every
receiver can tell, with the public key in the DNS, that both came from this domain and are as they were. Same message
and same key give the same bytes, on every attempt: no clock and no chance is in them.

Which message is signed, and where the public key is published, is left to others.
"""

import json
import re
import textwrap
from base64 import b64encode
from functools import lru_cache
from hashlib import sha256
from pathlib import Path

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)

from publisher.errors import ConfigError

_ONCE = (b"from", b"subject", b"content-type", b"list-unsubscribe", b"list-unsubscribe-post")
"""Named once more than they stand in the message, or once where they do not: nobody can add one of these, which some
readers would show or follow instead of ours, without breaking the signature (RFC 6376, sections 5.4.2 and 8.15)."""

_SIGNED = (
    *_ONCE,
    b"to",
    b"date",
    b"message-id",
    b"list-id",
    b"precedence",
    b"auto-submitted",
    b"mime-version",
)
"""The header fields that are signed where they stand in the message: all that we write (RFC 6376, section 5.4.1)."""

_BITS = 2048
_FEWEST_BITS, _MOST_BITS = 1024, 4096
"""RFC 8301, section 3.2: a shorter key counts for nothing, and a receiver need not be able to check a longer one."""

_EXPONENT = 65537
_MAKE = f"make a key with `openssl genrsa -out dkim.pem {_BITS}`"

_WIDTH = 77
_SIGNATURE_WIDTH = 72

_LABEL = "[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_NAME = re.compile(rf"(?=.{{1,253}}\Z){_LABEL}(?:\.{_LABEL})*")
_END_OF_FIELD = re.compile(rb"\r\n(?![ \t])")
_SPACE = re.compile(rb"[ \t]+")


class Signer:
    """Signs for one domain; many threads may use it at once.

    The public key stands in the DNS at `<selector>._domainkey.<domain>` (see `public_record`). `key` is an RSA key in
    PEM (PKCS#8 or PKCS#1) without a passphrase. Raises ConfigError for a key, domain or selector that is none.
    """

    def __init__(self, domain: str, selector: str, key: bytes) -> None:
        for what, name in (("domain", domain), ("selector", selector)):
            if not _NAME.fullmatch(name):
                shown = json.dumps(name, ensure_ascii=False)
                raise ConfigError(f'the DKIM {what} {shown} is no name in the DNS; write it in letters, digits and "-"')
        self._key = _private(key, "the DKIM key")
        self._who = f"d={domain}; s={selector};"
        self._padding, self._hash = PKCS1v15(), SHA256()

    def signature(self, head: bytes, body_hash: bytes) -> bytes:
        """The DKIM-Signature field, to stand above `head`: CRLF line ends, 78 columns unless a name alone is longer.

        `head` are the header fields without the empty line behind them, CRLF line ends; `body_hash` are the 32 bytes of
        `body_hash`. Raises ValueError for a header that is none, or that has no From.

        Header fields may be folded anew on their way (`relaxed`), the body must stay as it is (`simple`), which
        quoted-printable does. There is no `t=`: the time of signing would differ from attempt to attempt, and Date,
        which is signed, says the rest. There is no `l=`, by which a body could be added to, and no `x=`.
        """
        *lines, rest = _END_OF_FIELD.split(head)
        if rest or not lines:
            raise ValueError("a header must end with the line end of its last field")
        names, fields = zip(*map(_field, lines), strict=True)
        opening, plain, order = _opening(self._who, names)
        bh = b64encode(body_hash)
        told = b"".join([*[fields[i] for i in order], plain, bh, b"; b="])
        made = b64encode(self._key.sign(told, self._padding, self._hash))
        broken = b"\r\n ".join([made[i : i + _SIGNATURE_WIDTH] for i in range(0, len(made), _SIGNATURE_WIDTH)])
        return b"".join([opening, bh, b";\r\n b=", broken, b"\r\n"])


@lru_cache(maxsize=512)
def _field(line: bytes) -> tuple[bytes, bytes]:
    """A header field's name, and the field as it is signed, with its CRLF (`relaxed`; RFC 6376, section 3.4.2).

    The fields that all messages of an issue share stay in the cache, for they are asked for again before as many
    personal ones could push them out.
    """
    unfolded = line.replace(b"\r\n", b"")
    name, colon, value = unfolded.partition(b":")
    if not colon or b"\r" in unfolded or b"\n" in unfolded:
        raise ValueError("a header field without a colon, or with half a line end")
    name = name.rstrip(b" \t").lower()
    return name, b"%b:%b\r\n" % (name, _SPACE.sub(b" ", value).strip(b" "))


@lru_cache(maxsize=64)
def _opening(who: str, names: tuple[bytes, ...]) -> tuple[bytes, bytes, tuple[int, ...]]:
    """For messages with these header fields: the signature up to its body hash, the same as it is signed, and which
    fields it signs in which order. Of equal names the lowest comes first (RFC 6376, section 5.4.2)."""
    if b"from" not in names:
        raise ValueError("a message without From cannot be signed")
    order = [(name, i) for name in _SIGNED for i in reversed(range(len(names))) if names[i] == name]
    listed = sorted([name for name, _ in order] + list(_ONCE), key=_SIGNED.index)
    tags = f"DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/simple; {who} h={': '.join(map(bytes.decode, listed))};"
    lines = textwrap.wrap(tags, _WIDTH, subsequent_indent=" ", break_long_words=False, break_on_hyphens=False)
    opening = "\r\n".join([*lines, " bh="]).encode("ascii")
    return opening, _field(opening)[1][:-2], tuple(i for _, i in order)


def body_hash(body: bytes) -> bytes:
    """SHA-256 over a body as it is sent, CRLF line ends: 32 bytes.

    Empty lines at its end do not count, and an empty body counts as an empty line (`simple`; RFC 6376, section 3.4.3).
    Our own bodies end with exactly one CRLF, so that of them every byte counts.
    """
    end = len(body)
    while body.endswith(b"\r\n", 0, end):
        end -= 2
    hashed = sha256(memoryview(body)[:end])
    hashed.update(b"\r\n")
    return hashed.digest()


def read_key(path: Path) -> bytes:
    """The key in a file, in PEM. Raises ConfigError when others may read it, nobody can, or it signs nothing."""
    try:
        if path.stat().st_mode & 0o077:
            raise ConfigError(f"{path}: others may read this key file; run `chmod 600 {path.name}` beside it")
        key = path.read_bytes()
    except OSError as exc:
        raise ConfigError(f"{path}: the DKIM key cannot be read ({exc.strerror}); mend its path or its rights") from exc
    _private(key, f"{path}: the DKIM key")
    return key


def make_key() -> bytes:
    """A new key: RSA with 2048 bits, as PEM (PKCS#8) without a passphrase. Whoever keeps it must keep it private."""
    return generate_private_key(_EXPONENT, _BITS).private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def public_record(key: bytes) -> str:
    """The value of the TXT record for this key (RFC 6376, section 3.6.1), one text: where a DNS takes at most 255
    characters, it must be cut in strings, which receivers join. Raises ConfigError when it is no key to sign with."""
    public = _private(key, "the DKIM key").public_key()
    shown = b64encode(public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo))
    return f"v=DKIM1; k=rsa; p={shown.decode('ascii')}"


def _private(key: bytes, what: str) -> RSAPrivateKey:
    """The key in a PEM text; `what` names it in the ConfigError."""
    try:
        read = load_pem_private_key(key, password=None)
    except TypeError as exc:
        raise ConfigError(f"{what} has a passphrase; write it without one: `openssl pkey -in FILE -out FILE2`") from exc
    except (ValueError, UnsupportedAlgorithm) as exc:
        raise ConfigError(f"{what} is no private key in PEM; {_MAKE}") from exc
    if not isinstance(read, RSAPrivateKey):
        raise ConfigError(f"{what} is of another kind than RSA, which not every receiver can check; {_MAKE}")
    if not _FEWEST_BITS <= read.key_size <= _MOST_BITS:
        limits = f"receivers check {_FEWEST_BITS} to {_MOST_BITS}"
        raise ConfigError(f"{what} has {read.key_size} bits, and {limits}; {_MAKE}")
    return read
