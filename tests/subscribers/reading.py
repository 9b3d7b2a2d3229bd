"""Reads a list as the program does, for the tests."""

from pathlib import Path

from publisher.records import Finding
from publisher.subscribers import Known, Row, Sheet, read_list

ROOT = Path(__file__).parents[2]
KNOWN = Known(
    topics={"heart": "Heart health", "sleep": "Sleep", "nutrition": "Eating well, living well"},
    newsletters=("weekly", "monthly"),
)
HEADER = "address,name,language,topics,consent_source,consent_at\n"


def sheets(path: Path) -> list[tuple[Sheet, list[Row | Finding]]]:
    return [(sheet, list(sheet.rows)) for sheet in read_list(path, KNOWN)]


def read(folder: Path, data: str | bytes, name: str = "list.csv") -> list[Row | Finding]:
    """The rows and findings of a file with one table."""
    path = folder / name
    path.write_bytes(data if isinstance(data, bytes) else data.encode("utf-8"))
    ((_, rows),) = sheets(path)
    return rows


def people(rows: list[Row | Finding]) -> list[Row]:
    return [row for row in rows if isinstance(row, Row)]


def addresses(rows: list[Row | Finding]) -> list[str]:
    """Of those who are plainly on the list; who is "unclear" is not."""
    return [row.address for row in people(rows) if row.state != "unclear"]


def unclear(rows: list[Row | Finding]) -> list[str]:
    return [row.address for row in people(rows) if row.state == "unclear"]


def stands(rows: list[Row | Finding]) -> list[tuple[str, str, str | None]]:
    """Whom the rows are of, and as what."""
    return [(row.address, row.state, row.reason) for row in people(rows)]


def told(rows: list[Row | Finding]) -> list[tuple[str, str, str, str]]:
    return [(row.code, row.severity, row.place, row.mend) for row in rows if isinstance(row, Finding)]


def codes(rows: list[Row | Finding]) -> list[tuple[str, str, str]]:
    return [(row.code, row.severity, row.place) for row in rows if isinstance(row, Finding)]
