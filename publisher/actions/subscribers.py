"""Import and list subscribers."""

from dataclasses import dataclass
from pathlib import Path

from publisher.app import App
from publisher.errors import SourceError
from publisher.records import Finding, Subscriber
from publisher.store import subscribers
from publisher.subscribers import read_csv


@dataclass(frozen=True, slots=True, kw_only=True)
class Imported:
    """`read` valid rows, of which `new` were not yet held and `left` had asked never to be written to again."""

    read: int
    new: int
    left: int
    problems: tuple[Finding, ...]


def import_subscribers(app: App, path: Path, *, dry_run: bool = False) -> Imported:
    """Read a CSV and add whom we do not have, in one transaction. Who has left stays left."""
    try:
        data = path.read_bytes()
    except OSError as exc:
        raise SourceError(f"{path}: cannot be read ({exc.strerror}); mend its path or its rights") from exc
    rows = list(read_csv(data, path.name, tuple(app.topics)))
    people = [row for row in rows if isinstance(row, Subscriber)]
    problems = tuple(row for row in rows if isinstance(row, Finding))
    with app.database.write() as connection:
        suppressed = subscribers.suppressed_keys(connection)
        willing = [person for person in people if person.address_key not in suppressed]
        new = (
            subscribers.count_new(connection, willing) if dry_run else subscribers.add(connection, willing, app.clock())
        )
    return Imported(read=len(people), new=new, left=len(people) - len(willing), problems=problems)


def list_subscribers(app: App) -> list[Subscriber]:
    with app.database.read() as connection:
        return subscribers.every(connection)
