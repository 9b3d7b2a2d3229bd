"""A folder of Markdown with front matter -> articles and events, one file each.

In: one file's bytes. Out: Collected with the article or event, and a Finding with its line for every field that
cannot be read as meant; what can be read is kept. The file's path below the folder is its own id, so that an edited
headline updates the article.
"""

import difflib
import html as escaping
import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from urllib.parse import unquote
from zoneinfo import ZoneInfo

from markdown_it import MarkdownIt

from publisher.records import Article, Attachment, Collected, Event, Image, is_language
from publisher.sources import clean
from publisher.sources.attachments import described
from publisher.sources.front_matter import Fields
from publisher.sources.pictures import measured

_FENCE = re.compile(r"\A---[ \t]*\n(.*?\n)---[ \t]*(?:\n|\Z)", re.DOTALL)
_COMMON = {"kind", "headline", "topics", "url", "language", "summary", "id"}
_ARTICLE = _COMMON | {
    "date", "updated", "authors", "image", "embargo", "review-by", "translation-of", "correction", "attachments",
}  # fmt: skip
_EVENT = _COMMON | {"start", "end", "zone", "place"}
_IMAGE = {"file", "alt", "caption", "credit"}
_ATTACHMENT = {"file", "title"}
_LONGEST_BODY = 200_000
"""Characters: a book of seventy pages. The worst that can be written takes 3 seconds and 160 MB to read."""

_MARKDOWN = MarkdownIt("commonmark", {"html": True}).enable("table")


def _measured(path: Path) -> Image | str:
    return measured(Image(), path)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What a reader of files is told about the site: where relative links start, its zone, its topics, and how a
    local picture, or another file, gets its public URL. Both are taken from below `folder` only. `measure` looks at
    a picture; who reads many files may have each picture looked at only once."""

    home: str
    zone: str
    topics: tuple[str, ...]
    publish: Callable[[Path, Image], str]
    attach: Callable[[Path], str]
    folder: Path
    measure: Callable[[Path], Image | str] = _measured


def read_file(data: bytes, *, source: str, place: str, own_id: str, folder: Path, reading: Reading) -> Collected:
    """One Markdown file -> its article or event. `folder` is where its pictures' paths start. Never raises on data."""
    fields = Fields(place)
    try:
        written = data.replace(b"\r\n", b"\n").replace(b"\r", b"\n").decode("utf-8-sig")
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


def _article(fields: Fields, body: str, source: str, key: str, folder: Path, reading: Reading) -> Collected:
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
        body=_body(fields, clean.text(_cut(fields, body)), url, folder, reading),
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
        translation_of=_translation_of(fields, key),
        correction=fields.one("correction"),
        attachments=_attachments(fields, folder, reading),
    )
    kept_back = article.embargo is None and _keeps_back(fields)
    kept = () if headline is None or kept_back else (article,)
    return Collected(articles=kept, problems=tuple(fields.problems))


def _cut(fields: Fields, body: str) -> str:
    """The body, or as much of it as can be read in time; that it is cut is told with the line where it is."""
    if len(body) <= _LONGEST_BODY:
        return body
    places = (body.rfind(gap, _LONGEST_BODY // 2, _LONGEST_BODY) for gap in ("\n\n", "\n", " "))
    kept = body[: next((place for place in places if place > 0), _LONGEST_BODY)]
    mend = f"the text is cut here, for it has {len(body):,} characters; is it one article? shorten it, or make several"
    fields.problem("too-long", mend, fields.length + 1 + kept.count("\n"), "warning")
    return kept


def _body(fields: Fields, body: str, url: str | None, folder: Path, reading: Reading) -> str:
    """The Markdown as clean HTML, its local pictures published; one that cannot be used is a problem."""

    @cache  # a picture that the text shows many times is looked at once
    def picture(src: str) -> str | None:
        if re.match(r"[A-Za-z][A-Za-z0-9+.-]*:|/", src) or not src:  # an address, or a path on the web site
            return None
        name = clean.line(unquote(src))  # Markdown writes a space in an address as %20
        found = _found(folder / name, folder, reading)
        if isinstance(found, str):
            if url is None:  # else it may be meant relative to the article's own address
                fields.problem("missing-image", f"{name}: {found}", None)
            return None
        return reading.publish(folder / name, found)

    rendered = _rendered(body)
    html = None if rendered is None else clean.html(rendered, url or reading.home, picture)
    if html is None:
        mend = "the text is shown as it is written: elements stand in each other too deep; close each where it ends"
        fields.problem("too-deep", mend, fields.length + 1, "warning")
        html = "\n".join(f"<p>{escaping.escape(part, quote=False)}</p>" for part in re.split(r"\n\s*\n", body.strip()))
    if not html:
        fields.problem("empty-body", "there is no text below the front matter; write it", None, "warning")
    return html


def _rendered(body: str) -> str | None:
    """The Markdown as HTML; None where quotations or lists stand in each other so deep that the inmost would go."""
    env: dict[str, object] = {}
    tokens = _MARKDOWN.parse(body, env)
    last = _MARKDOWN.options["maxNesting"] - 1
    if any(token.level >= last and token.type in ("blockquote_open", "list_item_open") for token in tokens):
        return None
    return str(_MARKDOWN.renderer.render(tokens, _MARKDOWN.options, env))


def _translation_of(fields: Fields, key: str) -> str | None:
    """The original's own id: what its `id` says, or its path below the folder, which may be written with its ending."""
    original = (fields.one("translation-of") or "").removesuffix(".md") or None
    if original == key:
        line = fields.line("translation-of")
        fields.problem("own-translation", "an article cannot be its own translation; name the original's file", line)
        return None
    return original


def _keeps_back(fields: Fields) -> bool:
    """Whether there is an embargo, however it is spelt, that could not be read: rather late than too early."""
    meant = next((name for name in fields.names() if _means(name, "embargo")), None)
    if meant is None:
        return False
    fields.problem("embargo-unread", "this is kept back: its embargo cannot be read", fields.line(meant))
    return True


def _means(name: str, field: str) -> bool:
    """Whether `name` is `field`, or what someone who meant it would have typed."""
    return difflib.get_close_matches(name.casefold(), _ARTICLE, n=1) == [field]


def _event(fields: Fields, source: str, key: str, reading: Reading) -> Collected:
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


def _refuse_kind(fields: Fields) -> None:
    kind = fields.one("kind")
    if kind not in (None, "article"):
        fields.problem("unknown-kind", f'"kind: {kind}" is neither article nor event', fields.line("kind"))


def _topics(fields: Fields, reading: Reading) -> tuple[str, ...]:
    topics = fields.many("topics")
    for topic in topics:
        if topic not in reading.topics:
            close = difflib.get_close_matches(topic, reading.topics, n=1)
            hint = f'did you mean "{close[0]}"?' if close else "declare it in publisher.toml as a [[topic]]"
            fields.problem(
                "unknown-topic", f'nobody can follow the topic "{topic}"; {hint}', fields.line("topics"), "warning"
            )
    return topics


def _language(fields: Fields) -> str | None:
    language = fields.one("language")
    if language and not is_language(language):
        mend = f'"language: {language}" is no language tag; write it like en, es or pt-BR'
        fields.problem("bad-language", mend, fields.line("language"))
        return None
    return language


def _attachments(fields: Fields, folder: Path, reading: Reading) -> tuple[Attachment, ...]:
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


def _found(path: Path, folder: Path, reading: Reading) -> Image | str:
    """The picture there measured, or why it cannot be used."""
    if not _inside(path, folder, reading):
        return "the picture is outside the site folder; copy it into the site"
    return reading.measure(path)


def _inside(path: Path, folder: Path, reading: Reading) -> bool:
    """Whatever lies outside the site and the file's own folder is not ours to publish."""
    try:
        real = path.resolve()
    except (OSError, RuntimeError, ValueError):  # links in a circle, a NUL: there is no such file, which is said later
        return True
    return any(real.is_relative_to(home.resolve()) for home in (folder, reading.folder))


def _image(fields: Fields, folder: Path, reading: Reading) -> Image | None:
    """The picture with its size and public URL; one that cannot be used is a problem and the article stands alone."""
    pairs = fields.pairs("image")
    if not pairs:
        return None
    line = fields.line("image")
    for name in sorted(pairs.keys() - _IMAGE):
        fields.problem("unknown-field", f'unknown field "{name}" in image; known are {", ".join(sorted(_IMAGE))}', line)
    if not pairs.get("alt"):
        fields.problem("alt-missing", 'say what the picture shows: "alt: …"', line, "warning")
    if "file" not in pairs:
        fields.problem("missing-image", 'name the picture: "file: …"', line)
        return None
    found = _found(folder / pairs["file"], folder, reading)
    if isinstance(found, str):
        fields.problem("missing-image", f"{pairs['file']}: {found}", line)
        return None
    said = replace(found, alt=pairs.get("alt"), caption=pairs.get("caption"), credit=pairs.get("credit"))
    return replace(said, url=reading.publish(folder / pairs["file"], found), file=pairs["file"])
