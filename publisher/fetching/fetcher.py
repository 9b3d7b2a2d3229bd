"""Asks the servers that the configuration names or the site links to: hubs, webhooks, links to be checked.

In: an address. Out: a Reply, whatever its status; FetchError only where there is none. Redirects are followed a few
times and a body is read up to a limit. Whoever calls says whether an address may be asked at all; content, whose
addresses come from outside, is fetched by ContentFetcher.
"""

import socket
import threading
import zlib
from collections.abc import Mapping
from contextlib import suppress
from typing import Any, Literal

import httpx

from publisher import __version__
from publisher.errors import FetchError
from publisher.fetching.reply import Reply, why

_MOST_BYTES = 30 * 1024 * 1024
_REDIRECTS = 5


class Fetcher:
    """Connections to other servers, kept open between questions. Close it, or use it in a `with`.

    `seconds` is for a whole answer, from the question to its last byte: a server that sends a byte now and then would
    pass any limit on single steps.
    """

    def __init__(self, *, seconds: float = 20) -> None:
        self._seconds = seconds
        self._open: list[socket.socket] = []
        self._client = httpx.Client(
            timeout=seconds,
            follow_redirects=True,
            max_redirects=_REDIRECTS,
            headers={"User-Agent": f"Publisher/{__version__}", "Accept-Encoding": "gzip"},
        )

    def __enter__(self) -> "Fetcher":
        return self

    def __exit__(self, *_: object) -> None:
        self._client.close()

    def get(self, url: str, headers: Mapping[str, str] | None = None) -> Reply:
        """Raises FetchError when no answer comes in time, or it is longer than 30 MB."""
        return self._ask("GET", url, headers=headers)

    def post(self, url: str, form: Mapping[str, str]) -> Reply:
        """Send a form. Raises FetchError when no answer comes in time."""
        return self._ask("POST", url, form=form)

    def look(self, url: str, method: Literal["HEAD", "GET"] = "HEAD") -> Reply:
        """Status and headers alone: no body is read, no redirect followed. Raises FetchError when no answer comes."""
        return self._ask(method, url, head_only=True)

    def _ask(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        form: Mapping[str, str] | None = None,
        head_only: bool = False,
    ) -> Reply:
        late = threading.Event()
        hang_up = threading.Timer(self._seconds, self._hang_up, [late])
        hang_up.start()
        try:
            # A form is sent once: a redirect would turn it into a question, whose answer says nothing of the form.
            redirects, trace = form is None and not head_only, {"trace": self._connected}
            with self._client.stream(
                method, url, headers=headers, data=form, follow_redirects=redirects, extensions=trace
            ) as response:
                body = b"" if head_only else _body(url, response, late)
                known = {name.lower(): value for name, value in response.headers.items()}
                return Reply(url=str(response.url), status=response.status_code, headers=known, body=body)
        except (httpx.HTTPError, httpx.InvalidURL, UnicodeError, zlib.error) as exc:
            reason = f"it was not whole after {self._seconds:g} seconds" if late.is_set() else why(exc)
            raise FetchError(f"{url}: no answer ({reason}); check the address, then try again") from exc
        finally:
            hang_up.cancel()

    def _connected(self, event: str, info: Mapping[str, Any]) -> None:
        """Told of every step of the connection below; learns the sockets, which httpx keeps to itself."""
        if event in ("connection.connect_tcp.complete", "connection.start_tls.complete"):
            self._open.append(info["return_value"].get_extra_info("socket"))

    def _hang_up(self, late: threading.Event) -> None:
        """End whatever is under way: its reading stops at once."""
        late.set()
        for one in tuple(self._open):
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)


def _body(url: str, response: httpx.Response, late: threading.Event) -> bytes:
    """The body, unpacked once at most and never beyond the limit: some kilobytes can be packed from gigabytes."""
    raw = bytearray()
    for piece in response.iter_raw():
        raw += piece
        if late.is_set() or len(raw) > _MOST_BYTES:
            break
    if late.is_set():  # to a reader of a body without a length, hanging up looks like its end
        raise httpx.ReadTimeout("")
    packing = response.headers.get("content-encoding", "identity").strip().lower()
    if packing == "gzip":
        body = zlib.decompressobj(wbits=31).decompress(bytes(raw), _MOST_BYTES + 1)
    elif packing in ("identity", ""):
        body = bytes(raw)
    else:
        raise FetchError(f'{url}: the answer is packed as "{packing[:40]}", which nobody asked for; mend the server')
    if len(body) > _MOST_BYTES:
        raise FetchError(f"{url}: the answer is longer than {_MOST_BYTES // 1024 // 1024} MB; is it a feed?")
    return body
