"""What the columns of other programs say. Their tags count where they are topics of ours; consent the office states."""

import csv
from collections.abc import Callable, Mapping
from operator import itemgetter

from publisher.records import Finding, is_language
from publisher.subscribers import formats, standing, statuses
from publisher.subscribers.cells import MOST_NAME, clean
from publisher.subscribers.formats import Header, label
from publisher.subscribers.rows import Cells, Columns, Known, Told
from publisher.subscribers.statuses import State

_MOST_KEPT = 10_000
_LONGEST_KEPT = 500
"""So many different cells of a column are remembered with their meaning, and none that is longer; so many different
tags are counted."""
_MOST_DATE = 40


class Dropped:
    """What was left out silently while the rows were read, to be said once when they have been."""

    def __init__(self) -> None:
        self.tags: set[str] = set()
        self.untold = 0

    def said(self, place: str) -> list[Finding]:
        found = []
        if self.tags:
            number = f"{len(self.tags):,}" if len(self.tags) < _MOST_KEPT else f"more than {_MOST_KEPT:,}"
            mend = f"different tags that are no topics of ours: {number}; they are left out"
            found.append(Finding(code="tags", severity="note", place=place, mend=mend))
        if self.untold:
            mend = (
                "neither the file's name nor a column tells who is subscribed; rows without a time of confirmation, "
                f"{self.untold:,}, are taken as unconfirmed; import the file under the name it was exported with"
            )
            found.append(Finding(code="no-status", severity="warning", place=place, mend=mend))
        return found


def columns(header: Header, known: Known, kind: State | None) -> tuple[Columns, Dropped]:
    """`kind` is what the file's name says of all in it."""
    told: Told = []
    dropped = Dropped()
    first = header.where(*formats.ADDRESS)[0]
    found = Columns(width=len(header.labels), address=itemgetter(first), told=told, lenient=True)
    found.base = kind or _base(header)
    tells = standing.telling(header)
    found.reach = tells.reach
    found.state = standing.state_of(header, tells, found.base, told)
    if not tells.reach and kind is None and found.base == statuses.ACTIVE and header.program == "Mailchimp":
        found.state = _confirmed(header, dropped, found.state)
    found.name = _name(header)
    found.language = _language(header.where(*formats.LANGUAGE))
    found.topics = _topics(header.where(*formats.TAGS), _by_any_name(known.topics), dropped)
    found.consent_at = _consent_at(header.where(*formats.CONSENT_AT))
    return found, dropped


def _base(header: Header) -> State:
    """Mailchimp's files of those who left, and of dead addresses, have columns of their own."""
    if header.program == "Mailchimp" and ("unsubtime" in header.labels) != ("cleantime" in header.labels):
        return statuses.UNSUBSCRIBED if "unsubtime" in header.labels else statuses.BOUNCED
    return statuses.ACTIVE


def _confirmed(
    header: Header, dropped: Dropped, watch: Callable[[Cells], State | None] | None
) -> Callable[[Cells], State | None] | None:
    """Mailchimp's files of the subscribed and of mere customers look alike but for the times of confirmation."""
    times = header.where("confirmtime", "optintime")
    if not times:
        return watch

    def read(cells: Cells) -> State | None:
        if watch and watch(cells) is None:
            return None
        if any(cells[column].strip() for column in times):
            return statuses.ACTIVE
        dropped.untold += 1
        return statuses.UNCONFIRMED

    return read


def _name(header: Header) -> Callable[[Cells], str | None] | None:
    full = header.where(*formats.FULL_NAME)[:1]
    parts = header.where(*formats.FIRST_NAME)[:1] + header.where(*formats.LAST_NAME)[:1]
    if not full and not parts:
        return None
    only = full[0] if full and not parts else None

    def whole(cells: Cells) -> str | None:
        assert only is not None
        text = clean(cells[only])
        return (text if len(text) <= MOST_NAME else text[:MOST_NAME].rstrip()) or None

    def joined(cells: Cells) -> str | None:
        text = clean(" ".join([cells[column] for column in parts]))
        if not text and full:
            text = clean(cells[full[0]])
        return (text if len(text) <= MOST_NAME else text[:MOST_NAME].rstrip()) or None

    return joined if only is None else whole


def _language(found: list[int]) -> Callable[[Cells], str | None] | None:
    if not found:
        return None

    def read(cells: Cells) -> str | None:
        first, *others = cells[found[0]].strip().replace("_", "-").split("-")
        tag = "-".join([first.lower(), *others])
        return tag if is_language(tag) else None

    return read


def _by_any_name(topics: Mapping[str, str]) -> dict[str, str]:
    """Each topic by its title and by its slug; a slug goes before another's title."""
    return {label(title): slug for slug, title in topics.items()} | {label(slug): slug for slug in topics}


def _topics(
    found: list[int], by_name: Mapping[str, str], dropped: Dropped
) -> Callable[[Cells], tuple[str, ...] | None] | None:
    if not found:
        return None
    seen: dict[str, tuple[str, ...]] = {}

    def of_cell(cell: str) -> tuple[str, ...]:
        tags = [label(cell)] if label(cell) in by_name else [tag for tag in map(label, _tags(cell)) if tag]
        if len(dropped.tags) < _MOST_KEPT:
            dropped.tags.update(tag[:_LONGEST_KEPT] for tag in tags if tag not in by_name)
        topics = tuple(dict.fromkeys(by_name[tag] for tag in tags if tag in by_name))
        keep = len(seen) < _MOST_KEPT and len(cell) <= _LONGEST_KEPT
        return seen.setdefault(cell, topics) if keep else topics

    def read(cells: Cells) -> tuple[str, ...]:
        if len(found) == 1:
            cell = cells[found[0]]
            topics = seen.get(cell)
            return of_cell(cell) if topics is None else topics
        return tuple(dict.fromkeys(topic for column in found for topic in of_cell(cells[column])))

    return read


def _tags(cell: str) -> list[str]:
    """Tags are separated by commas (in Mailchimp each in quotation marks), elsewhere by semicolons or bars."""
    if not cell:
        return []
    if '"' in cell:
        return next(csv.reader([cell.replace("\r", " ").replace("\n", " ")], skipinitialspace=True), [])
    return cell.replace(";", ",").replace("|", ",").split(",")


def _consent_at(found: list[int]) -> Callable[[Cells], str | None] | None:
    if not found:
        return None

    def read(cells: Cells) -> str | None:
        return next((text for column in found if (text := clean(cells[column])[:_MOST_DATE])), None)

    return read
