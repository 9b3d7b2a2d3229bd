"""Asks the DNS, as every receiver of our mail will.

In: a name. Out: its records, none when there are none. A name server that gives no answer, or a broken one, is no
answer to the question: that raises FetchError, and nothing is concluded from it.
"""

import ipaddress
from functools import cached_property
from typing import Protocol, TypeAlias

import dns.exception
import dns.name
import dns.nameserver
import dns.rdata
import dns.resolver
from dns.rdtypes.ANY.MX import MX
from dns.rdtypes.ANY.TXT import TXT
from dns.rdtypes.IN.A import A
from dns.rdtypes.IN.AAAA import AAAA

from publisher.errors import ConfigError, FetchError

IpAddress: TypeAlias = ipaddress.IPv4Address | ipaddress.IPv6Address


class Lookup(Protocol):
    """What the rules ask; a test may answer them from a dictionary."""

    def texts(self, name: str) -> list[str]:
        """The TXT records, the strings of each joined (RFC 7208, section 3.3)."""

    def addresses(self, name: str) -> list[IpAddress]: ...

    def exchangers(self, name: str) -> list[str]:
        """The hosts that take mail for this name, the preferred first; [""] says that none does (RFC 7505)."""


class Names:
    """The DNS, by the name servers of this machine or by the one given as (address, port).

    One question takes at most `seconds`.
    """

    def __init__(self, nameserver: tuple[str, int] | None = None, seconds: float = 5) -> None:
        self._nameserver = nameserver
        self._seconds = seconds

    @cached_property
    def _resolver(self) -> dns.resolver.Resolver:
        try:
            resolver = dns.resolver.Resolver(configure=self._nameserver is None)
        except dns.exception.DNSException as exc:
            raise FetchError("this machine has no name server set; name one with --nameserver") from exc
        if self._nameserver:
            resolver.nameservers = [dns.nameserver.Do53Nameserver(*self._nameserver)]
        return resolver

    def texts(self, name: str) -> list[str]:
        found = [record for record in self._records(name, "TXT") if isinstance(record, TXT)]
        return [b"".join(record.strings).decode("utf-8", "replace") for record in found]

    def addresses(self, name: str) -> list[IpAddress]:
        found = [*self._records(name, "A"), *self._records(name, "AAAA")]
        return [ipaddress.ip_address(record.address) for record in found if isinstance(record, (A, AAAA))]

    def exchangers(self, name: str) -> list[str]:
        found = [record for record in self._records(name, "MX") if isinstance(record, MX)]
        ordered = sorted((record.preference, record.exchange.to_text(omit_final_dot=True)) for record in found)
        return ["" if host == "." else host for _, host in ordered]

    def _records(self, name: str, kind: str) -> list[dns.rdata.Rdata]:
        try:
            return list(
                self._resolver.resolve(
                    f"{name.rstrip('.')}.", kind, raise_on_no_answer=False, lifetime=self._seconds, search=False
                )
            )
        except (dns.resolver.NXDOMAIN, dns.name.LabelTooLong, dns.name.NameTooLong, dns.name.EmptyLabel):
            return []
        except (dns.exception.DNSException, OSError, UnicodeError) as exc:
            raise FetchError(
                f"the name server gave no answer about {name}; try again, or name another with --nameserver"
            ) from exc


def nameserver_at(text: str) -> tuple[str, int]:
    """`ADDRESS[:PORT]`, an IPv6 address with a port in brackets. Raises ConfigError for anything else."""
    host, port = text, "53"
    if text.startswith("["):
        host, _, port = text[1:].partition("]")
        port = port.removeprefix(":") or "53"
    elif text.count(":") == 1:
        host, _, port = text.partition(":")
    try:
        number = int(port) if port.isascii() and port.isdigit() else 0
        if 0 < number < 65536:
            return str(ipaddress.ip_address(host)), number
    except ValueError:
        pass
    raise ConfigError(f'"{text}" is not the address of a name server; write it like 9.9.9.9 or 127.0.0.1:5353')
