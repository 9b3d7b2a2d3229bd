"""Days and periods as they are written in publisher.toml, and the plain file of holidays."""

from datetime import date, datetime
from pathlib import Path
from typing import Annotated, Any

from pydantic import BeforeValidator

from publisher.slots import named


def _day(value: Any) -> date:
    """A TOML date, or the same in quotation marks."""
    if isinstance(value, date) and not isinstance(value, datetime):
        return value
    found = named(value) if isinstance(value, str) else None
    if found is None or found[0] != "daily":
        raise ValueError(f'"{value}" is no date; write it like 2026-11-23')
    return found[1]


def _skip(value: Any) -> str:
    text = value.isoformat() if isinstance(value, date) and not isinstance(value, datetime) else value
    if not isinstance(text, str) or named(text) is None:
        raise ValueError(f'"{value}" is neither a date nor a period; write it like 2026-12-28 or "2026-W53"')
    return text


Day = Annotated[date, BeforeValidator(_day)]
Skip = Annotated[str, BeforeValidator(_skip)]


def holidays(folder: Path, path: Path) -> tuple[dict[date, str], list[str]]:
    """The days in a file of one ISO date a line, each with the name behind it, and what is wrong with its lines.

    `#` begins a comment. A file that cannot be read at all has one thing wrong.
    """
    if path.is_absolute() or ".." in path.parts:
        return {}, [f"{path}: must lie below the site folder; copy it there"]
    try:
        lines = (folder / path).read_text(encoding="utf-8-sig").splitlines()
    except FileNotFoundError:
        return {}, [f"{path}: there is no such file; make it, with one date a line like 2026-12-25"]
    except UnicodeDecodeError:
        return {}, [f"{path}: this is not UTF-8 text; save the file as UTF-8"]
    except OSError as exc:
        return {}, [f"{path}: cannot be read ({exc.strerror}); mend its path or its rights"]
    return _parsed(path, lines)


def _parsed(path: Path, lines: list[str]) -> tuple[dict[date, str], list[str]]:
    found: dict[date, str] = {}
    wrong = []
    for number, line in enumerate(lines, 1):
        written, _, name = line.split("#")[0].strip().partition(" ")
        day = named(written)
        if day and day[0] == "daily":
            found[day[1]] = name.strip()
        elif written:
            wrong.append(f'{path}:{number}: "{written[:40]}" is no date; write it like 2026-12-25, a name may follow')
    return found, wrong
