"""publisher.toml + environment -> one frozen, checked Config.

In: a site folder. Out: a Config whose every key is known and whose parts agree, or one ConfigError that lists all
that is wrong, each with its line. Environment variables win over the file: PUBLISHER_SITE__URL sets `url` in [site].
Config goes no further than `app`, which hands plain values and records to the rooms.
"""

import difflib
import re
import tomllib
from datetime import time
from pathlib import Path
from typing import Annotated, Any, Literal, Self
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, model_validator
from pydantic_core import ErrorDetails
from pydantic_settings import BaseSettings, EnvSettingsSource, PydanticBaseSettingsSource, SettingsConfigDict

from publisher.errors import ConfigError

FILE = "publisher.toml"
PREFIX = "PUBLISHER_"
WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


def _zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ValueError, OSError):
        raise ValueError(f'"{name}" is not an IANA time zone; write it like "America/Los_Angeles"') from None
    return name


def _public_url(url: str) -> str:
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment:
        raise ValueError(f'"{url}" is not a public address; write it like "https://news.example.org"')
    return url.rstrip("/")


def _mail_address(address: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9._+-]+@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+", address):
        raise ValueError(f'"{address}" is not a plain mail address; write it like "news@example.org"')
    return address


def _clock(text: str) -> str:
    try:
        time.fromisoformat(text)
    except ValueError:
        raise ValueError(f'"{text}" is not a time of day; write it like "07:00"') from None
    return text


Zone = Annotated[str, AfterValidator(_zone)]
PublicUrl = Annotated[str, AfterValidator(_public_url)]
MailAddress = Annotated[str, AfterValidator(_mail_address)]
Clock = Annotated[str, AfterValidator(_clock)]
Slug = Annotated[str, Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=60)]
Language = Annotated[str, Field(pattern=r"^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$")]
Line = Annotated[str, Field(min_length=1, max_length=200, pattern=r"^[^\r\n\x00-\x1f]+$")]


class Table(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Site(Table):
    """[site]: what this place is called and where it is published."""

    title: Line = "News"
    description: Line = "News and health articles"
    url: PublicUrl = "https://news.example.org"
    language: Language = "en"
    zone: Zone = "UTC"
    tag: Annotated[str, Field(pattern=r"^[a-z0-9.-]+\.[a-z]{2,}$")] = "example.org"


class Organisation(Table):
    """[organisation]: who answers for the mail; the address is printed in every footer."""

    name: Line = "The hospital"
    url: PublicUrl = "https://www.example.org"
    address: tuple[Line, ...] = ()


class Store(Table):
    """[store]: `sqlite:///file` beside publisher.toml, or `postgresql://user:password@host/name`."""

    url: str = "sqlite:///publisher.db"


class SourceTable(Table):
    """[[source]]: where content comes from; `path` is below the site folder or absolute."""

    name: Slug
    kind: Literal["markdown", "captured"]
    path: Path


class TopicTable(Table):
    """[[topic]]: a subject readers can choose; each has feeds of its own."""

    slug: Slug
    title: Line


class FeedTable(Table):
    """[[feed]]: settings of one feed; `news` is the whole site, `topics/<slug>` one topic."""

    path: Annotated[str, Field(pattern=r"^[a-z0-9-]+(/[a-z0-9-]+)*$")]
    title: Line | None = None
    description: Line | None = None
    teasers: Literal["summaries", "omit"] = "summaries"
    limit: Annotated[int, Field(ge=1, le=1000)] = 50


class Sender(Table):
    name: Line
    address: MailAddress


class Notice(Table):
    title: Line
    text: Annotated[str, Field(max_length=400)]


class NewsletterTable(Table):
    """[[newsletter]]: a standing promise: what leaves, when, and by whose approval."""

    name: Slug
    title: Line
    tagline: Line = "This week's health news"
    weekday: Literal["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"] = "monday"
    at: Clock = "07:00"
    zone: Zone | None = None
    language: Language | None = None
    sender: Sender
    topics: tuple[Slug, ...] = ()
    lead: Literal["newest-with-image", "newest"] = "newest-with-image"
    most: Annotated[int, Field(ge=1, le=40)] = 12
    fewest: Annotated[int, Field(ge=1, le=40)] = 1
    oldest_days: Annotated[int, Field(ge=1, le=365)] = 28
    event_days: Annotated[int, Field(ge=1, le=365)] = 28
    most_events: Annotated[int, Field(ge=0, le=20)] = 4
    events_url: PublicUrl | None = None
    catch_up_hours: Annotated[int, Field(ge=0, le=160)] = 48
    approval: Literal["automatic", "one-person"] = "one-person"
    intro: Annotated[str, Field(max_length=600)] = ""
    reason: Line = "You receive this email because you asked for it."
    footer_note: Annotated[str, Field(max_length=300)] | None = None
    logo: Path | None = None
    notice: Notice | None = None
    palette: dict[str, Annotated[str, Field(pattern=r"^#[0-9a-fA-F]{6}$")]] = Field(default_factory=dict)


class Delivery(Table):
    """[delivery]: how mail leaves. `file` writes one .eml for each subscriber below `outbox`."""

    transport: Literal["file"] = "file"
    outbox: Path = Path("outbox")
    batch: Annotated[int, Field(ge=1, le=1000)] = 100
    lease_seconds: Annotated[int, Field(ge=10, le=3600)] = 120


class Config(BaseSettings):
    """All settings of one site, frozen. `folder` is the site folder the paths are relative to."""

    model_config = SettingsConfigDict(
        frozen=True, extra="forbid", env_prefix=PREFIX, env_nested_delimiter="__", env_ignore_empty=True
    )

    folder: Path = Path()
    site: Site = Site()
    organisation: Organisation = Organisation()
    store: Store = Store()
    source: tuple[SourceTable, ...] = ()
    topic: tuple[TopicTable, ...] = ()
    feed: tuple[FeedTable, ...] = ()
    newsletter: tuple[NewsletterTable, ...] = ()
    delivery: Delivery = Delivery()

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        return env_settings, init_settings

    @model_validator(mode="after")
    def _agree(self) -> Self:
        clashes = [*_doubles(self), *_strangers(self)]
        if clashes:
            raise ValueError("\n".join(clashes))
        return self


def _doubles(config: Config) -> list[str]:
    """Names that must be unique within their tables."""
    named = {
        "[[source]] name": [s.name for s in config.source],
        "[[topic]] slug": [t.slug for t in config.topic],
        "[[feed]] path": [f.path for f in config.feed],
        "[[newsletter]] name": [n.name for n in config.newsletter],
    }
    return [
        f'two {where}s are "{name}"; give one of them another'
        for where, names in named.items()
        for name in sorted({n for n in names if names.count(n) > 1})
    ]


def _strangers(config: Config) -> list[str]:
    """References to topics nobody declared, and limits that exclude each other."""
    known = [t.slug for t in config.topic]
    wrong = [
        f'[[newsletter]] "{n.name}" names the topic "{slug}", which no [[topic]] declares{_meant(slug, known)}'
        for n in config.newsletter
        for slug in n.topics
        if slug not in known
    ]
    wrong += [
        f'[[feed]] "{f.path}" is for a topic that no [[topic]] declares{_meant(f.path[7:], known)}'
        for f in config.feed
        if f.path.startswith("topics/") and f.path[7:] not in known
    ]
    wrong += [
        f'[[feed]] "{f.path}" is neither "news" nor "topics/<slug>"'
        for f in config.feed
        if f.path != "news" and not f.path.startswith("topics/")
    ]
    wrong += [
        f'[[newsletter]] "{n.name}": fewest = {n.fewest} is more than most = {n.most}'
        for n in config.newsletter
        if n.fewest > n.most
    ]
    return wrong


def load(folder: Path) -> Config:
    """Read and check `folder`/publisher.toml. Raises ConfigError with one line for each thing that is wrong."""
    path = folder / FILE
    try:
        text = path.read_text(encoding="utf-8")
        tables = tomllib.loads(text)
    except FileNotFoundError:
        raise ConfigError(
            f"{path}: there is no such file; run this in a site folder, name one with --site, "
            "or make one with `publisher init`"
        ) from None
    except (OSError, UnicodeDecodeError) as exc:
        raise ConfigError(f"{path}: cannot be read ({exc}); it must be a UTF-8 text file") from exc
    except tomllib.TOMLDecodeError as exc:
        raise ConfigError(f"{path}: is not valid TOML: {exc}") from exc
    return _checked(tables | {"folder": folder}, path.name, text)


def defaults(folder: Path) -> Config:
    """The Config of a folder without publisher.toml, for looking at a file before there is a site."""
    return _checked({"folder": folder}, "environment", "")


def _checked(tables: dict[str, Any], name: str, text: str) -> Config:
    try:
        return Config(**tables)
    except ValidationError as exc:
        lines = [line for error in exc.errors() for line in _sentences(error, name, text)]
        raise ConfigError("\n".join(lines)) from exc


def _sentences(error: ErrorDetails, name: str, text: str) -> list[str]:
    """One pydantic error as lines a person can act on, each with file and line."""
    loc = error["loc"]
    if not loc:
        return [f"{name}: {line}" for line in _reason(error).splitlines()]
    line = _line_of(text, loc)
    where = f"{name}:{line}" if line else name
    table, key = _table(loc), str(loc[-1])
    if error["type"] == "extra_forbidden":
        what = f'unknown key "{key}" in {table}' if len(loc) > 1 else f'unknown table or key "{key}"'
        return [f"{where}: {what}{_meant(key, _known(loc))}"]
    if error["type"] == "missing":
        return [f'{where}: {table} needs "{key}"']
    return [f'{where}: "{key}" in {table}: {_reason(error)}']


def _reason(error: ErrorDetails) -> str:
    message = error["msg"].removeprefix("Value error, ")
    return message[:1].lower() + message[1:] if message.startswith(("Input", "String")) else message


def _table(loc: tuple[int | str, ...]) -> str:
    head = str(loc[0])
    if len(loc) > 1 and isinstance(loc[1], int):
        return f"[[{head}]]"
    return f"[{head}]" if len(loc) > 1 else "the top level"


def _known(loc: tuple[int | str, ...]) -> list[str]:
    """The keys that the table at `loc` takes."""
    model: type[BaseModel] = Config
    for part in loc[:-1]:
        if isinstance(part, int):
            continue
        field = model.model_fields[part]
        candidates = [field.annotation, *getattr(field.annotation, "__args__", ())]
        model = next(c for c in candidates if isinstance(c, type) and issubclass(c, BaseModel))
    return [name for name in model.model_fields if name != "folder"]


def _meant(word: str, known: list[str]) -> str:
    close = difflib.get_close_matches(word, known, n=1)
    return f' (did you mean "{close[0]}"?)' if close else f" (known: {', '.join(known)})" if known else ""


def _line_of(text: str, loc: tuple[int | str, ...]) -> int | None:
    """The line where the key at `loc` stands, or its table where the key is missing; tomllib keeps no positions."""
    head = str(loc[0])
    index = loc[1] if len(loc) > 1 and isinstance(loc[1], int) else 0
    key, seen, inside, table_line = str(loc[-1]), -1, len(loc) == 1, None
    for number, line in enumerate(text.splitlines(), start=1):
        bare = line.split("#")[0].strip()
        if bare.startswith("["):
            name = bare.strip("[] ")
            if len(loc) == 1 and name == key:
                return number
            seen += name == head
            inside = name.split(".")[0] == head and seen == index
            table_line = number if inside and name == head else table_line
        elif inside and re.match(rf'"?{re.escape(key)}"?\s*=', bare):
            return number
    return table_line


def rows(config: Config) -> list[tuple[str, Any, str]]:
    """Every setting as (dotted name, value, where it came from), secrets masked."""
    file = config.folder / FILE
    text = file.read_text(encoding="utf-8") if file.exists() else ""
    env = EnvSettingsSource(Config)()
    flat: list[tuple[str, Any, str]] = []
    for name, value, loc in _leaves(config.model_dump(mode="json", exclude={"folder"})):
        flat.append((name, _masked(value), _origin(loc, env, text)))
    return flat


def _leaves(value: Any, loc: tuple[int | str, ...] = ()) -> list[tuple[str, Any, tuple[int | str, ...]]]:
    if isinstance(value, dict):
        return [leaf for key, inner in value.items() for leaf in _leaves(inner, (*loc, key))]
    if isinstance(value, list) and value and isinstance(value[0], dict):
        return [leaf for i, inner in enumerate(value) for leaf in _leaves(inner, (*loc, i))]
    return [(".".join(map(str, loc)), value, loc)]


def _origin(loc: tuple[int | str, ...], env: dict[str, Any], text: str) -> str:
    value: Any = env
    for part in loc:
        value = value.get(part) if isinstance(value, dict) else None
    if value is not None:
        return "environment"
    table_only = _line_of(text, (*loc[:-1], "\0"))
    line = _line_of(text, loc)
    return f"{FILE}:{line}" if line and line != table_only else "default"


def _masked(value: Any) -> Any:
    return re.sub(r"(?<=://)([^:/@]+):[^@]+@", r"\1:****@", value) if isinstance(value, str) else value
