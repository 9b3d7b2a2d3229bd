"""publisher.toml + environment -> one frozen, checked Config.

In: a site folder. Out: a Config whose every key is known and whose parts agree, or one ConfigError that lists all
that is wrong, each with its line. Environment variables win over the file: PUBLISHER_SITE__URL sets `url` in [site].
Config goes no further than `app`, which hands plain values and records to the rooms.
"""

import difflib
import json
import re
import tomllib
from pathlib import Path
from typing import Annotated, Any, Literal, TypeAlias
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError
from pydantic_core import ErrorDetails
from pydantic_settings import (
    BaseSettings,
    EnvSettingsSource,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    SettingsError,
)

from publisher.errors import ConfigError

FILE = "publisher.toml"
PREFIX = "PUBLISHER_"
WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


def _zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):  # ZoneInfoNotFoundError is a KeyError
        raise ValueError(f'"{name}" is not an IANA time zone; write it like "America/Los_Angeles"') from None
    return name


def _public_url(url: str) -> str:
    try:
        parts = urlsplit(url)
        public = parts.scheme in ("http", "https") and parts.hostname and not parts.query and not parts.fragment
        public = public and url.isascii() and url.isprintable() and " " not in url and not parts.username
    except ValueError:
        public = False
    if not public:
        raise ValueError(f'"{url}" is not a public address; write it like "https://news.example.org"')
    return url.rstrip("/")


def _mail_address(address: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9._+-]+@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+", address):
        raise ValueError(f'"{address}" is not a plain mail address; write it like "news@example.org"')
    return address


def _clock(text: str) -> str:
    if not re.fullmatch(r"([01]\d|2[0-3]):[0-5]\d", text, re.ASCII):
        raise ValueError(f'"{text}" is not a time of day; write it like "07:00"')
    return text


def _one_line(text: str) -> str:
    if not text.isprintable() or "\ufffe" in text or "\uffff" in text:
        raise ValueError(f"{json.dumps(text, ensure_ascii=False)} must be one line without control characters")
    return text


def _like(pattern: str, mend: str) -> AfterValidator:
    """A text must match the whole `pattern`; a person reads `mend`, never the pattern."""

    def check(text: str) -> str:
        if not re.fullmatch(pattern, text):
            raise ValueError(f"{json.dumps(text, ensure_ascii=False)} {mend}")
        return text

    return AfterValidator(check)


Zone = Annotated[str, AfterValidator(_zone)]
PublicUrl = Annotated[str, AfterValidator(_public_url)]
MailAddress = Annotated[str, AfterValidator(_mail_address)]
Clock = Annotated[str, AfterValidator(_clock)]
Slug = Annotated[
    str,
    Field(max_length=60),
    _like(r"[a-z0-9]+(-[a-z0-9]+)*", 'goes into addresses: use small letters, digits and hyphens, like "heart-health"'),
]
Language = Annotated[
    str, _like(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})*", 'is not a language tag; write it like "en" or "pt-BR"')
]
Domain = Annotated[str, _like(r"[a-z0-9.-]+\.[a-z]{2,}", 'is not a domain; write it like "example.org"')]
Colour = Annotated[str, _like(r"#[0-9a-fA-F]{6}", 'is not a colour; write it like "#1a5f7a"')]
Line = Annotated[str, Field(min_length=1, max_length=200), AfterValidator(_one_line)]


class Table(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Site(Table):
    """[site]: what this place is called and where it is published."""

    title: Line = "News"
    description: Line = "News and health articles"
    url: PublicUrl = "https://news.example.org"
    language: Language = "en"
    zone: Zone = "UTC"
    tag: Domain = "example.org"


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

    path: str
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
    palette: dict[str, Colour] = Field(default_factory=dict)


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


Loc: TypeAlias = tuple[int | str, ...]
Wrong: TypeAlias = tuple[Loc, str]


def _doubles(config: Config) -> list[Wrong]:
    """Names that must be unique within their tables; the later one is wrong."""
    named = [
        ("source", "name", [s.name for s in config.source]),
        ("topic", "slug", [t.slug for t in config.topic]),
        ("feed", "path", [f.path for f in config.feed]),
        ("newsletter", "name", [n.name for n in config.newsletter]),
    ]
    return [
        ((table, i, key), f'two [[{table}]] {key}s are "{name}"; give one of them another')
        for table, key, names in named
        for i, name in enumerate(names)
        if name in names[:i]
    ]


def _strangers(config: Config) -> list[Wrong]:
    """References to topics nobody declared, and limits that exclude each other."""
    known = list(dict.fromkeys(t.slug for t in config.topic))
    wrong: list[Wrong] = []
    for i, n in enumerate(config.newsletter):
        name = f'[[newsletter]] "{n.name}"'
        wrong += [
            (
                ("newsletter", i, "topics"),
                f'{name} names the topic "{t}", which no [[topic]] declares{_meant(t, known)}',
            )
            for t in n.topics
            if t not in known
        ]
        if n.fewest > n.most:
            what = f"{name}: fewest = {n.fewest} is more than most = {n.most}"
            wrong.append((("newsletter", i, "fewest"), what))
    for i, f in enumerate(config.feed):
        slug = f.path.removeprefix("topics/")
        if f.path != "news" and slug == f.path:
            wrong.append((("feed", i, "path"), f'[[feed]] "{f.path}" is neither "news" nor "topics/<slug>"'))
        elif f.path != "news" and slug not in known:
            what = f'[[feed]] "{f.path}" is for a topic that no [[topic]] declares{_meant(slug, known)}'
            wrong.append((("feed", i, "path"), what))
    return wrong


def load(folder: Path) -> Config:
    """Read and check `folder`/publisher.toml. Raises ConfigError with one line for each thing that is wrong."""
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
        raise ConfigError(f"{path}: is not valid TOML: {exc}") from exc
    return _checked(folder, tables, path.name, text)


def defaults(folder: Path) -> Config:
    """The Config of a folder without publisher.toml, for looking at a file before there is a site."""
    return _checked(folder, {}, "environment", "")


def _checked(folder: Path, tables: dict[str, Any], name: str, text: str) -> Config:
    wrong: list[Wrong] = []
    if "folder" in tables:  # a field of Config, and no setting
        wrong.append((("folder",), f'unknown table or key "folder"{_meant("folder", _known(("folder",)))}'))
    try:
        config = Config(**{key: value for key, value in tables.items() if key != "folder"})
        wrong += [*_doubles(config), *_strangers(config)]
    except SettingsError as exc:
        field = str(exc).split('"')[1]
        mend = f"must be JSON; or set one key at a time, like {PREFIX}SITE__URL"
        raise ConfigError(f"environment {PREFIX}{field.upper()}: {mend}") from exc
    except ValidationError as exc:
        wrong += [(error["loc"], _sentence(error)) for error in exc.errors()]
    if wrong:
        env = EnvSettingsSource(Config)()
        placed = [(_line_of(text, loc) or 0, _where(loc, name, text, env), what) for loc, what in wrong]
        raise ConfigError("\n".join(f"{where}: {what}" for _, where, what in sorted(placed, key=lambda p: p[0])))
    return config.model_copy(update={"folder": folder})


def _where(loc: Loc, name: str, text: str, env: dict[str, Any]) -> str:
    if _is_in(env, loc):
        return f"environment {_variable(loc)}"
    line = _line_of(text, loc)
    return f"{name}:{line}" if line else name


def _is_in(env: Any, loc: Loc) -> bool:
    """Whether the environment sets the value at `loc`."""
    for part in loc:
        try:
            env = env[part]
        except (KeyError, IndexError, TypeError):
            return False
    return True


def _variable(loc: Loc) -> str:
    """The environment variable for `loc`; lists of tables come whole, as JSON."""
    parts = list(loc[: next((i for i, part in enumerate(loc) if isinstance(part, int)), len(loc))])
    return PREFIX + "__".join(map(str, parts)).upper()


def _sentence(error: ErrorDetails) -> str:
    """One pydantic error as a line a person can act on."""
    loc = error["loc"]
    inner = loc[:-1] if isinstance(loc[-1], int) else loc  # an item of a list is told of as its list
    table, key = _table(inner), str(inner[-1])
    if error["type"] == "extra_forbidden":
        what = f'unknown key "{key}" in {table}' if len(loc) > 1 else f'unknown table or key "{key}"'
        return f"{what}{_meant(key, _known(loc))}"
    if error["type"] == "missing":
        return f'{table} needs "{key}"'
    if len(loc) == 1:
        return (
            f"write [[{key}]] in double brackets: there may be several"
            if error["type"] == "tuple_type"
            else (f"write [{key}] in single brackets: there is only one")
        )
    return f'"{key}" in {table}: {_reason(error)}'


_REASONS = {
    "tuple_type": 'must be a list; write it like ["one", "two"]',
    "model_type": "must be a table; write it like { key = value }",
    "string_type": "must be text, in quotation marks",
    "int_parsing": "must be a whole number, without quotation marks",
    "int_type": "must be a whole number, without quotation marks",
    "string_too_short": "must not be empty",
}


def _reason(error: ErrorDetails) -> str:
    if error["type"] in _REASONS:
        return _REASONS[error["type"]]
    message = error["msg"].removeprefix("Value error, ")
    return message[:1].lower() + message[1:] if message.startswith(("Input", "String")) else message


def _table(loc: Loc) -> str:
    """The table that the key at `loc` stands in, as it is written."""
    if len(loc) == 1:
        return "the top level"
    head = f"[[{loc[0]}]]" if isinstance(loc[1], int) else f"[{loc[0]}]"
    between = [str(part) for part in loc[1:-1] if isinstance(part, str)]
    return f"{'.'.join(between)} of {head}" if between else head


def _known(loc: Loc) -> list[str]:
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


def _line_of(text: str, loc: Loc) -> int | None:
    """The line where the key at `loc` stands, or the nearest key or table around it."""
    lines, path = _lines(text, loc), _path(loc)
    return next((lines[path[:cut]] for cut in range(len(path), 0, -1) if path[:cut] in lines), None)


def _path(loc: Loc) -> tuple[str, ...]:
    return tuple(part for part in loc if isinstance(part, str))


def _lines(text: str, loc: Loc) -> dict[tuple[str, ...], int]:
    """Lines of the tables and keys in the part of the file that `loc` is about; tomllib keeps no positions."""
    head = str(loc[0])
    index = loc[1] if len(loc) > 1 and isinstance(loc[1], int) else 0
    found: dict[tuple[str, ...], int] = {}
    seen = -1
    inside: tuple[str, ...] = ()
    for number, line in enumerate(text.splitlines(), start=1):
        bare = line.split("#")[0].strip()
        if bare.startswith("["):
            inside = tuple(bare.strip("[] ").split("."))
            seen += inside == (head,)
            if inside[0] == head and max(seen, 0) == index:
                found.setdefault(inside, number)
        elif not inside or (inside[0] == head and max(seen, 0) == index):
            first: tuple[str, ...] = ()
            for key in re.findall(r'(?:^|[{,])\s*"?([\w.-]+)"?\s*=', bare):
                path = (*inside, *first, *key.split("."))
                found.setdefault(path, number)
                first = first or tuple(key.split("."))
    return found


def rows(config: Config) -> list[tuple[str, Any, str]]:
    """Every setting as (dotted name, value, where it came from), secrets masked."""
    file = config.folder / FILE
    text = file.read_text(encoding="utf-8-sig") if file.exists() else ""
    env = EnvSettingsSource(Config)()
    flat: list[tuple[str, Any, str]] = []
    for name, value, loc in _leaves(config.model_dump(mode="json", exclude={"folder"})):
        flat.append((name, _masked(value) if name == "store.url" else value, _origin(loc, env, text)))
    return flat


def _leaves(value: Any, loc: Loc = ()) -> list[tuple[str, Any, Loc]]:
    if isinstance(value, dict):
        return [leaf for key, inner in value.items() for leaf in _leaves(inner, (*loc, key))]
    if isinstance(value, list) and value and isinstance(value[0], dict):
        return [leaf for i, inner in enumerate(value) for leaf in _leaves(inner, (*loc, i))]
    return [(".".join(map(str, loc)), value, loc)]


def _origin(loc: Loc, env: dict[str, Any], text: str) -> str:
    if _is_in(env, loc):
        return "environment"
    line = _lines(text, loc).get(_path(loc))
    return f"{FILE}:{line}" if line else "default"


def _masked(url: str) -> str:
    """A database address without its password, before the @ or among the parameters."""
    return re.sub(r"(password=)[^&]*", r"\1****", re.sub(r"(://[^:/@]*):.*@", r"\1:****@", url))
