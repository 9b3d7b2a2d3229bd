"""Reads a web address once, so that what is judged is what is connected to; says it again for people.

In: text from outside, or the target of a redirect. Out: an httpx URL that may be asked, as far as its letters tell;
FetchError for all else. Where its host lies is for addresses.py and wire.py.
"""

import re
from typing import TypeAlias

import httpx

from publisher.errors import FetchError

_LONGEST = 8000

Origin: TypeAlias = tuple[str, str, int]
"""Scheme, host and port: what one robots.txt speaks for (RFC 6454)."""


def web_address(url: str) -> httpx.URL:
    """An address that may be asked, read once: what is judged is what is connected to. Raises FetchError."""
    try:
        address = httpx.URL(url.strip())
        address.raw_path.decode("ascii")
    except (httpx.InvalidURL, ValueError) as exc:
        raise FetchError(f"{_quoted(url)} is no web address; check it") from exc
    host = address.host.rstrip(".")
    if address.scheme not in ("http", "https") or not host or host.startswith("."):
        raise FetchError(f"{_quoted(url)} is no web address; one begins with https:// and the name of a host")
    if len(url) > _LONGEST:
        raise FetchError(f"{shown(address)}: the address is longer than {_LONGEST} letters; check it")
    if address.userinfo:
        raise FetchError(f"{shown(address)}: the address has a name or password in it; take it out")
    return address.copy_with(host=host, fragment=None)


def redirected(address: httpx.URL, target: str) -> httpx.URL:
    """Where a redirect leads. Never from https to http: whoever stands on the way could then write what the site
    publishes, though it was asked for at an address whose server must prove its name. Raises FetchError."""
    try:
        joined = str(address.join(target.encode("latin-1").decode("utf-8")))
    except (httpx.InvalidURL, ValueError) as exc:
        raise FetchError(f"{shown(address)}: it redirects to what is no address; tell whoever runs it") from exc
    found = web_address(joined)
    if address.scheme == "https" and found.scheme == "http":
        raise FetchError(
            f"{shown(address)}: it redirects from https to http, where anybody on the way could change what is read; "
            "if that is meant, use the http address itself"
        )
    return found


def origin_of(address: httpx.URL) -> Origin:
    return address.scheme, address.host, address.port or (443 if address.scheme == "https" else 80)


def _quoted(url: str) -> str:
    """Text that is no address, for people to read: on one line, and without a password where one may be."""
    return repr(re.sub(r"//[^/]*@", "//…@", url)[:200])


def shown(address: httpx.URL) -> str:
    """An address for people to read: without what is secret in it, and not pages long."""
    text = str(address.copy_with(userinfo=b"")) if address.userinfo else str(address)
    return text if len(text) <= 200 else text[:199] + "…"
