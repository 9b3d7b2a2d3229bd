"""What receivers are to do with mail that only pretends to be ours: the DMARC record, and whether ours would pass.

The record of the domain in From counts, else that of the nearest domain above it that has one. Which of the domains
above is the organisation's is found by walking up the names, without a list of public suffixes. A record is valid only
with `v=DMARC1` at its beginning (RFC 7489, section 6.3).
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from publisher.doctor.names import Lookup
from publisher.doctor.results import Result, error, ok, warning
from publisher.doctor.tags import read_tags

_POLICIES = ("none", "quarantine", "reject")
_MOST_STEPS = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Walk:
    """DMARC records by domain, from that of From upwards; `doubles` are domains with several, so that none counts."""

    domain: str
    records: Mapping[str, dict[str, str] | str]
    doubles: tuple[str, ...] = ()

    @property
    def valid(self) -> dict[str, dict[str, str]]:
        return {domain: tags for domain, tags in self.records.items() if isinstance(tags, dict)}

    @property
    def organisation(self) -> str:
        """The domain by which others count as the same house: one says so itself (`psd=n`), or it lies right below one
        that is open to all (`psd=y`), or it is the uppermost that has a record."""
        uppermost = self.domain
        for domain, tags in self.valid.items():
            if tags.get("psd") == "n":
                return domain
            if tags.get("psd") == "y" and domain != self.domain:
                return _just_below(self.domain, domain)
            uppermost = domain
        return uppermost


def _just_below(domain: str, suffix: str) -> str:
    labels = domain.split(".")
    return ".".join(labels[-len(suffix.split(".")) - 1 :])


def walk(domain: str, names: Lookup) -> Walk:
    """Look for DMARC records from this domain upwards. Raises FetchError when the DNS does not answer."""
    records: dict[str, dict[str, str] | str] = {}
    doubles = []
    for above in _upwards(domain.lower()):
        found = [text for text in names.texts(f"_dmarc.{above}") if _is_dmarc(text)]
        if len(found) == 1:
            records[above] = read_tags(found[0])
        elif found:
            doubles.append(above)
    return Walk(domain=domain.lower(), records=records, doubles=tuple(doubles))


def _upwards(domain: str) -> Iterator[str]:
    """The domain and those above it, at most eight: a long one is left for its last seven labels."""
    labels = domain.split(".")
    yield domain
    for start in range(max(1, len(labels) - _MOST_STEPS + 1), len(labels)):
        yield ".".join(labels[start:])


def _is_dmarc(text: str) -> bool:
    return text.partition(";")[0].replace(" ", "").replace("\t", "") == "v=DMARC1"


def judge_dmarc(found: Walk, envelope: str | None, signed_by: str | None) -> Result:
    """`envelope` is the domain of the return path, None where the relay puts its own; `signed_by` that of our DKIM
    signature, None where we do not sign."""
    place = f"_dmarc.{found.domain}"
    if found.domain in found.doubles:
        return error("dmarc", place, "there are several DMARC records, so none counts; leave one")
    at = next(iter(found.records), None)
    if at is None:
        mend = f'there is no DMARC record, which the large providers ask for; publish "v=DMARC1; p=none" at {place}'
        return error("dmarc", place, mend)
    tags = found.records[at]
    if isinstance(tags, str):
        return error("dmarc", f"_dmarc.{at}", f"the DMARC record cannot be read: {tags}; mend it")
    policy = _policy(tags, is_own=at == found.domain)
    if policy not in _POLICIES:
        mend = f'the DMARC record says "p={tags.get("p", "")}", which is no policy; write none, quarantine or reject'
        return error("dmarc", f"_dmarc.{at}", mend)
    by = "its own record" if at == found.domain else f"the record of {at}"
    return _judged_alignment(place, found, tags, (envelope, signed_by), f"policy {policy} by {by}")


def _policy(tags: Mapping[str, str], *, is_own: bool) -> str:
    """What holds for From's domain: `sp=` of a domain above goes before its `p=`. Without a policy, but with an
    address for reports, it is none (RFC 7489, section 6.6.3)."""
    policy = tags.get("p", "none" if "rua" in tags else "").lower()
    return policy if is_own else tags.get("sp", policy).lower()


def _judged_alignment(
    place: str, found: Walk, tags: Mapping[str, str], ours: tuple[str | None, str | None], told: str
) -> Result:
    envelope, signed_by = ours
    by_spf = envelope is not None and is_aligned(found, envelope, strict=tags.get("aspf") == "s")
    by_dkim = signed_by is not None and is_aligned(found, signed_by, strict=tags.get("adkim") == "s")
    if by_dkim:
        return ok("dmarc", place, f"{told}; our mail passes by {'SPF and DKIM' if by_spf else 'DKIM'}")
    if signed_by is None:
        if by_spf:
            return ok(
                "dmarc", place, f"{told}; our mail passes by SPF, and by DKIM where the relay signs for this domain"
            )
        mend = f"{told}; our mail passes only when the relay signs for {found.domain}"
        return warning("dmarc", place, f"{mend}: look for dmarc=pass in a test message")
    strays = f"our signature is for {signed_by}, which does not count here"
    if by_spf:
        return warning("dmarc", place, f"{told}; {strays}, and SPF alone fails when someone passes a mail on")
    mend = f"{told}; {strays}, nor does the return path ({envelope or 'the relay puts its own'})"
    return error("dmarc", place, f"{mend}: bring one of them into {found.organisation}")


def is_aligned(found: Walk, domain: str, *, strict: bool) -> bool:
    """Whether mail of From's domain is vouched for by another domain of the same house (RFC 7489, section 3.1)."""
    domain = domain.lower()
    return domain == found.domain or (not strict and _is_within(domain, found.organisation))


def _is_within(domain: str, house: str) -> bool:
    return domain == house or domain.endswith(f".{house}")


def judge_signer(place: str, found: Walk, signed_by: str) -> Result | None:
    """None where our signature counts for From's domain."""
    tags: Sequence[dict[str, str]] = list(found.valid.values())
    strict = bool(tags) and tags[0].get("adkim") == "s"
    if is_aligned(found, signed_by, strict=strict):
        return None
    mend = f"we sign for {signed_by}, and From is in {found.domain}: set domain in [delivery.dkim] to {found.domain}"
    return error("dkim", place, mend)
