"""Take in lists of subscribers: all of what they say or nothing, in one transaction, with evidence of consent."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from publisher.app import App
from publisher.records import Finding, Intake
from publisher.store.heaps import Heap, Person, Profile, heap
from publisher.store.intakes import Counts, take_in
from publisher.subscribers import UNREADABLE, Known, Row, Sheet, read_list

_MOST_FINDINGS = 100_000
"""So many are kept to be shown: a list with more is not what it seems."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Imported:
    """`sheets` are what was read: its place, the program that wrote it, its valid rows. `rejected` rows have an error
    among the `findings`, each with its line. With a `refusal` nobody was kept, or would be."""

    sheets: tuple[tuple[str, str, int], ...]
    counts: Counts
    rejected: int
    findings: tuple[Finding, ...]
    newsletters: tuple[str, ...]
    refusal: str | None
    dry_run: bool


@dataclass(slots=True)
class _Reading:
    """What is noted while rows go by."""

    findings: list[Finding] = field(default_factory=list)
    rejected: int = 0
    rows: int = 0
    unreadable: bool = False
    without_newsletter: bool = False

    def note(self, finding: Finding) -> None:
        self.rejected += finding.severity == "error"
        self.unreadable = self.unreadable or finding.code in UNREADABLE
        if len(self.findings) < _MOST_FINDINGS:
            self.findings.append(finding)


def import_subscribers(
    app: App,
    paths: Sequence[Path],
    *,
    who: str,
    source: str = "",
    consent: str = "",
    newsletters: Sequence[str] = (),
    dry_run: bool = False,
    progress: Callable[[int], None] = lambda read_bytes: None,
) -> Imported:
    """Add whom we do not have, put on the suppression list who left; a dry run does the same and undoes it.

    `source` says where people agreed and `consent` what proves it; both are needed for whoever is new and whose row
    says neither. Whom we have stays as they are, and who left stays away. When a file cannot be read as a list, or
    evidence is missing, nobody is kept.
    """
    chosen = _newsletters(app, newsletters)
    known = Known(topics={t.slug: t.title for t in app.topics.values()}, newsletters=tuple(app.newsletters))
    files = ", ".join(path.name for path in paths)
    intake = Intake(at=app.clock(), who=who, files=files, source=source.strip(), consent=consent.strip())
    noted = _Reading()
    sheets: list[tuple[str, str, int]] = []
    fingerprint = app.keyring.fingerprinter()
    with heap(app.database) as gathered:
        for path in paths:
            for sheet in read_list(path, known, progress):
                sheets.append((sheet.place, sheet.program, _gather(gathered, sheet, noted, fingerprint)))
        refusal = _refusal(app, noted, chosen)
        counts = take_in(gathered, intake, chosen, keep=lambda c: not (dry_run or refusal or c.unproven))
    return Imported(
        sheets=tuple(sheets),
        counts=counts,
        rejected=noted.rejected,
        findings=tuple(noted.findings),
        newsletters=chosen,
        refusal=refusal or (_unproven(counts) if counts.unproven else None),
        dry_run=dry_run,
    )


def _unproven(counts: Counts) -> str:
    """What is missing before those without evidence may be kept."""
    people = "1 person is" if counts.unproven == 1 else f"{counts.unproven} people are"
    return (
        f"{people} new, and nothing says how they agreed: say where with --source "
        '(like "sign-up cards at the front desk") and what proves it with --consent (like "signed cards of 2026")'
    )


def _newsletters(app: App, named: Sequence[str]) -> tuple[str, ...]:
    """Those that were named, else the only one there is. Raises IssueError for one that is not."""
    if not named:
        return tuple(app.newsletters) if len(app.newsletters) == 1 else ()
    return tuple(dict.fromkeys(app.newsletter(name).name for name in named))


def _refusal(app: App, noted: _Reading, chosen: Sequence[str]) -> str | None:
    if noted.unreadable:
        return "not all of it could be read: mend what is named above"
    if noted.without_newsletter and not chosen and len(app.newsletters) > 1:
        known = ", ".join(app.newsletters)
        return f"say for which newsletter these people are with --newsletter (known: {known})"
    return None


def _gather(gathered: Heap, sheet: Sheet, noted: _Reading, fingerprint: Callable[[str], bytes]) -> int:
    before = noted.rows
    gathered.gather(_people(sheet.rows, noted, fingerprint, gathered.number))
    return noted.rows - before


def _people(
    rows: Iterator[Row | Finding],
    noted: _Reading,
    fingerprint: Callable[[str], bytes],
    number_of: Callable[[Profile], int],
) -> Iterator[Person]:
    """Valid rows as people; what is wrong with the others is noted."""
    place = noted.rows
    common: tuple[object, ...] = ()
    number = 0
    for row in rows:
        if isinstance(row, Finding):
            noted.note(row)
            continue
        _, address, key, state, reason, name, language, topics, newsletters, consent_source, consent_at, paused = row
        # Most rows have the same of these as the row before.
        if (state, reason, language, topics, newsletters, paused) != common:
            common = (state, reason, language, topics, newsletters, paused)
            number = number_of(Profile(state, reason, language, topics, newsletters, _moment(paused)))
            noted.without_newsletter = noted.without_newsletter or (not newsletters and state == "active")
        # Empty texts for None and a bytearray for bytes: SQLite's driver is slow with the others.
        print_of_key = bytearray(fingerprint(key))
        yield place, address, key, print_of_key, name or "", consent_source or "", consent_at or "", number
        place += 1
    noted.rows = place


def _moment(told: str | None) -> datetime | None:
    """The moment that our own list tells; what is none is as if it were not there."""
    try:
        moment = datetime.fromisoformat(told or "")
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
