"""What a WordPress site answered -> the JSON value meant, or why there is none.

In: status, headers, body. Out: a value of plain lists, dictionaries and texts, or None where none can be found. Sites
print warnings of PHP before their JSON, put a byte order mark there, or answer a page of HTML with status 200.
"""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, TypeAlias
from zoneinfo import ZoneInfo

from publisher.records import Finding
from publisher.sources.findings import finding

_BEGINNING = re.compile(r'\[\s*\{|\[\s*\]|\{\s*"')
_TRIED = 50
"""So many places where JSON might begin are tried: a notice of PHP has a bracket or two, a page of HTML thousands."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a server answered. The names of headers are in small letters."""

    status: int
    headers: Mapping[str, str]
    body: bytes


Ask: TypeAlias = Callable[[str], Answer]
"""Fetches one address, with all its guards. May raise FetchError where no answer comes."""


def value_of(answer: Answer) -> Any:
    """The JSON of the body, whatever stands before and behind it; None where there is none."""
    written = answer.body.decode("utf-8-sig", "replace").strip()
    try:
        return json.loads(written)
    except (ValueError, RecursionError):  # a number of thousands of digits is a ValueError
        return _amid(written)


def _amid(written: str) -> Any:
    decoder = json.JSONDecoder()
    for number, match in enumerate(_BEGINNING.finditer(written)):
        if number == _TRIED:
            break
        try:
            return decoder.raw_decode(written, match.start())[0]
        except (ValueError, RecursionError):
            continue
    return None


def code_of(answer: Answer) -> str:
    """The code of a WordPress error, as `rest_post_invalid_page_number`; nothing where it is none."""
    value = value_of(answer) if answer.status >= 400 else None
    return text_of(value.get("code")) if isinstance(value, dict) else ""


def refused(answer: Answer, place: str, feed: str) -> Finding:
    """Why this answer is no list of posts, and what to do."""
    status = answer.status
    if status in (429, 503):
        wait = answer.headers.get("retry-after", "")
        later = f" in {wait} seconds" if wait.isdigit() and len(wait) < 8 else " later"
        return finding("site-busy", "warning", place, f"the site asks to be left alone ({status}); try again{later}")
    if status >= 500:
        return finding("site-error", "error", place, f"the site fails at this ({status}); tell those who run it")
    if status in (401, 403, 404, 405, 410):
        mend = f"the site does not open its REST API ({status}); collect its feed instead: {feed}"
        return finding("rest-closed", "error", place, mend)
    if status >= 400:
        return finding(
            "rest-refused", "error", place, f"the site refuses this question ({status}); collect {feed} instead"
        )
    what = "a page of HTML" if answer.body.lstrip()[:1] == b"<" else "something else"
    mend = f"the site answers {what} where its posts should be; look at it in a browser, or collect its feed: {feed}"
    return finding("not-json", "error", place, mend)


def text_of(value: Any) -> str:
    """A text, or the `rendered` or `raw` one of a field that has them; nothing for whatever else stands there."""
    if isinstance(value, dict):
        value = value.get("rendered", value.get("raw"))
    return value if isinstance(value, str) else ""


def number_of(value: Any) -> int:
    """A positive number of at most 18 digits, as ids and sizes are; 0 for whatever else stands there."""
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) <= 18:
        value = int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 < value < 10**18 else 0


def moment_of(in_utc: Any, on_the_wall: Any, zone: str) -> datetime | None:
    """The moment that WordPress states in UTC, or else in the site's own time; None for `0000-00-00` and its like."""
    stated = _parsed(in_utc)
    if stated:
        return stated if stated.tzinfo is UTC else stated.replace(tzinfo=UTC)
    wall = _parsed(on_the_wall)
    if wall is None or wall.tzinfo:
        return wall
    moment = wall.replace(tzinfo=ZoneInfo(zone))
    return (wall - (moment.utcoffset() or timedelta())).replace(tzinfo=UTC)


def _parsed(value: Any) -> datetime | None:
    try:
        stated = datetime.fromisoformat(text_of(value).strip())
    except ValueError:
        return None
    if not 1900 <= stated.year <= 2200:
        return None
    return stated.astimezone(UTC) if stated.tzinfo else stated
