"""Asks the pages that an issue's links lead to whether they are still there: only when somebody wants to know.

In: addresses. Out: findings. Each page is asked once, with HEAD, and with GET where that is refused; no page is read.
Nothing within the house's own network is asked, also when a page outside sends us there, or when a name outside means
a machine inside: what stands in an article must not make this machine knock at others.
"""

import re
import socket
import time
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Literal, TypeAlias
from urllib.parse import urldefrag, urljoin, urlsplit

from publisher.addresses import is_open
from publisher.digest.check.delivery import (
    LINK_DEAD,
    LINK_GUARDED,
    LINK_UNSURE,
    LINKS_UNASKED,
    is_private,
)
from publisher.errors import FetchError
from publisher.fetching import Fetcher, Reply
from publisher.records import Finding

MOST_LINKS = 200
MOST_SECONDS = 120.0
_REDIRECTS = 5
_GONE = (404, 410)
_GUARDED = (401, 403, 407, 429, 451, 999)

# Names for examples (RFC 2606, RFC 6761): there is nothing to be asked.
_EXAMPLE = re.compile(r"(?:.*\.)?(?:example(?:\.(?:com|net|org))?|test|invalid)", re.IGNORECASE)

State: TypeAlias = Literal["good", "gone", "guarded", "unsure", "no-host", "private"]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Answer:
    state: State
    why: str = ""


def dead_links(
    fetcher: Fetcher,
    urls: Iterable[str],
    *,
    progress: Callable[[int, int], None] = lambda done, of: None,
    allowed: Collection[str] = (),
    seconds: float = MOST_SECONDS,
    clock: Callable[[], float] = time.monotonic,
) -> list[Finding]:
    """What is wrong with the pages at these addresses; of the first 200 distinct ones, for as long as `seconds`.

    `progress` is told (done, of) after each. `allowed` are hosts that may be asked though they are private.
    """
    pages = list(dict.fromkeys(url for url in map(_page, urls) if url and _may_be_asked(url, allowed)))
    asked, ends = pages[:MOST_LINKS], clock() + seconds
    answers: dict[str, _Answer] = {}
    for number, url in enumerate(asked, start=1):
        if clock() >= ends:
            break
        answers[url] = _ask(fetcher, url, allowed)
        progress(number, len(asked))
    found = [finding for url, answer in answers.items() if (finding := _finding(url, answer, answers))]
    return found + ([_unasked(len(pages) - len(answers))] if len(answers) < len(pages) else [])


def _page(url: str) -> str | None:
    """The address without the place in the page; None for what is no web address."""
    try:
        page = urldefrag(url.strip()).url
        return page if urlsplit(page).scheme.lower() in ("http", "https") and urlsplit(page).hostname else None
    except ValueError:
        return None


def _may_be_asked(url: str, allowed: Collection[str]) -> bool:
    host = urlsplit(url).hostname or ""
    return host in allowed or not (is_private(host) or _EXAMPLE.fullmatch(host.rstrip(".")))


def _ask(fetcher: Fetcher, url: str, allowed: Collection[str]) -> _Answer:
    """Follows redirects by hand: each step is looked at before it is taken."""
    for step in range(_REDIRECTS + 1):
        if (page := _page(url)) is None or not _may_be_asked(page, allowed):
            return _Answer(state="unsure" if step else "private", why="it sends readers on to where nobody can go")
        if (closed := _closed(urlsplit(page).hostname or "", allowed)) is not None:
            return closed
        try:
            reply = _reply(fetcher, page)
        except FetchError as exc:
            return _Answer(state="unsure", why=str(exc).removeprefix(f"{page}: ").partition(";")[0])
        target = reply.headers.get("location")
        if not 300 <= reply.status < 400 or target is None:
            return _judged(reply.status)
        try:
            url = urljoin(page, target)
        except ValueError:
            return _Answer(state="unsure", why="it sends readers on to an address that is none")
    return _Answer(state="unsure", why=f"it sends readers on more than {_REDIRECTS} times")


def _closed(host: str, allowed: Collection[str]) -> _Answer | None:
    """Why a host by that name is not asked; None where it may be."""
    if host in allowed:
        return None
    try:
        known = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except socket.gaierror as exc:
        gone = exc.errno == socket.EAI_NONAME
        why = "there is no host of that name" if gone else "its name could not be looked up"
        return _Answer(state="no-host" if gone else "unsure", why=why)
    except (UnicodeError, OSError):
        return _Answer(state="unsure", why="its name could not be looked up")
    numbers = (ip_address(str(address[0]).partition("%")[0]) for *_, address in known)
    return _Answer(state="private") if any(not is_open(number) for number in numbers) else None


def _reply(fetcher: Fetcher, url: str) -> Reply:
    """Many servers refuse HEAD, or answer it wrongly; what they say to GET counts."""
    reply = fetcher.look(url, "HEAD")
    return fetcher.look(url, "GET") if reply.status >= 400 and reply.status != 429 else reply


def _judged(status: int) -> _Answer:
    if status in _GONE:
        return _Answer(state="gone", why=f"the page is gone ({status})")
    if status in _GUARDED:
        return _Answer(state="guarded", why=f"it turns programs away ({status})")
    return _Answer(state="good") if status < 400 else _Answer(state="unsure", why=f"it answers with {status}")


def _finding(url: str, answer: _Answer, answers: dict[str, _Answer]) -> Finding | None:
    place = url if len(url) <= 100 else url[:99] + "…"
    # Where no page outside answers at all, it is more likely this machine that knows no names than all of the links.
    outside_answers = any(other.state in ("good", "gone", "guarded") for other in answers.values())
    if answer.state == "gone" or (answer.state == "no-host" and outside_answers):
        return LINK_DEAD.found(place, f"{answer.why}; link to another page, or take the link out")
    if answer.state in ("unsure", "no-host"):
        return LINK_UNSURE.found(place, f"{answer.why}; open it yourself, and ask again later")
    if answer.state == "guarded":
        return LINK_GUARDED.found(place, f"{answer.why}; open it yourself once")
    return None


def _unasked(count: int) -> Finding:
    what = "1 link was not asked" if count == 1 else f"{count} links were not asked"
    return LINKS_UNASKED.found("links", f"{what}; ask again, or open them yourself")
