"""Fetches content from addresses that came from outside, safely and politely.

    check the address | ask its robots.txt | wait | resolve, check, connect | read within limits -> Reply

In: an address. Out: a Reply, whatever its status (304 and 429 are answers too); FetchError where there is none, NotNow
where the host asked for a pause, NotWelcome where its robots.txt says no. Redirects are followed by hand, so that each
step is looked at before it is taken. There are no cookies, no proxies of the environment and no passwords here; what
the body means is left to publisher.sources.
"""

import ssl
import threading
import time
import zlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from types import TracebackType

import httpcore
import httpx

from publisher import __version__
from publisher.addresses import Allowed
from publisher.errors import FetchError, NotNow, NotWelcome
from publisher.fetching import robots as rules
from publisher.fetching.manners import Manners
from publisher.fetching.packing import ACCEPTED, unpacked
from publisher.fetching.reply import Reply, Validators, why
from publisher.fetching.urls import Origin, origin_of, redirected, shown, web_address
from publisher.fetching.wire import Question, Resolver, Wire, resolve

SECONDS = 30.0
MOST_BYTES = 10_000_000
REDIRECTS = 3

_MOST_HEADER_BYTES = 64 * 1024
_MOST_WIRE_BYTES = 2 * MOST_BYTES
_REDIRECTED = (301, 302, 303, 307, 308)
_ROBOTS_REDIRECTS = 5  # RFC 9309, 2.3.1.2
_ROBOTS_SECONDS = 24 * 60 * 60.0  # RFC 9309, 2.4
_ROBOTS_AWAY_SECONDS = 60 * 60.0
_TROUBLES = (httpcore.TimeoutException, httpcore.NetworkError, httpcore.ProtocolError, OSError, ValueError, zlib.error)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Wish:
    """What one call asks for, the same at each redirect. `extra` goes to the first address's own server alone."""

    headers: Mapping[str, str]
    extra: Mapping[str, str]
    obeys: bool = True
    redirects: int = REDIRECTS
    most: int = MOST_BYTES
    cut: bool = False


class ContentFetcher:
    """Asks for content; one for a run. Close it, or use it in a `with`. Threads that share one take turns.

    `contact` is the site's own address, for whoever reads the server's log. `allowed` lists what may be asked of an
    intranet (see Allowed.of). `pause` is the least number of seconds between two questions to one host; 0 for servers
    that are one's own. `trusted` replaces the certificates that httpx trusts, or those of SSL_CERT_FILE.
    """

    def __init__(
        self,
        *,
        contact: str,
        allowed: Iterable[str] = (),
        pause: float = 1.0,
        seconds: float = SECONDS,
        trusted: ssl.SSLContext | None = None,
        resolver: Resolver = resolve,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._agent = f"{rules.AGENT}/{__version__} (+{httpx.URL(contact)})"
        self._seconds, self._clock = seconds, clock
        self._wire = Wire(Allowed.of(allowed), resolver)
        self._pool = httpcore.ConnectionPool(
            ssl_context=trusted or httpx.create_ssl_context(), keepalive_expiry=5, network_backend=self._wire
        )
        self._manners = Manners(pause=pause, clock=clock, sleep=sleep, now=now)
        self._robots: dict[Origin, tuple[float, rules.Robots | str | None]] = {}
        self._turn = threading.Lock()

    def __enter__(self) -> "ContentFetcher":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        self._pool.close()

    def get(
        self,
        url: str,
        *,
        etag: str | None = None,
        last_modified: str | None = None,
        accept: str = "*/*",
        headers: Mapping[str, str] | None = None,
        robots: bool = True,
    ) -> Reply:
        """Ask for a page. With `etag` and `last_modified` of an earlier answer, a status of 304 says it is unchanged.

        `robots=False` is for what the administrator named by hand, a feed or a WordPress API: nobody crawls there.
        `headers` go to this server only, not to one that it redirects to. Limits: 5 seconds to connect, 30 for the
        whole answer with its redirects, without the pauses between them; 10 MB unpacked; 3 redirects.
        Raises FetchError, NotNow, NotWelcome.
        """
        known = Validators(etag=etag, last_modified=last_modified).as_headers()
        wish = _Wish(headers={"Accept": accept, **known}, extra=dict(headers or {}), obeys=robots)
        with self._turn:
            reply = self._follow(web_address(url), wish)
        if reply.status == 304 and not known:
            raise FetchError(
                f'{reply.url}: the server says "unchanged" to a first question; tell whoever runs the server'
            )
        return reply

    def _follow(self, address: httpx.URL, wish: _Wish) -> Reply:
        first, seen = origin_of(address), {address}
        question = Question(seconds=self._seconds)
        for _ in range(wish.redirects + 1):
            if wish.obeys:
                self._is_welcome(address)
            own = wish.extra if origin_of(address) == first else {}
            reply = self._ask(question, address, {**wish.headers, **own}, wish)
            target = reply.headers.get("location")
            if reply.status not in _REDIRECTED or not target:
                return reply
            address = redirected(address, target)
            if address in seen:
                raise FetchError(f"{shown(address)}: it redirects in a circle; check the address in a browser")
            seen.add(address)
        raise FetchError(
            f"{shown(address)}: not asked, after {wish.redirects} redirects already; use the address they end at"
        )

    def _is_welcome(self, address: httpx.URL) -> None:
        """Raises NotWelcome where the site's robots.txt says no, or cannot be read just now (RFC 9309, 2.3.1.4); what
        went wrong, where there was no answer at all. Each is remembered, so that not every page asks again."""
        origin, moment = origin_of(address), self._clock()
        kept_until, known = self._robots.get(origin, (moment, ""))
        if kept_until <= moment:
            known = self._ask_robots(address)
            lasts = _ROBOTS_SECONDS if isinstance(known, rules.Robots) else _ROBOTS_AWAY_SECONDS
            self._robots[origin] = moment + lasts, known
        if isinstance(known, str):
            raise FetchError(known)
        if known is None:
            raise NotWelcome(
                f"{shown(address)}: not asked, because the robots.txt of {address.host} cannot be read just now; "
                "try again later",
                for_now=True,
            )
        if known.delay is not None:
            self._manners.slow_down(address.host, known.delay)
        if not known.allows(address.raw_path.decode("ascii")):
            raise NotWelcome(
                f"{shown(address)}: not asked, because the robots.txt of {address.host} asks programs to stay away; "
                f"ask its webmaster to allow {rules.AGENT} there"
            )

    def _ask_robots(self, address: httpx.URL) -> rules.Robots | str | None:
        """The site's rules; why there is no answer; None where the answer is that it has trouble."""
        place = address.copy_with(raw_path=b"/robots.txt")
        wish = _Wish(
            headers={"Accept": "text/plain"},
            extra={},
            obeys=False,
            redirects=_ROBOTS_REDIRECTS,
            most=rules.MOST_BYTES + 1,
            cut=True,
        )
        try:
            reply = self._follow(place, wish)
        except NotNow:
            raise
        except FetchError as exc:
            return str(exc)
        if 200 <= reply.status < 300:
            return rules.read_robots(reply.body)
        # 429 is no word on robots.txt but a plea to be left alone, like 5xx.
        return None if reply.status >= 500 or reply.status == 429 else rules.EVERYTHING

    def _ask(self, question: Question, address: httpx.URL, headers: Mapping[str, str], wish: _Wish) -> Reply:
        """One step, no redirect."""
        url, host = shown(address), address.host
        self._manners.wait(url, host)
        question.begin(url)
        self._wire.question = question
        ours = {"Host": address.netloc.decode("ascii"), "User-Agent": self._agent, "Accept-Encoding": ACCEPTED}
        sent = [(name.encode("ascii"), value.encode("latin-1")) for name, value in {**headers, **ours}.items()]
        try:
            try:
                reply = self._exchange(question, address, sent, wish)
            except (httpcore.NetworkError, httpcore.RemoteProtocolError):
                if not question.met_a_closed_connection:
                    raise
                reply = self._exchange(question, address, sent, wish)
        except _TROUBLES as exc:
            raise _trouble(question, exc) from exc
        finally:
            question.end()
            self._manners.asked(host)
        self._manners.heard(host, reply.status, reply.headers)
        return reply

    def _exchange(
        self, question: Question, address: httpx.URL, headers: list[tuple[bytes, bytes]], wish: _Wish
    ) -> Reply:
        """One question and its answer on one connection. Raises what httpcore raises, and FetchError."""
        target = httpcore.URL(
            scheme=address.raw_scheme, host=address.raw_host, port=address.port, target=address.raw_path
        )
        with self._pool.stream("GET", target, headers=headers) as response:
            question.begin_body(_MOST_WIRE_BYTES)
            known = _headers(question.url, response.headers)
            packing = known.get("content-encoding", "")
            body = unpacked(question.url, response.iter_stream(), packing, wish.most, cut=wish.cut)
            return Reply(url=str(address), status=response.status, headers=known, body=body)


def _headers(url: str, raw: Iterable[tuple[bytes, bytes]]) -> dict[str, str]:
    """By names in small letters; of a name that comes twice, the values in a row (RFC 9110, 5.3)."""
    known: dict[str, str] = {}
    size = 0
    for name, value in raw:
        size += len(name) + len(value)
        key, text = name.decode("latin-1").lower(), value.decode("latin-1")
        known[key] = f"{known[key]}, {text}" if key in known else text
    if size > _MOST_HEADER_BYTES:
        raise FetchError(f"{url}: the answer's header is longer than 64 KB; tell whoever runs the server")
    return known


def _trouble(question: Question, exc: Exception) -> FetchError:
    if question.is_late or isinstance(exc, httpcore.ReadTimeout | httpcore.WriteTimeout):
        return question.late()
    said = str(exc)
    if isinstance(exc, zlib.error):
        reason = "what it sent cannot be unpacked"
    elif "Receive buffer too long" in said:
        reason = "the answer's header has no end"
    elif isinstance(exc, httpcore.TimeoutException):
        reason = "it did not answer a connection in time"
    else:
        reason = why(exc)
    return FetchError(f"{question.url}: no answer ({reason}); check the address, then try again")
