"""A folder of Markdown with front matter -> articles and events, one file each.

In: one file's bytes. Out: Collected with the article or event, and a Finding with its line for every field that
cannot be read as meant; what can be read is kept. The file's path below the folder is its own id, so that an edited
headline updates the article.
"""

import difflib
import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta, timezone
from pathlib import Path
from typing import TypeVar
from urllib.parse import unquote
from zoneinfo import ZoneInfo

import yaml
from markdown_it import MarkdownIt

from publisher.records import Article, Attachment, Collected, Event, Finding, Image, Severity, Stated, is_language
from publisher.sources import clean
from publisher.sources.attachments import described
from publisher.sources.pictures import measured

_FENCE = re.compile(r"\A---[ \t]*\n(.*?\n)---[ \t]*(?:\n|\Z)", re.DOTALL)
_COMMON = {"kind", "headline", "topics", "url", "language", "summary", "id"}
_ARTICLE = _COMMON | {"date", "updated", "authors", "image", "embargo", "review-by", "correction", "attachments"}
_EVENT = _COMMON | {"start", "end", "zone", "place"}
_IMAGE = {"file", "alt", "caption", "credit"}
_ATTACHMENT = {"file", "title"}
_MARKDOWN = MarkdownIt("commonmark", {"html": True}).enable("table")


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What a reader of files is told about the site: where relative links start, its zone, its topics, and how a
    local picture, or another file, gets its public URL. Both are taken from below `folder` only."""

    home: str
    zone: str
    topics: tuple[str, ...]
    publish: Callable[[Path, Image], str]
    attach: Callable[[Path], str]
    folder: Path


class _Fields:
    """The front matter of one file: values with their lines, and the problems met while reading them."""

    def __init__(self, place: str) -> None:
        self.place = place
        self.problems: list[Finding] = []
        self._nodes: dict[str, yaml.Node] = {}

    def read(self, matter: str) -> bool:
        try:
            root = yaml.compose(matter, Loader=yaml.SafeLoader)
        except RecursionError:
            self.problem("front-matter", "the front matter cannot be read: it is nested too deep; mend it", 0)
            return False
        except (yaml.YAMLError, ValueError, OverflowError) as exc:
            mark = getattr(exc, "problem_mark", None)
            what = getattr(exc, "problem", None) or "it is not YAML"
            self.problem("front-matter", f"the front matter cannot be read: {what}; mend it", mark.line if mark else 0)
            return False
        if not isinstance(root, yaml.MappingNode):
            self.problem("front-matter", 'the front matter must be lines like "headline: …"', 0)
            return False
        for key, value in root.value:
            name = str(key.value)
            if name in self._nodes:
                self.problem(
                    "field-twice", f'the field "{name}" stands here a second time; keep one', key.start_mark.line
                )
            else:
                self._nodes[name] = value
        return True

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
        for name in self._nodes:
            if name not in known:
                close = difflib.get_close_matches(name, known, n=1)
                hint = f'did you mean "{close[0]}"?' if close else f"known are {', '.join(sorted(known))}"
                self.problem("unknown-field", f'unknown field "{name}"; {hint}', self.line(name))

    def one(self, name: str) -> str | None:
        node = self._nodes.get(name)
        if node is None or _is_null(node):
            return None
        if not isinstance(node, yaml.ScalarNode):
            self.problem("bad-field", f'"{name}" must be one line of text', self.line(name))
            return None
        return clean.line(node.value) or None

    def many(self, name: str) -> tuple[str, ...]:
        node = self._nodes.get(name)
        if node is None or _is_null(node):
            return ()
        items = node.value if isinstance(node, yaml.SequenceNode) else [node]
        if not all(isinstance(item, yaml.ScalarNode) for item in items):
            self.problem("bad-field", f'"{name}" must be a list like [one, two]', self.line(name))
            return ()
        return tuple(text for item in items if (text := clean.line(item.value)))

    def pairs(self, name: str) -> dict[str, str] | None:
        """A nested mapping; a bare text stands for its `file`."""
        node = self._nodes.get(name)
        return None if node is None or _is_null(node) else self._pairs(name, node)

    def _pairs(self, name: str, node: yaml.Node) -> dict[str, str] | None:
        if isinstance(node, yaml.ScalarNode):
            return {"file": clean.line(node.value)} if node.value.strip() else None
        if isinstance(node, yaml.MappingNode) and all(isinstance(v, yaml.ScalarNode) for _, v in node.value):
            return {str(key.value): clean.line(value.value) for key, value in node.value}
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
        usable = clean.web_address(written)
        if usable is None:
            self.problem(
                "bad-url", f'"{name}: {written[:80]}" is not a web address; begin it with https://', self.line(name)
            )
        return usable


def _is_null(node: yaml.Node) -> bool:
    """`~`, `null` or nothing after the colon: the field is not there."""
    return bool(node.tag == "tag:yaml.org,2002:null")


def read_file(data: bytes, *, source: str, place: str, own_id: str, folder: Path, reading: Reading) -> Collected:
    """One Markdown file -> its article or event. `folder` is where its pictures' paths start. Never raises on data."""
    fields = _Fields(place)
    try:
        written = clean.text(data.decode("utf-8-sig"))
    except UnicodeDecodeError as exc:
        line = data[: exc.start].count(b"\n") - 1
        fields.problem("not-utf-8", "this is not UTF-8 text; save the file as UTF-8", line)
        return Collected(problems=tuple(fields.problems))
    fence = _FENCE.match(written)
    if fence is None:
        fields.problem("front-matter", 'begin the file with "---", lines like "headline: …", and "---" again', -1)
        return Collected(problems=tuple(fields.problems))
    if not fields.read(fence.group(1)):
        return Collected(problems=tuple(fields.problems))
    key = fields.one("id") or own_id
    if fields.one("kind") == "event":
        return _event(fields, source, key, reading)
    return _article(fields, written[fence.end() :], source, key, folder, reading)


def _article(fields: _Fields, body: str, source: str, key: str, folder: Path, reading: Reading) -> Collected:
    fields.refuse_unknown(_ARTICLE)
    _refuse_kind(fields)
    url = fields.address("url")
    headline = fields.one("headline")
    if headline is None:
        fields.problem("headline-missing", 'give it a headline: "headline: …"', -1)
    article = Article(
        source=source,
        key=key,
        headline=headline,
        body=_body(fields, body, url, folder, reading),
        summary=fields.one("summary"),
        image=_image(fields, folder, reading),
        authors=fields.many("authors"),
        topics=_topics(fields, reading),
        published=fields.stated("date", reading.zone),
        updated=fields.stated("updated", reading.zone),
        embargo=fields.moment("embargo", reading.zone),
        review_by=fields.day("review-by", reading.zone),
        url=url,
        language=_language(fields),
        correction=fields.one("correction"),
        attachments=_attachments(fields, folder, reading),
    )
    kept_back = article.embargo is None and _keeps_back(fields)
    kept = () if headline is None or kept_back else (article,)
    return Collected(articles=kept, problems=tuple(fields.problems))


def _body(fields: _Fields, body: str, url: str | None, folder: Path, reading: Reading) -> str:
    """The Markdown as clean HTML, its local pictures published; one that cannot be used is a problem."""

    def picture(src: str) -> str | None:
        if re.match(r"[A-Za-z][A-Za-z0-9+.-]*:|/", src) or not src:  # an address, or a path on the web site
            return None
        name = clean.line(unquote(src))  # Markdown writes a space in an address as %20
        found = _found(Image(), folder / name, folder, reading)
        if isinstance(found, str):
            if url is None:  # else it may be meant relative to the article's own address
                fields.problem("missing-image", f"{name}: {found}", None)
            return None
        return reading.publish(folder / name, found)

    html = clean.html(_MARKDOWN.render(body), url or reading.home, picture)
    if not html:
        fields.problem("empty-body", "there is no text below the front matter; write it", None, "warning")
    return html


def _keeps_back(fields: _Fields) -> bool:
    """Whether there is an embargo, however it is spelt, that could not be read: rather late than too early."""
    meant = next((name for name in fields.names() if _means(name, "embargo")), None)
    if meant is None:
        return False
    fields.problem("embargo-unread", "this is kept back: its embargo cannot be read", fields.line(meant))
    return True


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


def _means(name: str, field: str) -> bool:
    """Whether `name` is `field`, or what someone who meant it would have typed."""
    return difflib.get_close_matches(name.casefold(), _ARTICLE, n=1) == [field]


def _event(fields: _Fields, source: str, key: str, reading: Reading) -> Collected:
    fields.refuse_unknown(_EVENT)
    zone = fields.one("zone") or reading.zone
    try:
        ZoneInfo(zone)
    except (KeyError, ValueError, OSError):  # ZoneInfoNotFoundError is a KeyError
        fields.problem(
            "bad-zone", f'"zone: {zone}" is no time zone; write it like America/Los_Angeles', fields.line("zone")
        )
        zone = reading.zone
    title, start = fields.one("headline"), fields.moment("start", zone)
    if title is None:
        fields.problem("headline-missing", 'give the event a headline: "headline: …"', -1)
    if start is None and fields.line("start") is None:
        fields.problem("bad-date", 'say when it begins: "start: 2026-11-26T18:00"', -1)
    if title is None or start is None:
        return Collected(problems=tuple(fields.problems))
    event = Event(
        source=source,
        key=key,
        title=title,
        start=start,
        end=fields.moment("end", zone),
        zone=zone,
        place=fields.one("place"),
        url=fields.address("url"),
        summary=fields.one("summary"),
        topics=_topics(fields, reading),
        language=_language(fields),
    )
    kept = () if _keeps_back(fields) else (event,)
    return Collected(events=kept, problems=tuple(fields.problems))


def _refuse_kind(fields: _Fields) -> None:
    kind = fields.one("kind")
    if kind not in (None, "article"):
        fields.problem("unknown-kind", f'"kind: {kind}" is neither article nor event', fields.line("kind"))


def _topics(fields: _Fields, reading: Reading) -> tuple[str, ...]:
    topics = fields.many("topics")
    for topic in topics:
        if topic not in reading.topics:
            close = difflib.get_close_matches(topic, reading.topics, n=1)
            hint = f'did you mean "{close[0]}"?' if close else "declare it in publisher.toml as a [[topic]]"
            fields.problem(
                "unknown-topic", f'nobody can follow the topic "{topic}"; {hint}', fields.line("topics"), "warning"
            )
    return topics


def _language(fields: _Fields) -> str | None:
    language = fields.one("language")
    if language and not is_language(language):
        mend = f'"language: {language}" is no language tag; write it like en, es or pt-BR'
        fields.problem("bad-language", mend, fields.line("language"))
        return None
    return language


def _attachments(fields: _Fields, folder: Path, reading: Reading) -> tuple[Attachment, ...]:
    """The files that belong to the article; one that cannot be used is a problem, and the article stands without it."""
    line = fields.line("attachments")
    found = []
    for pairs in fields.several("attachments"):
        for name in sorted(pairs.keys() - _ATTACHMENT):
            known = ", ".join(sorted(_ATTACHMENT))
            fields.problem("unknown-field", f'unknown field "{name}" in attachments; known are {known}', line)
        if "file" not in pairs:
            fields.problem("missing-file", 'name the file: "file: …"', line)
            continue
        path = folder / pairs["file"]
        title = pairs.get("title") or path.name
        usable = _inside(path, folder, reading) and described(path, title)
        if isinstance(usable, Attachment):
            found.append(replace(usable, url=reading.attach(path)))
        else:
            why = usable or "the file is outside the site folder; copy it into the site"
            fields.problem("missing-file", f"{pairs['file']}: {why}", line)
    return tuple(found)


def _found(image: Image, path: Path, folder: Path, reading: Reading) -> Image | str:
    """`image` measured, or why it cannot be used."""
    if not _inside(path, folder, reading):
        return "the picture is outside the site folder; copy it into the site"
    return measured(image, path)


def _inside(path: Path, folder: Path, reading: Reading) -> bool:
    """Whatever lies outside the site and the file's own folder is not ours to publish."""
    try:
        real = path.resolve()
    except (OSError, RuntimeError, ValueError):  # links in a circle, a NUL: there is no such file, which is said later
        return True
    return any(real.is_relative_to(home.resolve()) for home in (folder, reading.folder))


def _image(fields: _Fields, folder: Path, reading: Reading) -> Image | None:
    """The picture with its size and public URL; one that cannot be used is a problem and the article stands alone."""
    pairs = fields.pairs("image")
    if not pairs:
        return None
    line = fields.line("image")
    for name in sorted(pairs.keys() - _IMAGE):
        fields.problem("unknown-field", f'unknown field "{name}" in image; known are {", ".join(sorted(_IMAGE))}', line)
    image = Image(alt=pairs.get("alt"), caption=pairs.get("caption"), credit=pairs.get("credit"))
    if not image.alt:
        fields.problem("alt-missing", 'say what the picture shows: "alt: …"', line, "warning")
    if "file" not in pairs:
        fields.problem("missing-image", 'name the picture: "file: …"', line)
        return None
    found = _found(image, folder / pairs["file"], folder, reading)
    if isinstance(found, str):
        fields.problem("missing-image", f"{pairs['file']}: {found}", line)
        return None
    return replace(found, url=reading.publish(folder / pairs["file"], found), file=pairs["file"])
