"""Front matter: the fields of one file as YAML -> values, with a Finding and its line for what cannot be read as meant.

Nodes are read, not Python values: YAML would make a date of one field and a number of the next, and lose the lines.
"""

import difflib
import re
from datetime import UTC, date, datetime, timedelta, timezone
from typing import TypeVar
from zoneinfo import ZoneInfo

import yaml

from publisher.records import Finding, Severity, Stated
from publisher.sources import clean

_PLAIN_WORDS = {
    "mapping values are not allowed": 'put a text with a colon into quotation marks: headline: "Flu: act now"',
    "expected <block end>": "a quotation mark in the middle of a text: put the whole text in single quotation marks",
    "unexpected end of stream": "a quotation mark is opened and not closed; close it",
    "that cannot start any token": "a text may not begin with @, `, % or a tab; put it in quotation marks",
}
"""What writers get wrong most, by the words of the YAML reader."""

_LONGEST_LINE = 20_000
"""Characters of one line that are read. More than any field may have: whatever is cut here is cut and told there."""

_MOST = 100_000
"""Characters in all: the YAML reader takes a second for some."""

_LONGEST = {"headline": 300, "summary": 5_000}
_LONGEST_OTHER = 2_000

_MOST_UNKNOWN = 20
"""Unknown fields that are told one by one."""


def _in_plain_words(said: str) -> str:
    plain = next((mend for words, mend in _PLAIN_WORDS.items() if words in said), None)
    return plain or f"the front matter cannot be read: {said}; mend it"


class Fields:
    """The front matter of one file: values with their lines, and the problems met while reading them."""

    def __init__(self, place: str) -> None:
        self.place = place
        self.problems: list[Finding] = []
        self.length = 0
        self._nodes: dict[str, yaml.Node] = {}
        self._lines: dict[str, str | None] = {}

    def read(self, matter: str) -> bool:
        """Take in the fields; False where none can be read, which is told. `length` is then that of `matter`, in lines.

        `matter` has LF line ends and may have characters that XML cannot carry.
        """
        self.length = matter.count("\n")
        root = self._composed(matter)
        if root is None:
            return False
        if not isinstance(root, yaml.MappingNode):
            self.problem("front-matter", 'the front matter must be lines like "headline: …"', 0)
            return False
        for key, value in root.value:
            name = clean.shortened(clean.line(str(key.value)), 80)
            if name in self._nodes:
                self.problem(
                    "field-twice", f'the field "{name}" stands here a second time; keep one', key.start_mark.line
                )
            else:
                self._nodes[name] = value
        return True

    def _composed(self, matter: str) -> yaml.Node | None:
        shorter = re.sub(rf"(?m)^(.{{{_LONGEST_LINE}}}).+", r"\1", matter)
        if len(shorter) > _MOST:
            mend = f'the fields have more than {_MOST:,} characters; move text below the second "---"'
            self.problem("too-long", mend, 0)
            return None
        for number, line in enumerate(shorter.split("\n")):
            if line != clean.text(line):
                self._removed("this line", clean.unseen(line), number)
        try:
            return yaml.compose(clean.text(shorter), Loader=yaml.SafeLoader) or yaml.ScalarNode("", "")
        except RecursionError:
            self.problem("front-matter", "the front matter cannot be read: it is nested too deep; mend it", 0)
        except (yaml.YAMLError, ValueError, OverflowError) as exc:
            mark = getattr(exc, "problem_mark", None)
            what = getattr(exc, "problem", None) or "it is not YAML"
            self.problem("front-matter", _in_plain_words(what), mark.line if mark else 0)
            self._tell_longest(matter, shorter)
        return None

    def _tell_longest(self, matter: str, shorter: str) -> None:
        """Where a line was cut, that may be all that is wrong with it: its closing quotation mark is gone."""
        if shorter != matter:
            number = next(n for n, line in enumerate(matter.split("\n")) if len(line) > _LONGEST_LINE)
            self.problem("too-long", f"this line has more than {_LONGEST_LINE:,} characters; shorten it", number)

    def _removed(self, what: str, unseen: str, line: int | None) -> None:
        names = ", ".join(f"U+{ord(char):04X}" for char in unseen[:5])
        mend = f"{what} has characters that nobody sees ({names}); they are left out: check how it reads"
        self.problem("characters-removed", mend, line, "warning")

    def problem(self, code: str, mend: str, line: int | None, severity: Severity = "error") -> None:
        """`line` counts from 0 in the front matter; the file's own lines count from 1 and begin with the fence."""
        place = self.place if line is None else f"{self.place}:{line + 2}"
        self.problems.append(Finding(code=code, severity=severity, place=place, mend=mend))

    def names(self) -> tuple[str, ...]:
        return tuple(self._nodes)

    def line(self, name: str) -> int | None:
        node = self._nodes.get(name)
        return node.start_mark.line if node else None

    def refuse_unknown(self, known: set[str]) -> None:
        unknown = [name for name in self._nodes if name not in known]
        for name in unknown[:_MOST_UNKNOWN]:
            close = difflib.get_close_matches(name, known, n=1)
            hint = f'did you mean "{close[0]}"?' if close else f"known are {', '.join(sorted(known))}"
            self.problem("unknown-field", f'unknown field "{name}"; {hint}', self.line(name))
        if more := unknown[_MOST_UNKNOWN:]:
            mend = f"{len(more)} more unknown fields from here on; is this front matter?"
            self.problem("unknown-field", mend, self.line(more[0]))

    def one(self, name: str) -> str | None:
        if name not in self._lines:  # so that what is wrong with it is told once, however often it is asked for
            self._lines[name] = self._one(name)
        return self._lines[name]

    def _one(self, name: str) -> str | None:
        node = self._nodes.get(name)
        if node is None or _is_null(node):
            return None
        if not isinstance(node, yaml.ScalarNode):
            self.problem("bad-field", f'"{name}" must be one line of text', self.line(name))
            return None
        return self._line(name, node) or None

    def _line(self, name: str, node: yaml.ScalarNode) -> str:
        """One line of a bearable length; what is taken out of it is told."""
        if unseen := clean.unseen(node.value):
            self._removed(f'"{name}"', unseen, node.start_mark.line)
        text, most = clean.line(node.value), _LONGEST.get(name, _LONGEST_OTHER)
        if len(text) > most:
            mend = f'"{name}" has more than {most:,} characters; the rest is left out: shorten it'
            self.problem("too-long", mend, node.start_mark.line, "warning")
        return clean.shortened(text, most)

    def many(self, name: str) -> tuple[str, ...]:
        node = self._nodes.get(name)
        if node is None or _is_null(node):
            return ()
        items = node.value if isinstance(node, yaml.SequenceNode) else [node]
        scalars = [item for item in items if isinstance(item, yaml.ScalarNode)]
        if len(scalars) < len(items):
            self.problem("bad-field", f'"{name}" must be a list like [one, two]', self.line(name))
            return ()
        return tuple(text for item in scalars if (text := self._line(name, item)))

    def pairs(self, name: str) -> dict[str, str] | None:
        """A nested mapping; a bare text stands for its `file`."""
        node = self._nodes.get(name)
        return None if node is None or _is_null(node) else self._pairs(name, node)

    def _pairs(self, name: str, node: yaml.Node) -> dict[str, str] | None:
        if isinstance(node, yaml.ScalarNode):
            return {"file": self._line(name, node)} if node.value.strip() else None
        if isinstance(node, yaml.MappingNode) and all(isinstance(v, yaml.ScalarNode) for _, v in node.value):
            return {str(key.value): self._line(f"{name}: {key.value}"[:80], value) for key, value in node.value}
        self.problem(
            "bad-field", f'"{name}" must be a file name, or lines like "file: …" and "alt: …"', self.line(name)
        )
        return None

    def several(self, name: str) -> list[dict[str, str]]:
        """A list of nested mappings; one mapping stands for a list of one, a bare text for its `file`."""
        node = self._nodes.get(name)
        if node is None or _is_null(node):
            return []
        found = [self._pairs(name, item) for item in (node.value if isinstance(node, yaml.SequenceNode) else [node])]
        return [pairs for pairs in found if pairs]

    def stated(self, name: str, zone: str) -> Stated:
        """A day, or a moment; one without an offset is meant in `zone`."""
        written = self.one(name)
        if written is None:
            return None
        try:
            if re.fullmatch(r"\d{4}-\d\d-\d\d", written):
                return _sane(date.fromisoformat(written))
            moment = _sane(datetime.fromisoformat(written))
            return moment if moment.tzinfo else _fixed(moment, zone)
        except ValueError:
            mend = f'"{name}: {written}" is not a date; write it like 2026-11-23 or 2026-11-23T09:00'
            self.problem("bad-date", mend, self.line(name))
            return None

    def moment(self, name: str, zone: str) -> datetime | None:
        """A moment; a bare day is its midnight in `zone`."""
        stated = self.stated(name, zone)
        if stated is None or isinstance(stated, datetime):
            return stated.astimezone(UTC) if stated else None
        return datetime(stated.year, stated.month, stated.day, tzinfo=ZoneInfo(zone)).astimezone(UTC)

    def day(self, name: str, zone: str) -> date | None:
        stated = self.stated(name, zone)
        return stated.date() if isinstance(stated, datetime) else stated

    def address(self, name: str) -> str | None:
        written = self.one(name)
        if written is None:
            return None
        # By us, or by the program it was copied from: such an address leads nowhere.
        is_cut = written.endswith("…") and clean.web_address(written[:80].rstrip("…")) is not None
        usable = None if is_cut else clean.web_address(written)
        wrong = "is cut off; give the whole address" if is_cut else "is not a web address; begin it with https://"
        if usable is None:
            mend = f'"{name}: {written[:80]}" {wrong}'
            self.problem("bad-url", mend, self.line(name))
        return usable


def _is_null(node: yaml.Node) -> bool:
    """`~`, `null` or nothing after the colon: the field is not there."""
    return bool(node.tag == "tag:yaml.org,2002:null")


D = TypeVar("D", date, datetime)


def _sane(stated: D) -> D:
    """A date of the last or the next centuries; the rest are mistakes, and some have no UTC moment at all."""
    if not 1900 <= stated.year <= 2200:
        raise ValueError(stated)
    return stated


def _fixed(wall: datetime, zone: str) -> datetime:
    """A wall-clock time with its offset: a zone's own datetimes never equal others in the hour that comes twice."""
    moment = wall.replace(tzinfo=ZoneInfo(zone))
    return moment.replace(tzinfo=timezone(moment.utcoffset() or timedelta()))
