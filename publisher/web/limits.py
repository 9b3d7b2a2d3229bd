"""How often one client may send the form. Nothing is written down: who asked is forgotten when the program stops.

In: where a request comes from, and the moment. Out: how long to wait, if at all.
"""

from collections import OrderedDict, deque
from datetime import datetime, timedelta
from ipaddress import IPv4Address, ip_address
from threading import Lock

_WINDOW = timedelta(hours=1)
_MOST_CLIENTS = 10_000


class Limits:
    """At most `most` forms of one client within any hour. Of more clients than we care to know, those that were seen
    last the longest ago are forgotten; the limit for all together, which the database counts, holds all the same."""

    def __init__(self, most: int, most_clients: int = _MOST_CLIENTS) -> None:
        self._most, self._most_clients = most, most_clients
        self._seen: OrderedDict[str, deque[datetime]] = OrderedDict()
        self._lock = Lock()

    def __len__(self) -> int:
        return len(self._seen)

    def take(self, client: str, now: datetime) -> timedelta | None:
        """Count one form of this client; or the time to wait, if there were too many already."""
        with self._lock:
            times = self._seen.setdefault(client, deque())
            self._seen.move_to_end(client)
            if len(self._seen) > self._most_clients:
                self._seen.popitem(last=False)
            while times and times[0] <= now - _WINDOW:
                times.popleft()
            if len(times) >= self._most:
                return times[0] + _WINDOW - now
            times.append(now)
            return None


def client_of(host: str | None) -> str:
    """Who counts as one client: an IPv4 address, or the /64 that one household or office has of IPv6.

    Whatever is no address, and only a proxy could have said, is one client together.
    """
    try:
        address = ip_address((host or "").partition("%")[0])
    except ValueError:
        return "unknown"
    if isinstance(address, IPv4Address):
        return str(address)
    return str(address.ipv4_mapped) if address.ipv4_mapped else address.packed[:8].hex()
