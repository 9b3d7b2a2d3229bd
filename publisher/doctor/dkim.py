"""Whether the public key in the DNS is the one that our signatures need (RFC 6376, section 3.6.1; RFC 8301)."""

import re
from base64 import b64decode
from collections.abc import Sequence

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import load_der_public_key

from publisher.doctor.results import Result, error, ok, warning
from publisher.doctor.tags import read_tags

FEWEST_BITS, WANTED_BITS = 1024, 2048
"""RFC 8301, section 3.2: receivers take no shorter key, and signers should use the longer."""


def judge_dkim(place: str, records: Sequence[str], ours: str) -> Result:
    """`place` is `<selector>._domainkey.<domain>`, `records` what stands there, `ours` the record for our key."""
    if not records:
        return error("dkim", place, f"there is no DKIM record; publish this TXT record: {ours}")
    if len(records) > 1:
        return error("dkim", place, f"there are {len(records)} TXT records, and receivers take any; leave only ours")
    tags = read_tags(records[0])
    if isinstance(tags, str):
        return error("dkim", place, f"the DKIM record cannot be read: {tags}; publish this: {ours}")
    wrong = _wrong(tags, ours)
    if wrong:
        return error("dkim", place, wrong)
    if "y" in _words(tags.get("t", "")):
        mend = 'the key is in test mode ("t=y"): receivers treat your mail as if it were not signed; take t=y out'
        return warning("dkim", place, mend)
    bits = _bits(_key(tags))
    if bits < WANTED_BITS:
        mend = f"the key fits, but has only {bits} bits; make one with {WANTED_BITS}, under a new selector"
        return warning("dkim", place, mend)
    return ok("dkim", place, f"the published key is that of our key file, RSA with {bits} bits")


def _wrong(tags: dict[str, str], ours: str) -> str:
    """Why receivers could not check our signatures by this record; "" when they can."""
    first = next(iter(tags))
    if "v" in tags and (first != "v" or tags["v"] != "DKIM1"):
        return 'the record must begin with "v=DKIM1"; receivers pass over it as it is'
    if not _key(tags):
        return f"the record has no key: that says the key was withdrawn; publish this: {ours}"
    if tags.get("k", "rsa") != "rsa":
        return f"the record is for a key of kind {tags['k']}, and ours is rsa; publish this: {ours}"
    if "h" in tags and "sha256" not in _words(tags["h"]):
        return 'the record allows no SHA-256 ("h="), by which we sign; take h= out'
    if "s" in tags and not {"*", "email"} & set(_words(tags["s"])):
        return 'the record is not for mail ("s="); take s= out'
    expected = read_tags(ours)
    if isinstance(expected, dict) and _key(tags) != _key(expected):
        return f"the published key is not that of our key file: no signature of ours would hold; publish this: {ours}"
    if _bits(_key(tags)) < FEWEST_BITS:
        return f"the key has fewer than {FEWEST_BITS} bits, which receivers do not take; make one with {WANTED_BITS}"
    return ""


def _words(value: str) -> list[str]:
    return [word.strip() for word in value.split(":")]


def _key(tags: dict[str, str]) -> str:
    """p= may be folded anywhere."""
    return re.sub(r"\s", "", tags.get("p", ""))


def _bits(key: str) -> int:
    """The length of a public RSA key; 0 for what is none."""
    try:
        read = load_der_public_key(b64decode(key, validate=True))
    except (ValueError, UnsupportedAlgorithm):
        return 0
    return read.key_size if isinstance(read, RSAPublicKey) else 0
