"""An export file of WordPress (WXR 1.0 to 1.2) -> articles, with the keys that the REST API gives them.

In: a file, which may have hundreds of megabytes, and may be broken. Out: one Collected for each published post, and
Findings for what was left out. The file is read twice: first for its pictures, which may stand behind the posts that
show them, then for its posts. One entry at a time is in memory. A torn file gives what is whole before the tear.
"""

import html as escaping
import re
import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import BinaryIO
from urllib.parse import urljoin

from lxml import etree

from publisher.errors import SourceError
from publisher.records import Collected, Finding
from publisher.sources import clean
from publisher.sources.findings import finding
from publisher.sources.wordpress_answers import moment_of, number_of
from publisher.sources.wordpress_entries import Broken, Entries, Entry, entry_of
from publisher.sources.wordpress_paragraphs import with_paragraphs
from publisher.sources.wordpress_posts import Post, collected_of, line_of, picture, withheld
from publisher.sources.wordpress_shortcodes import with_code

_MOST_BYTES = 1024 * 1024 * 1024
_GALLERY = re.compile(r"\[gallery\b[^\[\]]{0,500}?\bids=[\"']([\d,\s]{1,2000})[\"'][^\[\]]{0,500}\]")
_MOST_OF_GALLERY = 50
_TOPICS = ("category", "post_tag", "tag")
_GUEST = "guest-author"
_NO_STORIES = {"attachment", "revision", "nav_menu_item", "custom_css", "customize_changeset", "oembed_cache", _GUEST}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Picture:
    """An attachment: where it is, what it shows, what is written below it; the last two are HTML."""

    url: str
    alt: str
    caption: str


@dataclass(slots=True, kw_only=True)
class _Site:
    """What the file says of the whole site, and what its pictures are, by number."""

    base: str = ""
    authors: dict[str, str] = field(default_factory=dict)
    pictures: dict[int, _Picture] = field(default_factory=dict)


def read_export(
    path_or_file: Path | BinaryIO, *, source: str, place: str, zone: str, kinds: Sequence[str] = ("post",)
) -> Iterator[Collected]:
    """Each published post of the file, in its order; then, at the end, what was left out and why.

    `kinds` are the post types that are taken. `zone` (IANA) is that of posts that state no UTC date.
    Raises SourceError where the file cannot be opened.
    """
    with _opened(path_or_file, place) as file:
        try:
            site = _site(file, kinds)
            yield from _posts(file, site, source=source, place=place, zone=zone, kinds=frozenset(kinds))
        except Broken as exc:
            yield Collected(problems=(finding(exc.code, "error", place, str(exc)),))


@contextmanager
def _opened(path_or_file: Path | BinaryIO, place: str) -> Iterator[BinaryIO]:
    """A file that can be read twice. What cannot, as an upload, is copied beside memory first."""
    try:
        if isinstance(path_or_file, Path):
            with path_or_file.open("rb") as file:
                yield file
        elif path_or_file.seekable():
            yield path_or_file
        else:
            with tempfile.TemporaryFile() as copy:
                size = 0
                while (piece := path_or_file.read(1024 * 1024)) and size <= _MOST_BYTES:
                    size += copy.write(piece)
                yield copy
    except OSError as exc:
        raise SourceError(f"{place}: the file cannot be read ({exc.strerror}); mend its path or its rights") from exc


def _site(file: BinaryIO, kinds: Sequence[str]) -> _Site:
    """The first reading: what stands above the entries, and the pictures among them."""
    entries = Entries(file, most=_MOST_BYTES)
    site = _Site()
    for written in entries:
        if not site.base:
            _read_head(entries.head(), site)
        if "attachment" in written or _GUEST in written:
            _remember(entry_of(written) or Entry(None), site)
    return site


def _remember(entry: Entry, site: _Site) -> None:
    """A picture, or somebody who writes without a login, which a plugin keeps among the posts."""
    kind, number = entry.one("post_type"), number_of(entry.one("post_id"))
    if kind == "attachment" and number:
        site.pictures[number] = _picture(entry, site.base)
    elif kind == _GUEST and (login := entry.meta().get("cap-user_login")):
        site.authors[login] = entry.meta().get("cap-display_name") or entry.one("title")


def _read_head(head: etree._Element | None, site: _Site) -> None:
    entry = Entry(head)
    addresses = (entry.one(name) for name in ("base_blog_url", "base_site_url", "link"))
    site.base = next((address for one in addresses if (address := clean.web_address(one))), "about:blank")
    for author in entry.each("author"):
        login, shown = author.one("author_login"), author.one("author_display_name")
        if login:
            site.authors[login] = shown


def _picture(entry: Entry, base: str) -> _Picture:
    url = entry.one("attachment_url") or entry.one("guid")
    alt = entry.meta().get("_wp_attachment_image_alt", "")
    return _Picture(url=urljoin(base, url), alt=alt, caption=entry.one("excerpt:encoded"))


def _posts(
    file: BinaryIO, site: _Site, *, source: str, place: str, zone: str, kinds: frozenset[str]
) -> Iterator[Collected]:
    entries = Entries(file, most=_MOST_BYTES)
    left_out: Counter[tuple[str, str]] = Counter()
    seen: set[int] = set()
    for number, written in enumerate(entries, 1):
        entry = entry_of(written)
        post = _post(entry, site, zone) if entry and entry.one("post_type") in kinds else None
        why = _left_out(entry, post, seen)
        if why:
            left_out[why] += 1
            continue
        assert post is not None, "one that is not left out was read"
        seen.add(post.id)
        where = f"{place}: {clean.shortened(clean.line(post.link), 200) or f'entry {number}'}"
        base = "" if site.base == "about:blank" else site.base
        yield collected_of(post, source=source, place=where, base=base)
    yield Collected(problems=_told(left_out, entries, place, found=bool(seen)))


def _left_out(entry: Entry | None, post: Post | None, seen: set[int]) -> tuple[str, str] | None:
    """Why an entry is left out, as a code and for people; with no words where nobody would look for it."""
    if entry is None or not entry.one("post_type"):
        return "entry-unread", "it cannot be read"
    if post is None:
        kind = clean.shortened(clean.line(entry.one("post_type")), 30)
        is_story = kind not in _NO_STORIES and not kind.startswith("wp_")
        return "other-type", f'it is of the type "{kind}"' if is_story else ""
    if not post.id:
        return "entry-unread", "it has no number"
    if post.id in seen:
        return "same-id", "it stands there twice"
    why = withheld(post)
    return ("not-public", why) if why else None


def _told(left_out: Mapping[tuple[str, str], int], entries: Entries, place: str, *, found: bool) -> tuple[Finding, ...]:
    """What was left out, by reasons, not by entries: an export has thousands of drafts."""
    problems = [
        finding(code, "warning" if code == "entry-unread" else "note", place, f"{many} left out: {why}")
        for (code, why), many in sorted(left_out.items())
        if why
    ]
    if not entries.is_whole:
        mend = "the file ends in the middle: what stands before is read; export it once more"
        problems.append(finding("export-torn", "error", place, mend))
    elif not found and not problems:
        problems.append(
            finding("export-empty", "warning", place, "there is no post in this export; export all content")
        )
    return tuple(problems)


def _post(entry: Entry, site: _Site, zone: str) -> Post:
    meta = entry.meta()
    shown = site.pictures.get(number_of(meta.get("_thumbnail_id", "")))
    content = entry.one("content:encoded")
    return Post(
        id=number_of(entry.one("post_id")),
        status=entry.one("status"),
        title=entry.one("title"),
        content=content if "<!-- wp:" in content else with_paragraphs(_with_galleries(with_code(content), site)),
        excerpt=entry.one("excerpt:encoded"),
        link=_address(entry.one("link"), site.base),
        is_protected=bool(entry.one("post_password")),
        published=_published(entry, zone),
        modified=moment_of(entry.one("post_modified_gmt"), entry.one("post_modified"), zone),
        image=picture(shown.url, alt=shown.alt, caption=shown.caption) if shown else None,
        authors=_authors(entry, site),
        topics=_topics(entry),
        language=next((mark for domain, mark, _ in entry.categories() if domain == "language"), ""),
    )


def _with_galleries(content: str, site: _Site) -> str:
    """The pictures of the galleries that name them: only the export itself knows which they are."""

    def pictures(gallery: re.Match[str]) -> str:
        numbers = (number_of(number.strip()) for number in gallery[1].split(",")[:_MOST_OF_GALLERY])
        return (
            "\n\n" + "".join(_figure(site.pictures[number]) for number in numbers if number in site.pictures) + "\n\n"
        )

    return _GALLERY.sub(pictures, content) if "[gallery" in content else content


def _figure(shown: _Picture) -> str:
    caption = f"<figcaption>{shown.caption}</figcaption>" if shown.caption else ""
    address, alt = escaping.escape(shown.url), escaping.escape(line_of(shown.alt))
    return f'<figure><img src="{address}" alt="{alt}">{caption}</figure>'


def _address(link: str, base: str) -> str:
    """The address of a post, whole: what other systems write as an export may leave out the site's."""
    try:
        return urljoin(base, link) if link and base != "about:blank" else link
    except ValueError:
        return link


def _published(entry: Entry, zone: str) -> datetime | None:
    """When it came out; by its `pubDate` where other systems wrote no more. A date of zeros is none, whatever that."""
    in_utc, on_the_wall = entry.one("post_date_gmt"), entry.one("post_date")
    if in_utc or on_the_wall:
        return moment_of(in_utc, on_the_wall, zone)
    try:
        moment = parsedate_to_datetime(entry.one("pubDate"))
    except ValueError:
        return None
    return moment.astimezone(UTC) if moment.tzinfo and 1990 <= moment.year <= 2200 else None


def _authors(entry: Entry, site: _Site) -> tuple[str, ...]:
    """Those whom a plugin for several authors names, each a term of the post; else whoever saved it."""
    logins = [(name, mark.removeprefix("cap-")) for domain, mark, name in entry.categories() if domain == "author"]
    shown = [_author(name, site) or _author(mark, site) for name, mark in logins]
    return tuple(dict.fromkeys(name for names in shown for name in names)) or _author(entry.one("creator"), site)


def _author(login: str, site: _Site) -> tuple[str, ...]:
    """The name that the site shows for a login; one that it does not explain is no name, unless it has two words."""
    shown = site.authors.get(login) or (login if " " in login.strip() else "")
    return (shown,) if shown else ()


def _topics(entry: Entry) -> tuple[str, ...]:
    """Its categories, then its tags, by name. WXR 1.0 writes each twice, once without its domain."""
    found = [(domain, name) for domain, _, name in entry.categories()]
    known = [name for wanted in _TOPICS for domain, name in found if domain == wanted]
    names = known or [name for domain, name in found if not domain]
    return tuple(dict.fromkeys(topic for name in names if (topic := line_of(name))))
