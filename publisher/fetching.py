"""Asks other servers over HTTP, with limits on everything; the only httpx import.

In: an address. Out: a Reply, whatever its status; FetchError only where there is none. Redirects are followed a few
times, a body is read up to a limit, and nothing that comes back is run or trusted.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import httpx

from publisher import __version__
from publisher.errors import FetchError

_MOST_BYTES = 30 * 1024 * 1024
_REDIRECTS = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What a server answered. `url` is where it came from after redirects; header names are in small letters."""

    url: str
    status: int
    headers: Mapping[str, str]
    body: bytes


class Fetcher:
    """Connections to other servers, kept open between questions. Close it, or use it in a `with`."""

    def __init__(self, *, seconds: float = 10) -> None:
        self._client = httpx.Client(
            timeout=seconds,
            follow_redirects=True,
            max_redirects=_REDIRECTS,
            headers={"User-Agent": f"Publisher/{__version__}"},
        )

    def __enter__(self) -> "Fetcher":
        return self

    def __exit__(self, *_: object) -> None:
        self._client.close()

    def get(self, url: str, headers: Mapping[str, str] | None = None) -> Reply:
        """Raises FetchError when no answer comes, or it is longer than 30 MB."""
        return self._ask("GET", url, headers=headers)

    def post(self, url: str, form: Mapping[str, str]) -> Reply:
        """Send a form. Raises FetchError when no answer comes."""
        return self._ask("POST", url, form=form)

    def _ask(
        self, method: str, url: str, *, headers: Mapping[str, str] | None = None, form: Mapping[str, str] | None = None
    ) -> Reply:
        try:
            with self._client.stream(method, url, headers=headers, data=form) as response:
                body = bytearray()
                for piece in response.iter_bytes():
                    body += piece
                    if len(body) > _MOST_BYTES:
                        raise FetchError(f"{url}: the answer is longer than {_MOST_BYTES // 1024 // 1024} MB")
                known = {name.lower(): value for name, value in response.headers.items()}
                return Reply(url=str(response.url), status=response.status_code, headers=known, body=bytes(body))
        except (httpx.HTTPError, httpx.InvalidURL, UnicodeError) as exc:
            raise FetchError(
                f"{url}: no answer ({exc or type(exc).__name__}); check the address, then try again"
            ) from exc
