"""Which addresses may be asked for content: the open internet, and what the administrator lists of an intranet.

In: a host's name, a port and every address that the name leads to. Out: None, or a phrase saying why not. Looking up
the name is left to wire.py, which connects to nothing that was not judged here: `2130706433`, `0x7f.1` and `127.1` are
names like any other until the machine has turned them into 127.0.0.1.

The tables are ours and not Python's: `is_global` says yes to multicast, to the tunnels and translators that end in a
private network (6to4, NAT64, IPv4-compatible), and to blocks registered after its release. Of IPv6 only what is
given out to the internet passes (2000::/3, RFC 4291), less its special blocks.
Source: IANA's special-purpose address registries, as of October 2025.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import TypeAlias

from publisher.errors import ConfigError

Number: TypeAlias = IPv4Address | IPv6Address
Network: TypeAlias = IPv4Network | IPv6Network

WEB_PORTS = (80, 443)

_INNER_4 = tuple(
    map(
        IPv4Network,
        (
            "0.0.0.0/8",  # "this network": 0.0.0.0 reaches the machine itself
            "10.0.0.0/8",
            "100.64.0.0/10",  # shared by carriers; a cloud keeps its metadata there
            "127.0.0.0/8",
            "168.63.129.16/32",  # public by its number, but inside a cloud the door to the machine's own host
            "169.254.0.0/16",  # link-local; clouds keep their metadata there
            "172.16.0.0/12",
            "192.0.0.0/24",
            "192.0.2.0/24",
            "192.88.99.0/24",  # relays of 6to4, given up (RFC 7526)
            "192.168.0.0/16",
            "198.18.0.0/15",
            "198.51.100.0/24",
            "203.0.113.0/24",
            "224.0.0.0/4",
            "240.0.0.0/4",
        ),
    )
)
_OPEN_6 = IPv6Network("2000::/3")
_INNER_6 = tuple(
    map(
        IPv6Network,
        (
            "2001::/23",  # protocol assignments, Teredo among them
            "2001:db8::/32",
            "3fff::/20",
        ),
    )
)
_TRANSLATED = IPv6Network("64:ff9b::/96")


@dataclass(frozen=True, slots=True, kw_only=True)
class Allowed:
    """What may be asked though it lies inside, or on another port than 80 and 443. A port of None stands for these."""

    names: frozenset[tuple[str, int | None]] = frozenset()
    networks: frozenset[tuple[Network, int | None]] = frozenset()

    @classmethod
    def of(cls, entries: Iterable[str]) -> "Allowed":
        """Read what the administrator lists: names, addresses and networks, each with a port or without.

        As "intranet.example", "intranet.example:8080", "10.1.0.0/16", "127.0.0.1:8000", "[fd00::1]:8080". A name that
        is listed may lead anywhere. Raises ConfigError for what is none of these.
        """
        names: set[tuple[str, int | None]] = set()
        networks: set[tuple[Network, int | None]] = set()
        for entry in entries:
            place, port = _split(entry)
            if (network := _network(place)) is not None:
                networks.add((network, port))
            elif _NAME.fullmatch(name := _ascii(place)) and not _NUMERIC.fullmatch(name):
                names.add((name, port))
            else:
                raise ConfigError(
                    f'"{entry}" is no host that can be allowed; write it as intranet.example:8080 or 10.1.0.0/16'
                )
        return cls(names=frozenset(names), networks=frozenset(networks))

    def has(self, host: str, port: int, number: Number) -> bool:
        ports = (port, None) if port in WEB_PORTS else (port,)
        return any((host.lower(), listed) in self.names for listed in ports) or any(
            listed in ports and number.version == network.version and number in network
            for network, listed in self.networks
        )


_NAME = re.compile(r"(?=.{1,253}$)[a-z0-9_](?:[a-z0-9_-]*[a-z0-9_])?(?:\.[a-z0-9_](?:[a-z0-9_-]*[a-z0-9_])?)*")
_NUMERIC = re.compile(r"(?:.*\.)?(?:[0-9]+|0x[0-9a-f]*)")  # the machine reads these as addresses, so they are no names
_PORT = re.compile(r"\[?(?P<place>[^\[\]]+?)\]?:(?P<port>[0-9]{1,5})")


def _split(entry: str) -> tuple[str, int | None]:
    """Place and port. An IPv6 address has colons of its own and stands in brackets where a port follows."""
    entry = entry.strip()
    found = _PORT.fullmatch(entry)
    if found and 0 < int(found["port"]) < 65536 and (entry.startswith("[") or entry.count(":") == 1):
        return found["place"], int(found["port"])
    return entry.removeprefix("[").removesuffix("]"), None


def _network(place: str) -> Network | None:
    try:
        return ip_network(place)
    except ValueError:
        return None


def _ascii(name: str) -> str:
    """A name as it is asked for: in ASCII and small letters, without the dot at its end."""
    try:
        return name.rstrip(".").encode("idna").decode().lower()
    except UnicodeError:
        return ""


def refusal(host: str, port: int, numbers: Sequence[str], allowed: Allowed) -> str | None:
    """Why a host is not asked; None where it may be. `numbers` are all the addresses its name leads to, as text.

    One inner address among them closes the host: which of several is connected to is nobody's choice.
    """
    if not numbers:
        return "there is no such host"
    for text in numbers:
        number = _number(text)
        if number is None:
            return f'its name leads to "{text[:60]}", which is no address'
        if allowed.has(host, port, number):
            continue
        if not is_open(number):
            return f"it leads to {number}, inside a private network"
        if port not in WEB_PORTS:
            return f"port {port} is not one of the web's"
    return None


def _number(text: str) -> Number | None:
    """The address meant: without the name of a network card, and IPv4 where the machine will speak IPv4."""
    try:
        number = ip_address(text.partition("%")[0])
    except ValueError:
        return None
    return (isinstance(number, IPv6Address) and number.ipv4_mapped) or number


def is_open(number: Number) -> bool:
    """Does this address lie on the open internet, wherever it is wrapped in?"""
    if isinstance(number, IPv4Address):
        return not any(number in network for network in _INNER_4)
    within = number.ipv4_mapped or number.sixtofour or _behind_translator(number)
    if within is not None:
        return is_open(within)
    return number in _OPEN_6 and not any(number in network for network in _INNER_6)


def _behind_translator(number: IPv6Address) -> IPv4Address | None:
    """Networks that speak only IPv6 reach the IPv4 internet by this prefix (RFC 6052), so what is in it counts."""
    return IPv4Address(int(number) & 0xFFFFFFFF) if number in _TRANSLATED else None
