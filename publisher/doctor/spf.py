"""Who may send mail for a domain: its SPF record (RFC 7208), followed as receivers do.

In: the domain of the envelope sender, the DNS, and the relay's addresses where they are known. Out: what following the
record gave, and from that a Result. Macros need a message to be filled in: such names are counted and not followed.
"""

import ipaddress
import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

from publisher.doctor.names import IpAddress, Lookup
from publisher.doctor.results import Result, error, ok, unknown, warning
from publisher.doctor.spf_record import Network, Term, is_spf, network, read_spf

MOST_LOOKUPS = 10
"""RFC 7208, section 4.6.4: with more than ten, receivers give up."""

MOST_EMPTY = 2
"""Questions that may be answered with nothing, before some receivers give up; same section."""

_STOP_AFTER = 40
_MOST_HOSTS = 10
_ASKING = ("include", "a", "mx", "ptr", "exists", "redirect")
_MASKS = re.compile(r"(.*?)(?:/(\d{1,2}))?(?://(\d{1,3}))?")

_PROVIDERS = {
    ".gmail.com": "_spf.google.com",
    ".office365.com": "spf.protection.outlook.com",
    ".outlook.com": "spf.protection.outlook.com",
    ".mailgun.org": "mailgun.org",
}
"""What the record includes where the relay is one of these: they send from other addresses than they listen at."""

_OWN_RETURN_PATHS = (".amazonaws.com", ".postmarkapp.com")
"""Relays that put a return path of their own on each message: receivers look up its domain, not ours."""


@dataclass(slots=True)
class Followed:
    """What a record says once all that it points to was read.

    `faults` are sentences; with one of them the record counts for nothing. `end` is the sign of `all` in the record, or
    in the one it passes on to; "" without any. `allowed` are the networks that may send, `read` the names whose records
    were read; `unclear`: it also has terms that only a message could tell.
    """

    records: int = 0
    lookups: int = 0
    empty: int = 0
    end: str = ""
    faults: list[str] = field(default_factory=list)
    allowed: list[Network] = field(default_factory=list)
    read: list[str] = field(default_factory=list)
    unclear: bool = False
    uses_ptr: bool = False


def follow(domain: str, names: Lookup) -> Followed:
    """Read the domain's record and all it points to, whatever would match first: the most that a receiver may ask.

    Raises FetchError when the DNS does not answer.
    """
    found = Followed()
    records = [text for text in names.texts(domain) if is_spf(text)]
    found.records = len(records)
    if len(records) == 1:
        found.end = _follow(domain, records[0], names, found, within=(domain.lower(),))
    return found


def _follow(domain: str, record: str, names: Lookup, found: Followed, within: tuple[str, ...]) -> str:
    """Follow one record; the sign of its `all`."""
    found.read.append(domain)
    terms = read_spf(record)
    if isinstance(terms, str):
        found.faults.append(f"{domain}: {terms}")
        return ""
    end = next((term.sign for term in terms if term.name == "all"), "")
    for term in terms:
        if term.name in _ASKING and not (term.name == "redirect" and end):
            found.lookups += 1
            if found.lookups > _STOP_AFTER:
                break
            end = _asked(term, domain, names, found, within) or end
        elif term.name in ("ip4", "ip6") and term.sign == "+" and (block := network(term.name, term.value)):
            found.allowed.append(block)
    return end


def _asked(term: Term, domain: str, names: Lookup, found: Followed, within: tuple[str, ...]) -> str:
    """What one term that asks the DNS brings; the sign of `all` where it passes on to another record."""
    found.uses_ptr |= term.name == "ptr"
    if "%" in term.value or term.name in ("ptr", "exists"):
        found.unclear = True
    elif term.name in ("a", "mx"):
        _hosts(term, domain, names, found)
    else:
        end = _other_record(term, names, found, within)
        return end if term.name == "redirect" else ""
    return ""


def _other_record(term: Term, names: Lookup, found: Followed, within: tuple[str, ...]) -> str:
    """The record that an include or a redirect points to: there must be exactly one (RFC 7208, section 5.2)."""
    other = term.value.rstrip(".")
    if other.lower() in within:
        found.faults.append(f"{other}: its record points back to itself")
        return ""
    records = [text for text in names.texts(other) if is_spf(text)]
    if len(records) != 1:
        found.empty += not records
        found.faults.append(f"{other}: {'has no SPF record' if not records else 'has more than one SPF record'}")
        return ""
    before = len(found.allowed)
    end = _follow(other, records[0], names, found, (*within, other.lower()))
    if term.sign in ("-", "~", "?"):
        del found.allowed[before:]
    return end


def _hosts(term: Term, domain: str, names: Lookup, found: Followed) -> None:
    """The networks of the hosts that `a` or `mx` means."""
    parts = _MASKS.fullmatch(term.value)
    name = (parts[1] if parts else "") or domain
    hosts = names.exchangers(name) if term.name == "mx" else [name]
    if len(hosts) > _MOST_HOSTS:
        found.faults.append(f"{name}: {len(hosts)} hosts take its mail, and SPF looks at {_MOST_HOSTS} at most")
    addresses = [address for host in hosts[:_MOST_HOSTS] if host for address in names.addresses(host)]
    found.empty += not addresses
    if term.sign == "+":
        masks = (int(parts[2] or 32), int(parts[3] or 128)) if parts else (32, 128)
        found.allowed += [_around(address, masks) for address in addresses]


def _around(address: IpAddress, masks: tuple[int, int]) -> Network:
    length = min(masks[0], 32) if address.version == 4 else min(masks[1], 128)
    return ipaddress.ip_network((address, length), strict=False)


def judge_spf(domain: str, found: Followed, relay: str | None, addresses: Collection[IpAddress]) -> Result:
    """`relay` is the host that takes our mail, `addresses` are those it has in public; none where that is unknown."""
    if has_own_return_path(relay):
        mend = f"{relay} puts a return path of its own on your mail; publish the SPF record that its console shows"
        return unknown("spf", domain, f"{mend}, and look for spf=pass in a test message")
    if found.records == 0:
        record = f"v=spf1 include:{_provider(relay)} -all" if _provider(relay) else "v=spf1 … -all"
        return error("spf", domain, f'there is no SPF record; publish one TXT record like "{record}" (docs/relays.md)')
    if found.records > 1:
        mend = f"there are {found.records} SPF records, so none counts; put what they say into one"
        return error("spf", domain, mend)
    if found.faults:
        return error(
            "spf", domain, f"the SPF record counts for nothing: {'; '.join(found.faults[:3])}; mend or drop it"
        )
    if found.lookups > MOST_LOOKUPS:
        number = f"more than {_STOP_AFTER}" if found.lookups > _STOP_AFTER else str(found.lookups)
        mend = f"the SPF record makes receivers ask {number} times, and they give up after {MOST_LOOKUPS}"
        return error("spf", domain, f"{mend}; take out includes that you do not need, or name networks instead")
    return _judged_end(domain, found) or _judged_names(domain, found, relay, addresses)


def _judged_end(domain: str, found: Followed) -> Result | None:
    """How the record ends, and what of it wears thin."""
    if found.end == "+":
        return error("spf", domain, 'the SPF record ends in "+all": anyone may send in your name; end it in "-all"')
    if found.end not in ("-", "~"):
        mend = f'the SPF record {"ends in ?all" if found.end else "has no end"}, so it forbids nobody; end it in "-all"'
        return warning("spf", domain, mend)
    if found.empty > MOST_EMPTY:
        mend = f"{found.empty} names in the SPF record lead nowhere, and some receivers give up after {MOST_EMPTY}"
        return warning("spf", domain, f"{mend}; take them out")
    if found.uses_ptr:
        return warning(
            "spf", domain, 'the SPF record uses "ptr", which many receivers leave out; name networks instead'
        )
    return None


def _judged_names(domain: str, found: Followed, relay: str | None, addresses: Collection[IpAddress]) -> Result:
    """Whether the record names the relay: by one of its addresses, or by what its provider is known by."""
    told = f"one SPF record, {found.lookups} of {MOST_LOOKUPS} look-ups, ends in {found.end}all"
    provider = _provider(relay)
    if provider:
        if any(name.lower() == provider for name in found.read):
            return ok("spf", domain, f"{told}, includes {provider}")
        mend = f'{told}, but does not name {relay}: add "include:{provider}", unless your provider says otherwise'
        return warning("spf", domain, mend)
    if any(_holds(found.allowed, address) for address in addresses):
        return ok("spf", domain, f"{told}, names the relay {relay}")
    if addresses and not found.unclear:
        mend = f"{told}, but names none of the addresses of {relay}; add them, unless the relay sends from others"
        return warning("spf", domain, mend)
    mend = f"{told}; whether it names the addresses that your mail leaves from cannot be told from here"
    return unknown("spf", domain, f"{mend}: compare them by hand")


def has_own_return_path(relay: str | None) -> bool:
    """Whether receivers see another return path than the one that this relay was given."""
    return f".{(relay or '').lower().rstrip('.')}".endswith(_OWN_RETURN_PATHS)


def _holds(allowed: Sequence[Network], address: IpAddress) -> bool:
    return any(address.version == network.version and address in network for network in allowed)


def _provider(relay: str | None) -> str | None:
    host = f".{(relay or '').lower().rstrip('.')}"
    return next((name for ending, name in _PROVIDERS.items() if host.endswith(ending)), None)
