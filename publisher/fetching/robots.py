"""What a site's robots.txt asks of programs like ours (RFC 9309).

In: the file's bytes. Out: Robots, which tells whether a path may be asked, and how slowly. Fetching and keeping it, and
what a missing or broken file means, are content.py's.

Python's own reader has none of what the RFC rests on before 3.15: it takes the first rule that matches instead of the
longest, knows no `*` and `$`, splits groups at empty lines, compares by unquoted text (so that `%2F` is a `/`), and
takes any group whose name is a part of ours.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import quote

AGENT = "Publisher"
MOST_BYTES = 500 * 1024

_NAME = re.compile(r"\*(?=\s|$)|[a-z_-]+", re.IGNORECASE)
_SECONDS = re.compile(r"[0-9]{1,9}(?:\.[0-9]{1,9})?")
_ESCAPE = re.compile(r"%([0-9a-fA-F]{2})")
_UNRESERVED = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")
_PLAIN_IN_QUERY = _UNRESERVED | frozenset(b":/?#[]@")
_LITERAL = "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """A path as the file writes it, percent-encoded one way; `*` stands for anything, a `$` at its end for the end."""

    path: str
    allows: bool

    def matches(self, path: str) -> bool:
        """Look for the parts between the stars from left to right: no pattern takes longer than its length times the
        path's, as it would in a regular expression."""
        ends = self.path.endswith("$")
        first, *middle = self.path.removesuffix("$").split("*")
        if not path.startswith(first):
            return False
        place = len(first)
        last = middle.pop() if middle and ends else None
        for part in middle:
            if (found := path.find(part, place)) < 0:
                return False
            place = found + len(part)
        if last is not None:
            return path.endswith(last) and len(path) - len(last) >= place
        return not ends or place == len(path)


@dataclass(frozen=True, slots=True, kw_only=True)
class Robots:
    """The rules of one site for us. `delay` is seconds between two questions; None where it asks for none."""

    rules: tuple[Rule, ...] = ()
    delay: float | None = None

    def allows(self, path: str) -> bool:
        """May this be asked? `path` begins with `/` and has the query, as in the question to the server.

        The longest rule that matches decides, of two equally long ones the kinder (RFC 9309, 2.2.2).
        """
        asked = _normal(path).replace("*", "%2A").replace("$", "%24")
        if asked == "/robots.txt":
            return True
        matching = [(len(rule.path), rule.allows) for rule in self.rules if rule.matches(asked)]
        return max(matching)[1] if matching else True


EVERYTHING = Robots()


def read_robots(body: bytes, agent: str = AGENT) -> Robots:
    """The rules for `agent`, or where the file does not name it, for everybody. Never fails: a line that says nothing
    is passed over. Of more than 500 KB the beginning counts, up to the last whole line."""
    groups: dict[str, list[tuple[str, str]]] = {}
    named: set[str] = set()  # only ours and everybody's: a file may name thousands, each with thousands of rules
    among_rules = False
    for key, value in _lines(body):
        if key == "user-agent":
            named = set() if among_rules else named
            among_rules = False
            if (name := _NAME.match(value)) and name[0].lower() in (agent.lower(), "*"):
                named.add(name[0].lower())
                groups.setdefault(name[0].lower(), [])
        elif key in ("allow", "disallow", "crawl-delay"):
            among_rules = True
            for name_of_group in named:
                groups[name_of_group].append((key, value))
    return _robots(groups.get(agent.lower(), groups.get("*", [])))


def _lines(body: bytes) -> Iterator[tuple[str, str]]:
    """Key in small letters and value of each line that has both, without comments."""
    if len(body) > MOST_BYTES:
        body = body[: max(body.rfind(b"\n", 0, MOST_BYTES), body.rfind(b"\r", 0, MOST_BYTES)) + 1]
    text = body.removeprefix(b"\xef\xbb\xbf").decode("utf-8", "surrogateescape")
    for line in re.split(r"[\r\n]+", text):
        key, colon, value = line.partition("#")[0].partition(":")
        if colon:
            yield key.strip().lower(), value.strip()


def _robots(said: list[tuple[str, str]]) -> Robots:
    delays = [float(value) for key, value in said if key == "crawl-delay" and _SECONDS.fullmatch(value)]
    rules = (Rule(path=_pattern(value), allows=key == "allow") for key, value in said if key != "crawl-delay" and value)
    return Robots(rules=tuple(dict.fromkeys(rules)), delay=max(delays, default=None))


def _pattern(value: str) -> str:
    """A rule's path: a `$` before its end is a letter like others. One that lacks its first `/` is read with it."""
    value = value if value.startswith(("/", "*")) else f"/{value}"
    kept = _normal(value)
    return kept[:-1].replace("$", "%24") + kept[-1]


def _normal(path: str) -> str:
    """Written one way: what needs no escape has none, what needs one has it in capitals (RFC 9309, 2.2.2).

    A `/` and its `%2F` stay two things in the path; in the query the RFC's own example takes them for one.
    """
    before, mark, query = path.partition("?")
    return _escaped(before, _UNRESERVED) + mark + _escaped(query, _PLAIN_IN_QUERY)


def _escaped(text: str, plain: frozenset[int]) -> str:
    def one_way(match: re.Match[str]) -> str:
        octet = int(match[1], 16)
        return chr(octet) if octet in plain else f"%{octet:02X}"

    return _ESCAPE.sub(one_way, quote(text.encode("utf-8", "surrogateescape"), safe=_LITERAL))
