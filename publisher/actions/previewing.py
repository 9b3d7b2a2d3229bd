"""Show an issue before it leaves: as files to open, as pictures of how programs show it, as a mail sent for a test."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path

from publisher import browser, digest
from publisher.actions.issues import as_draft, find_issue, told_of
from publisher.actions.outbox import post
from publisher.app import App
from publisher.errors import IssueError
from publisher.files import put
from publisher.records import Delivery, Edition, Newsletter, Outcome
from publisher.subscribers.addresses import Address, parse

_NOBODY = "0" * 32
"""The public id in the links of previews and tests: no subscriber has it, so they can do nobody any harm."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """The files that were written; where there are no pictures of the mail, `without_pictures` says why."""

    files: tuple[Path, ...]
    without_pictures: str | None = None


def preview_issue(
    app: App,
    newsletter: Newsletter,
    period: str,
    folder: Path,
    *,
    topics: Sequence[str] = (),
    pictures: bool = True,
    progress: Callable[[int, int], None] = lambda done, of: None,
) -> Preview:
    """Write the issue as one reader who chose `topics` would get it: HTML with local pictures, text, the message as
    .eml, and (with Chromium) pictures of wide, narrow and dark screens and without images; for each language."""
    _known_topics(app, topics)
    editions = _editions(app, newsletter, period)
    files: list[Path] = []
    for edition in editions:
        stem = f"{newsletter.name}-{period}" + (f"-{edition.language}" if edition is not editions[0] else "")
        html, text = digest.for_one_reader(edition, topics)
        html = html.replace(app.links.image(""), f"{app.images_folder.resolve().as_uri()}/")
        reader = replace(_reader("reader@example.org", edition.language), topics=tuple(topics))
        made = {
            f"{stem}.html": html.encode("ascii"),
            f"{stem}.txt": text.encode("utf-8"),
            f"{stem}.eml": _composed(app, newsletter, period, editions, reader),
        }
        for name, data in made.items():
            put(folder / name, data)
            files.append(folder / name)
    if not pictures:
        return Preview(files=tuple(files))
    program = browser.find()
    if program is None:
        return Preview(files=tuple(files), without_pictures="Chromium is not installed; with it there are pictures too")
    pages = [file for file in files if file.suffix == ".html"]
    return Preview(files=(*files, *_photographed(program, pages, progress)))


def _photographed(program: Path, pages: Sequence[Path], progress: Callable[[int, int], None]) -> Iterator[Path]:
    total = len(pages) * len(browser.VIEWS)
    with browser.Browser(program) as window:
        for page in pages:
            for name, view in browser.VIEWS.items():
                picture = page.with_name(f"{page.stem}-{name}.png")
                put(picture, window.photograph(page, view))
                progress(1, total)
                yield picture


@dataclass(frozen=True, slots=True, kw_only=True)
class TestMail:
    """One mail sent for a test: to whom, what became of it, and the file it is in, where mail leaves as files."""

    __test__ = False

    address: str
    outcome: Outcome
    file: Path | None


def test_send(
    app: App, newsletter: Newsletter, period: str, addresses: Sequence[str], *, language: str | None = None
) -> list[TestMail]:
    """Send the issue as it is now to any addresses, marked as a test. It is counted nowhere, and its links do nothing.

    Raises IssueError for what is no address, TransportError when nothing can leave.
    """
    editions = [replace(e, subject=f"[Test] {e.subject}") for e in _editions(app, newsletter, period)]
    known = [edition.language for edition in editions]
    chosen = language or known[0]
    if chosen not in known:
        raise IssueError(f'{newsletter.name} is not made in "{chosen}" (it is in: {", ".join(known)})')
    folder = f"tests/{newsletter.name}/{period}"
    sent = []
    for found in [_address(address) for address in addresses]:
        # What differs is another message: programs drop the second of two with one Message-ID.
        told = f"{found.key}\0{told_of(editions)}\0{app.clock().isoformat()}\0{chosen}"
        name = sha256(told.encode()).hexdigest()[:16]
        message = _composed(app, newsletter, f"{period}/test/{name}", editions, _reader(found.written, chosen))
        outcome = post(app, folder, name, message, found.written, newsletter.sender[1])
        file = None if app.relay else next((app.outbox / folder).rglob(f"{name}.*"), None)
        sent.append(TestMail(address=found.written, outcome=outcome, file=file))
    return sent


def _address(text: str) -> Address:
    found = parse(text)
    if isinstance(found, str):
        raise IssueError(f'"{text}" is no address a mail can be sent to: {found}')
    return found


def _editions(app: App, newsletter: Newsletter, period: str) -> tuple[Edition, ...]:
    editions = as_draft(app, newsletter, find_issue(app, newsletter, period)).editions
    if not editions:
        raise IssueError(f"{newsletter.name} {period} carries nothing, so there is nothing to show")
    return editions


def _known_topics(app: App, topics: Sequence[str]) -> None:
    unknown = next((topic for topic in topics if topic not in app.topics), None)
    if unknown:
        raise IssueError(f'there is no topic "{unknown}" (known: {", ".join(app.topics)})')


def _reader(address: str, language: str) -> Delivery:
    return Delivery(
        issue=0, subscriber=0, public_id=_NOBODY, address=address, name=None, language=language, state="claimed"
    )


def _composed(app: App, newsletter: Newsletter, name: str, editions: Sequence[Edition], reader: Delivery) -> bytes:
    from publisher.delivery.compose import Composer

    _, key = app.keyring.newest("message-id")
    composer = Composer(editions, f"{newsletter.name}/{name}", newsletter.name, app.signing_links, key)
    message = composer.message(reader)
    composer.verify(message, reader)
    return message
