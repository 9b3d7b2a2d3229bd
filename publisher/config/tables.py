"""What may stand in publisher.toml: each table with its keys, their types, defaults and limits."""

import json
import re
from ipaddress import ip_network
from pathlib import Path
from typing import Annotated, Literal, TypeAlias
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, TypeAdapter, ValidationError, field_serializer
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from publisher.addresses import Allowed
from publisher.config.days import Day, Skip
from publisher.errors import ConfigError
from publisher.records import Interval, OnHoliday, SourceKind, Which
from publisher.return_paths import LONGEST_NAME

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


def _web_url(url: str) -> str:
    """An address to ask; unlike one of ours it may have a query, as plain WordPress and many feeds have."""
    try:
        parts = urlsplit(url)
        known = parts.scheme in ("http", "https") and parts.hostname and not parts.username and parts.port != 0
        known = known and "#" not in url and url.isascii() and url.isprintable() and " " not in url
    except ValueError:
        known = False
    if not known:
        raise ValueError(f'"{url}" is not an address on the web; write it like "https://www.example.org/news"')
    return url


def _allowed(text: str) -> str:
    try:
        if not re.fullmatch(r"[A-Za-z0-9.:/\[\]-]+", text):
            raise ConfigError(text)
        Allowed.of([text])
    except ConfigError:
        raise ValueError(
            f'"{text}" is neither a host nor a network; write it like "intranet.example:8080" or "10.0.0.0/8"'
        ) from None
    return text


def _hub(url: str) -> str:
    _public_url(url)
    return url


def _webhook(url: str) -> str:
    """Often the path is the only secret of a webhook: what is wrong is told without repeating it."""
    try:
        parts = urlsplit(url)
        known = parts.scheme in ("http", "https") and parts.hostname and not parts.fragment and not parts.username
        known = known and parts.port != 0 and url.isascii() and url.isprintable() and " " not in url
    except ValueError:
        known = False
    if not known:
        raise ValueError('this is not the address of a webhook; write it like "https://alerts.example.org/publisher"')
    return url


def _secret(text: str) -> str:
    if text and len(text) < 16:
        raise ValueError("needs at least 16 characters; make one with `openssl rand -hex 32`")
    return text


def _mail_address(address: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9._+-]+@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+", address):
        raise ValueError(f'"{address}" is not a plain mail address; write it like "news@example.org"')
    return address


def _bounce_address(address: str) -> str:
    """What comes before the @ is followed by a token of up to 54 characters, and 64 are all there may be."""
    name, _, _ = _mail_address(address).partition("@")
    if len(name) > LONGEST_NAME or "+" in name:
        raise ValueError(
            f'"{address}" needs at most {LONGEST_NAME} letters before the @ and no +, for a token is added there; '
            'write it like "bounces@news.example.org"'
        )
    return address


def _network(text: str) -> str:
    try:
        ip_network(text, strict=False)
    except ValueError:
        raise ValueError(f'"{text}" is neither an IP address nor a network; write it like "10.0.0.0/8"') from None
    return text


def _clock(text: str) -> str:
    if not re.fullmatch(r"([01]\d|2[0-3]):[0-5]\d", text, re.ASCII):
        raise ValueError(f'"{text}" is not a time of day; write it like "07:00"')
    return text


def _hours(text: str) -> str:
    begin, _, end = text.partition("-")
    try:
        same = _clock(begin) == _clock(end)
    except ValueError:
        same = True
    if same:
        raise ValueError(f'"{text}" is no time from and to; write it like "08:00-20:00"')
    return text


def _one_line(text: str) -> str:
    if not text.strip():
        raise ValueError("must not be empty")
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
HubUrl = Annotated[str, AfterValidator(_hub)]
WebhookUrl = Annotated[str, AfterValidator(_webhook)]
Secret = Annotated[str, AfterValidator(_secret)]
PublicUrl = Annotated[str, AfterValidator(_public_url)]
WebUrl = Annotated[str, AfterValidator(_web_url)]
AllowedPlace = Annotated[str, AfterValidator(_allowed)]
MailAddress = Annotated[str, AfterValidator(_mail_address)]
BounceAddress = Annotated[str, AfterValidator(_bounce_address)]
Network = Annotated[str, AfterValidator(_network)]
Clock = Annotated[str, AfterValidator(_clock)]
Hours = Annotated[str, AfterValidator(_hours)]
Weekday: TypeAlias = Literal["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]
Selector = Annotated[
    str,
    Field(max_length=63),
    _like(r"[a-z0-9]([a-z0-9.-]*[a-z0-9])?", 'is no DKIM selector; write it like "publisher2026"'),
]
Slug = Annotated[
    str,
    Field(max_length=60),
    _like(r"[a-z0-9]+(-[a-z0-9]+)*", 'goes into addresses: use small letters, digits and hyphens, like "heart-health"'),
]


def is_slug(text: str) -> bool:
    """Whether it may be the short name of something in publisher.toml."""
    try:
        return bool(TypeAdapter(Slug).validate_python(text))
    except ValidationError:
        return False


Language = Annotated[
    str, _like(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})*", 'is not a language tag; write it like "en" or "pt-BR"')
]
Domain = Annotated[str, _like(r"[a-z0-9.-]+\.[a-z]{2,}", 'is not a domain; write it like "example.org"')]
Colour = Annotated[str, _like(r"#[0-9a-fA-F]{6}", 'is not a colour; write it like "#1a5f7a"')]
FontList = Annotated[
    str,
    Field(max_length=200),
    _like(
        r"([A-Za-z][A-Za-z0-9 -]*, *)*(serif|sans-serif|monospace|system-ui)",
        'is not a list of font families; write it like "Georgia, Times New Roman, serif", the general one last',
    ),
]
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
    languages: tuple[Language, ...] = ()
    icon: Path | None = None
    logo: Path | None = None
    hub: HubUrl | None = None


class Organisation(Table):
    """[organisation]: who answers for the mail; the address is printed in every footer."""

    name: Line = "The hospital"
    url: PublicUrl = "https://www.example.org"
    address: tuple[Line, ...] = ()


class Store(Table):
    """[store]: `sqlite:///file` beside publisher.toml, or `postgresql://user:password@host/name`."""

    url: str = "sqlite:///publisher.db"


class SourceTable(Table):
    """[[source]]: where content comes from; `path` is below the site folder or absolute, `urls` are on the web."""

    name: Slug
    kind: SourceKind
    path: Path | None = None
    urls: tuple[WebUrl, ...] = ()
    every_minutes: Annotated[int, Field(ge=1, le=1440)] = 15
    follow: bool = True
    most_pages: Annotated[int, Field(ge=1, le=1000)] = 50
    allow: tuple[AllowedPlace, ...] = ()
    pause_seconds: Annotated[float, Field(ge=0, le=60)] = 1


class TopicTable(Table):
    """[[topic]]: a subject readers can choose; each has feeds of its own."""

    slug: Slug
    title: Line
    titles: dict[Language, Line] = Field(default_factory=dict)


class FeedTable(Table):
    """[[feed]]: settings of one feed: `news`, `topics/<slug>`, `languages/<tag>` or `newsletters/<name>`."""

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


class Fonts(Table):
    """Families that mail programs find on the reader's own machine: nothing is ever loaded."""

    heading: FontList = "Georgia, Times New Roman, serif"
    body: FontList = "Segoe UI, Roboto, Helvetica Neue, Helvetica, Arial, sans-serif"


class TranslationTable(Table):
    """[newsletter.translations.<language>]: the office's own words in a further language of the newsletter."""

    title: Line | None = None
    tagline: Line | None = None
    intro: Annotated[str, Field(max_length=600)] | None = None
    reason: Line | None = None
    footer_note: Annotated[str, Field(max_length=300)] | None = None
    events_url: PublicUrl | None = None
    notice: Notice | None = None


class NewsletterTable(Table):
    """[[newsletter]]: a standing promise: what leaves, when, and by whose approval."""

    name: Slug
    title: Line
    tagline: Line = "Our health news"
    interval: Interval = "weekly"
    which: Which | None = None
    weekday: Weekday = "monday"
    at: Clock = "07:00"
    starts: Day | None = None
    skip: tuple[Skip, ...] = ()
    holidays: Path | None = None
    on_holiday: OnHoliday = "skip"
    zone: Zone | None = None
    language: Language | None = None
    sender: Sender
    topics: tuple[Slug, ...] = ()
    sources: tuple[Slug, ...] = ()
    sections: tuple[Slug, ...] = ()
    order: Literal["newest", "oldest"] = "newest"
    lead: Literal["newest-with-image", "newest"] = "newest-with-image"
    most: Annotated[int, Field(ge=1, le=40)] = 12
    fewest: Annotated[int, Field(ge=1, le=40)] = 1
    oldest_days: Annotated[int, Field(ge=1, le=365)] = 28
    event_days: Annotated[int, Field(ge=1, le=365)] = 28
    most_events: Annotated[int, Field(ge=0, le=20)] = 4
    events_url: PublicUrl | None = None
    catch_up_hours: Annotated[int, Field(ge=0, le=671)] | None = None
    reading_grade: Annotated[int, Field(ge=1, le=20)] = 10
    approval: Literal["automatic", "one-person", "two-person"] = "one-person"
    deadline: Literal["send", "hold"] = "hold"
    draft_hours: Annotated[int, Field(ge=0, le=167)] = 0
    remind_hours: Annotated[int, Field(ge=0, le=167)] = 0
    intro: Annotated[str, Field(max_length=600)] = ""
    reason: Line | None = None
    footer_note: Annotated[str, Field(max_length=300)] | None = None
    logo: Path | None = None
    notice: Notice | None = None
    palette: dict[str, Colour] = Field(default_factory=dict)
    fonts: Fonts = Fonts()
    translations: dict[Language, TranslationTable] = Field(default_factory=dict)


class StaffTable(Table):
    """[[staff]]: who is told of each issue, and may approve, hold or comment it by a personal link in that mail."""

    name: Annotated[Line, Field(max_length=100)]
    address: MailAddress
    rights: Literal["author", "approver", "administrator"]
    newsletters: tuple[Slug, ...] = ()


class Gate(Table):
    """[gate]: what every approval looks at beside the issue itself. Both take time, and `links` uses the network."""

    spam: bool = True
    links: bool = False


class Web(Table):
    """[web]: where `publisher serve` and `run` listen. A proxy before it gives the site its public address.

    Only a proxy in `trusted_proxies` is believed when it says whose request it passes on.
    """

    host: Line = "127.0.0.1"
    port: Annotated[int, Field(ge=1, le=65535)] = 8000
    trusted_proxies: tuple[Network, ...] = ("127.0.0.1", "::1")
    serve: bool = True
    metrics_from: tuple[Network, ...] = ("127.0.0.0/8", "::1")


class Subscribe(Table):
    """[subscribe]: the form for new subscribers, and how much of it a stranger may do."""

    open: bool = True
    days_to_confirm: Annotated[int, Field(ge=1, le=30)] = 7
    hours_between_mails: Annotated[int, Field(ge=1, le=720)] = 24
    hourly_per_client: Annotated[int, Field(ge=1, le=10_000)] = 5
    hourly_in_all: Annotated[int, Field(ge=1, le=1_000_000)] = 300
    most_pause_weeks: Annotated[int, Field(ge=1, le=52)] = 12
    privacy_url: PublicUrl | None = None


class Imap(Table):
    """[bounces.imap]: a mailbox on another machine. Without encryption only on this machine."""

    host: Line
    port: Annotated[int, Field(ge=1, le=65535)] = 993
    user: Line
    password: str = ""
    folder: Line = "INBOX"
    encryption: Literal["tls", "starttls", "none"] = "tls"
    ca_file: Path | None = None


class Bounces(Table):
    """[bounces]: where mail that cannot be delivered comes back to, and when an address has had enough of them."""

    address: BounceAddress | None = None
    issues_in_a_row: Annotated[int, Field(ge=1, le=20)] = 3
    maildir: Path | None = None
    imap: Imap | None = None
    poll_minutes: Annotated[int, Field(ge=1, le=1440)] = 5


class Retention(Table):
    """[retention]: what is personal is kept so long and no longer; 0 keeps it until someone is erased."""

    delivery_months: Annotated[int, Field(ge=0, le=120)] = 12
    left_months: Annotated[int, Field(ge=0, le=120)] = 24
    unconfirmed_days: Annotated[int, Field(ge=0, le=3650)] = 30
    request_days: Annotated[int, Field(ge=1, le=365)] = 30


class SmtpTable(Table):
    """[delivery.smtp]: the relay that takes our mail. Without encryption only on this machine, unless `clear_text`."""

    host: Line
    port: Annotated[int, Field(ge=1, le=65535)] = 587
    encryption: Literal["starttls", "tls", "none"] = "starttls"
    user: str = ""
    password: str = ""
    password_file: Path | None = None
    ca_file: Path | None = None
    hello: Line | None = None
    clear_text: bool = False


class DkimTable(Table):
    """[delivery.dkim]: the signature by which receivers know our mail. `domain` is the sender's unless it is given."""

    selector: Selector
    key_file: Path = Path("dkim.pem")
    domain: Domain | None = None


class Delivery(Table):
    """[delivery]: how mail leaves, and how fast. `file` writes one .eml for each subscriber below `outbox`, `maildir` a
    Maildir for each issue."""

    transport: Literal["file", "maildir", "smtp"] = "file"
    outbox: Path = Path("outbox")
    connections: Annotated[int, Field(ge=1, le=64)] = 4
    per_connection: Annotated[int, Field(ge=1, le=1_000_000)] = 100
    per_minute: Annotated[int, Field(ge=0, le=1_000_000)] = 0
    hours: Hours | None = None
    days: tuple[Weekday, ...] = ()
    after_crash: Literal["resend", "hold"] = "resend"
    give_up_hours: Annotated[int, Field(ge=1, le=168)] = 36
    batch: Annotated[int, Field(ge=1, le=1000)] = 100
    lease_seconds: Annotated[int, Field(ge=10, le=3600)] = 120
    smtp: SmtpTable | None = None
    dkim: DkimTable | None = None


class Alarms(Table):
    """[alarms]: who is told when something goes wrong, by mail and by a POST to a webhook, and how often the same; what
    goes wrong; and the address that is asked after each good minute, so that somebody else notices when we fall silent.
    """

    mail: tuple[MailAddress, ...] = ()
    webhook: WebhookUrl | None = None
    secret: Secret = ""
    hours_between: Annotated[int, Field(ge=1, le=168)] = 6
    slot_minutes: Annotated[int, Field(ge=1, le=10_080)] = 15
    stall_minutes: Annotated[int, Field(ge=1, le=10_080)] = 30
    source_hours: Annotated[int, Field(ge=1, le=720)] = 24
    bounce_percent: Annotated[float, Field(gt=0, le=100)] = 5.0
    complaint_percent: Annotated[float, Field(gt=0, le=100)] = 0.3
    ping: WebhookUrl | None = None
    ping_minutes: Annotated[int, Field(ge=1, le=1440)] = 5

    @field_serializer("webhook", "ping", when_used="json")
    def _host_alone(self, url: str | None) -> str | None:
        """As it is shown: without what may be secret in it."""
        return f"{urlsplit(url)._replace(path='', query='').geturl()}/****" if url else url

    @field_serializer("secret", when_used="json")
    def _hidden(self, secret: str) -> str:
        return "****" if secret else secret


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
    staff: tuple[StaffTable, ...] = ()
    gate: Gate = Gate()
    web: Web = Web()
    subscribe: Subscribe = Subscribe()
    bounces: Bounces = Bounces()
    retention: Retention = Retention()
    delivery: Delivery = Delivery()
    alarms: Alarms = Alarms()

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
