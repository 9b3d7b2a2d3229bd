"""publisher.toml + environment -> one frozen, checked Config.

In: a site folder. Out: a Config whose every key is known and whose parts agree, or one ConfigError that lists all
that is wrong, each with its line. Environment variables win over the file: PUBLISHER_SITE__URL sets `url` in [site].
Config goes no further than `app`, which hands plain values and records to the rooms.
"""

import re
import tomllib
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from pydantic_settings import EnvSettingsSource, SettingsError

from publisher.config.clashes import (
    Wrong,
    doubles,
    homeless,
    illegible,
    places,
    strangers,
    unasked as unasked,
    unattended,
    unsendable,
)
from publisher.config.places import Loc, is_in, key_path, line_of, lines, where
from publisher.config.schedules import catch_up_hours as catch_up_hours, impossible, schedule as schedule
from publisher.config.sentences import known, meant, sentence
from publisher.config.tables import (
    FILE as FILE,
    PREFIX as PREFIX,
    WEEKDAYS as WEEKDAYS,
    Config as Config,
    NewsletterTable as NewsletterTable,
    SmtpTable as SmtpTable,
    SourceTable as SourceTable,
    TranslationTable as TranslationTable,
    is_slug as is_slug,
)
from publisher.errors import ConfigError
from publisher.templating import Templates


def load(folder: Path, today: date | None = None) -> Config:
    """Read and check `folder`/publisher.toml. Raises ConfigError with one line for each thing that is wrong.

    Schedules are looked at for the years from `today` on: a slot must not fall into a gap of its zone's clock.
    """
    path = folder / FILE
    try:
        data = path.read_bytes()
        text = data.decode("utf-8-sig").replace("\r\n", "\n")
        tables = tomllib.loads(text)
    except FileNotFoundError:
        raise ConfigError(
            f"{path}: there is no such file; run this in a site folder, name one with --site, "
            "or make one with `publisher init`"
        ) from None
    except OSError as exc:
        raise ConfigError(f"{path}: cannot be read ({exc.strerror}); mend its path or its rights") from exc
    except UnicodeDecodeError as exc:
        line = data[: exc.start].count(b"\n") + 1
        raise ConfigError(f"{path}:{line}: this is not UTF-8 text; save the file as UTF-8") from exc
    except tomllib.TOMLDecodeError as exc:
        position = re.search(r"\(at line (\d+), column \d+\)", str(exc))
        line_number = f":{position[1]}" if position else ""
        what = str(exc).split(" (at ")[0]
        mend = 'texts and times need quotation marks, like at = "07:00"'
        raise ConfigError(f"{path}{line_number}: this is not TOML: {what}; {mend}") from exc
    return _checked(folder, tables, path.name, text, today)


def _palette(folder: Path) -> dict[str, str]:
    """The colours of the mail where publisher.toml says nothing: those of the templates."""
    return Templates(folder / "templates").data("email/palette.json")


def defaults(folder: Path) -> Config:
    """The Config of a folder without publisher.toml, for looking at a file before there is a site."""
    return _checked(folder, {}, "environment", "")


def _checked(folder: Path, tables: dict[str, Any], name: str, text: str, today: date | None = None) -> Config:
    wrong: list[Wrong] = []
    if "folder" in tables:  # a field of Config, and no setting
        wrong.append((("folder",), f'unknown table or key "folder"{meant("folder", known(("folder",)))}'))
    try:
        config = Config(**{key: value for key, value in tables.items() if key != "folder"})
        wrong += [
            *doubles(config),
            *places(config),
            *strangers(config),
            *unattended(config),
            *homeless(config),
            *unsendable(config),
            *illegible(config, _palette(folder)),
            *impossible(config, folder, today or datetime.now(UTC).date()),
        ]
    except SettingsError as exc:
        field = str(exc).split('"')[1]
        mend = f"must be JSON; or set one key at a time, like {PREFIX}SITE__URL"
        raise ConfigError(f"environment {PREFIX}{field.upper()}: {mend}") from exc
    except ValidationError as exc:
        wrong += [(error["loc"], sentence(error)) for error in exc.errors()]
    if wrong:
        env = EnvSettingsSource(Config)()
        placed = [(line_of(text, loc) or 0, where(loc, name, text, env), what) for loc, what in wrong]
        raise ConfigError("\n".join(f"{place}: {what}" for _, place, what in sorted(placed, key=lambda p: p[0])))
    return config.model_copy(update={"folder": folder})


def rows(config: Config) -> list[tuple[str, Any, str]]:
    """Every setting as (dotted name, value, where it came from), secrets masked."""
    file = config.folder / FILE
    text = file.read_text(encoding="utf-8-sig") if file.exists() else ""
    env = EnvSettingsSource(Config)()
    flat: list[tuple[str, Any, str]] = []
    for name, value, loc in _leaves(config.model_dump(mode="json", exclude={"folder"})):
        flat.append((name, _masked(name, value), _origin(loc, env, text)))
    return flat


def _leaves(value: Any, loc: Loc = ()) -> list[tuple[str, Any, Loc]]:
    if isinstance(value, dict):
        return [leaf for key, inner in value.items() for leaf in _leaves(inner, (*loc, key))]
    if isinstance(value, list) and value and isinstance(value[0], dict):
        return [leaf for i, inner in enumerate(value) for leaf in _leaves(inner, (*loc, i))]
    return [(".".join(map(str, loc)), value, loc)]


def _origin(loc: Loc, env: dict[str, Any], text: str) -> str:
    if is_in(env, loc):
        return "environment"
    line = lines(text, loc).get(key_path(loc))
    return f"{FILE}:{line}" if line else "default"


def _masked(name: str, value: Any) -> Any:
    """A password, or that in a database address, before the @ or among the parameters, is not shown."""
    if name.endswith(".password"):
        return "****" if value else value
    if name != "store.url":
        return value
    return re.sub(r"(password=)[^&]*", r"\1****", re.sub(r"(://[^:/@]*):.*@", r"\1:****@", value))
