"""The whole schema on one page. Moments are aware UTC; what a source states about dates is kept as its own text.

No ON DELETE CASCADE anywhere: rows that matter are never removed by removing others.
"""

from datetime import UTC, datetime

from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    DateTime,
    Dialect,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    TypeDecorator,
    UniqueConstraint,
)

HEAD = "0008"
"""The newest migration this program knows."""

metadata = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    }
)


class Moment(TypeDecorator[datetime]):
    """An aware UTC datetime. SQLite keeps no zone, so it is taken off on the way in and put back on the way out."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a moment without a zone cannot be stored")
        utc = value.astimezone(UTC)
        return utc.replace(tzinfo=None) if dialect.name == "sqlite" else utc

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Words(TypeDecorator[tuple[str, ...]]):
    """Short names without spaces, each between two spaces: ` one two `. A question for one is a LIKE; none is empty."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: tuple[str, ...] | str | None, dialect: Dialect) -> str | None:
        if value is None or isinstance(value, str):  # a text is what a LIKE asks for
            return value
        return f" {' '.join(value)} " if value else ""

    def process_result_value(self, value: str | None, dialect: Dialect) -> tuple[str, ...] | None:
        return None if value is None else tuple(value.split())


class RandomId(TypeDecorator[str]):
    """32 hexadecimal digits, kept as the 16 bytes they are: an index of a million of them is half as large."""

    impl = LargeBinary(16)
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> bytes | None:
        return None if value is None else bytes.fromhex(value)

    def process_result_value(self, value: bytes | None, dialect: Dialect) -> str | None:
        return None if value is None else value.hex()


article = Table(
    "article",
    metadata,
    Column("id", String(400), primary_key=True),
    Column("slug", String(120), nullable=False, unique=True),
    Column("source", String(60), nullable=False),
    Column("key", Text, nullable=False),
    Column("headline_key", Text, nullable=False),
    Column("headline", Text, nullable=False),
    Column("body", Text, nullable=False),
    Column("summary", Text),
    Column("image", JSON),
    Column("authors", JSON, nullable=False),
    Column("topics", JSON, nullable=False),
    Column("published", String(40)),
    Column("updated", String(40)),
    Column("embargo", Moment),
    Column("review_by", String(10)),
    Column("url", Text),
    Column("language", String(20)),
    Column("translation_of", Text),
    Column("correction", Text),
    Column("attachments", JSON, nullable=False, server_default="[]"),
    Column("published_at", Moment, nullable=False),
    Column("updated_at", Moment, nullable=False, unique=True),
    Column("first_seen", Moment, nullable=False),
    Column("withdrawn_at", Moment),
    Column("withdrawn_why", Text),
    Column("by_hand", JSON, nullable=False, server_default="{}"),
    Column("borrowed", JSON, nullable=False, server_default="[]"),
    Column("revision", Integer, nullable=False, server_default="0"),
    UniqueConstraint("source", "key"),
    Index(None, "headline_key"),
    Index(None, "key"),
    Index(None, "translation_of"),
    Index(None, "url"),
    Index(None, "published_at"),
    Index(None, "embargo"),
    Index(None, "revision"),
)

teaser = Table(
    "teaser",
    metadata,
    Column("id", String(400), primary_key=True),
    Column("slug", String(120), nullable=False),
    Column("source", String(60), nullable=False),
    Column("key", Text, nullable=False),
    Column("headline", Text, nullable=False),
    Column("caption", Text),
    Column("excerpt", Text),
    Column("truncated", Boolean, nullable=False),
    Column("url", Text),
    Column("image", JSON),
    Column("published", String(40)),
    Column("page", Text),
    Column("shown_by", String(400), ForeignKey("article.id")),
    Column("article", String(400), ForeignKey("article.id")),
    Column("published_at", Moment, nullable=False),
    Column("first_seen", Moment, nullable=False),
    Column("revision", Integer, nullable=False, server_default="0"),
    UniqueConstraint("source", "key"),
    Index(None, "url"),
    Index(None, "published_at"),
    Index(None, "article"),
    Index(None, "revision"),
)

event = Table(
    "event",
    metadata,
    Column("id", String(400), primary_key=True),
    Column("source", String(60), nullable=False),
    Column("key", Text, nullable=False),
    Column("title", Text, nullable=False),
    Column("start", Moment, nullable=False),
    Column("end", Moment),
    Column("zone", String(60), nullable=False),
    Column("place", Text),
    Column("url", Text),
    Column("summary", Text),
    Column("topics", JSON, nullable=False),
    Column("language", String(20)),
    UniqueConstraint("source", "key"),
    Index(None, "start"),
)

fetched = Table(
    "fetched",
    metadata,
    Column("source", String(60), primary_key=True),
    Column("url", Text, primary_key=True),
    Column("at", Moment, nullable=False),
    Column("etag", Text),
    Column("last_modified", Text),
    Column("mark", Text),
)

collection = Table(
    "collection",
    metadata,
    Column("source", String(60), primary_key=True),
    Column("at", Moment, nullable=False),
    Column("new", Integer, nullable=False),
    Column("updated", Integer, nullable=False),
    Column("problems", Integer, nullable=False),
)

issue = Table(
    "issue",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("newsletter", String(60), nullable=False),
    Column("period", String(10), nullable=False),
    Column("state", String(12), nullable=False),
    Column("after", Moment, nullable=False),
    Column("cut_off", Moment, nullable=False),
    Column("drafted_at", Moment, nullable=False),
    Column("lead", String(400)),
    Column("entries", JSON, nullable=False),
    Column("events", JSON, nullable=False),
    Column("shown", JSON, nullable=False, server_default="[]"),
    Column("findings", JSON, nullable=False),
    Column("edits", JSON, nullable=False, server_default="{}"),
    Column("overrides", JSON, nullable=False, server_default="[]"),
    Column("looked_at", Text, nullable=False, server_default=""),
    Column("reason", Text),
    Column("revision", Integer, nullable=False, server_default="0"),
    Column("forgotten_at", Moment),
    UniqueConstraint("newsletter", "period"),
)

edition = Table(
    "edition",
    metadata,
    Column("issue", ForeignKey("issue.id"), primary_key=True, autoincrement=False),
    Column("place", Integer, primary_key=True, autoincrement=False),
    Column("language", String(20), nullable=False),
    Column("subject", Text, nullable=False),
    Column("preheader", Text, nullable=False),
    Column("title", Text, nullable=False),
    Column("sender_name", Text, nullable=False),
    Column("sender_address", Text, nullable=False),
    Column("greeting", Text, nullable=False),
    Column("greeting_named", Text, nullable=False),
    Column("html", Text, nullable=False),
    Column("text", Text, nullable=False),
    Column("blocks", JSON, nullable=False),
    Column("nonce", String(40), nullable=False),
    Column("hash", String(64), nullable=False),
    Column("date", Moment, nullable=False),
)

audit = Table(
    "audit",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("issue", ForeignKey("issue.id"), nullable=False),
    Column("at", Moment, nullable=False),
    Column("who", String(120), nullable=False),
    Column("before", String(12)),
    Column("after", String(12), nullable=False),
    Column("why", Text),
)

intake = Table(
    "intake",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("at", Moment, nullable=False),
    Column("who", String(120), nullable=False),
    Column("files", Text, nullable=False),
    Column("source", Text, nullable=False),
    Column("consent", Text, nullable=False),
)

subscriber = Table(
    "subscriber",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("public_id", RandomId, nullable=False, unique=True),
    Column("address", String(254), nullable=False),
    Column("address_key", String(254), nullable=False, unique=True),
    Column("fingerprint", LargeBinary(16), nullable=False),
    Column("name", String(200)),
    Column("language", String(20)),
    Column("topics", JSON, nullable=False),
    Column("newsletters", Words, nullable=False, server_default=""),
    Column("state", String(12), nullable=False),
    Column("paused_until", Moment),
    Column("consent_source", Text),
    Column("consent_at", String(40)),
    Column("created_at", Moment, nullable=False),
    Column("intake", ForeignKey("intake.id")),
    Column("revision", Integer, nullable=False, server_default="0"),
    # The number of someone erased is never given to another: old deliveries still carry it.
    sqlite_autoincrement=True,
)

consent = Table(
    "consent",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("subscriber", ForeignKey("subscriber.id"), nullable=False),
    Column("at", Moment, nullable=False),
    Column("what", String(12), nullable=False),
    Column("how", Text, nullable=False),
    Index(None, "subscriber"),
)

# By what the key of the suppression list makes of nothing: another key would make an empty list of it.
keymark = Table(
    "keymark",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("mark", LargeBinary(16), nullable=False),
)

suppression = Table(
    "suppression",
    metadata,
    Column("fingerprint", LargeBinary(16), primary_key=True),
    Column("newsletter", String(60), primary_key=True),
    Column("reason", String(12), nullable=False),
    Column("at", Moment, nullable=False),
    Column("how", Text, nullable=False),
)

request = Table(
    "request",
    metadata,
    Column("public_id", RandomId, primary_key=True),
    Column("address", String(254), nullable=False),
    Column("address_key", String(254), nullable=False),
    Column("newsletters", Words, nullable=False),
    Column("topics", JSON, nullable=False),
    Column("language", String(20)),
    Column("asked_at", Moment, nullable=False),
    Column("expires_at", Moment, nullable=False),
    Column("mailing_until", Moment),
    Column("mailed_at", Moment),
    Column("used_at", Moment),
    Index(None, "address_key"),
    Index(None, "asked_at"),
)

bounce = Table(
    "bounce",
    metadata,
    Column("digest", String(64), primary_key=True),
    Column("subscriber", ForeignKey("subscriber.id"), nullable=False),
    Column("at", Moment, nullable=False),
    Column("kind", String(10), nullable=False),
    Column("issue", Integer),
    Column("permanent", Boolean, nullable=False),
    Column("status", String(12)),
    Index(None, "subscriber"),
)

delivery = Table(
    "delivery",
    metadata,
    Column("issue", ForeignKey("issue.id"), primary_key=True, autoincrement=False),
    # No reference: the count stays when the person is erased.
    Column("subscriber", Integer, primary_key=True, autoincrement=False),
    Column("public_id", RandomId),
    Column("address", String(254)),
    Column("fingerprint", LargeBinary(16)),
    Column("name", String(200)),
    Column("language", String(20)),
    Column("topics", JSON, nullable=False, server_default="[]"),
    Column("state", String(12), nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("claim", String(32)),
    Column("lease_until", Moment),
    Column("reply", Text),
    Column("settled_at", Moment),
    Column("first_try", Moment),
    Column("next_try", Moment),
    Column("doubts", Integer, nullable=False, server_default="0"),
    UniqueConstraint("issue", "fingerprint"),
)
# Each claim asks for the first of those that wait, so they stand here in their order. What is settled is not in it:
# a copy's last change of state, which a thousand a second make, then touches no index.
Index(
    "ix_delivery_open",
    delivery.c.issue,
    delivery.c.state,
    delivery.c.subscriber,
    sqlite_where=delivery.c.settled_at.is_(None),
    postgresql_where=delivery.c.settled_at.is_(None),
)

sender = Table(
    "sender",
    metadata,
    Column("token", String(32), primary_key=True),
    Column("issue", ForeignKey("issue.id"), nullable=False),
    Column("relay", String(300), nullable=False),
    Column("live", Boolean, nullable=False),
    Column("started_at", Moment, nullable=False),
    Column("seen_at", Moment, nullable=False),
    Column("ended_at", Moment),
    Column("why", Text),
    Index(None, "issue"),
)

# What was set while it runs (NULL: as publisher.toml says), and when the next copy may leave.
pace = Table(
    "pace",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("per_minute", Integer),
    Column("connections", Integer),
    Column("per_connection", Integer),
    Column("hours", String(11)),
    Column("days", Words),
    Column("next_free", Moment),
)

# A relay that could not be used: not tried again before `until`.
relay = Table(
    "relay",
    metadata,
    Column("name", String(300), primary_key=True),
    Column("failures", Integer, nullable=False),
    Column("since", Moment, nullable=False),
    Column("until", Moment, nullable=False),
    Column("trouble", Text, nullable=False),
)

heartbeat = Table(
    "heartbeat",
    metadata,
    Column("name", String(80), primary_key=True),
    Column("at", Moment, nullable=False),
)

entry = Table(
    "entry",
    metadata,
    Column("id", String(400), primary_key=True),
    Column("kind", String(8), nullable=False),
    Column("issue", ForeignKey("issue.id"), unique=True),
    Column("month", String(7), nullable=False),
    Column("published", Moment, nullable=False),
    Column("updated", Moment, nullable=False, unique=True),
    Column("gone_at", Moment),
)

listing = Table(
    "listing",
    metadata,
    Column("feed", String(140), primary_key=True),
    Column("entry", String(400), ForeignKey("entry.id"), primary_key=True),
    Column("part", String(12), nullable=False),
    Column("shown", Boolean, nullable=False),
    Column("published", Moment, nullable=False),
    Column("updated", Moment, nullable=False),
    Column("gone_at", Moment),
    Index(None, "feed", "part"),
    Index(None, "feed", "published"),
    Index(None, "feed", "updated"),
    Index(None, "entry"),
)
# Few entries are ever withdrawn: an index of those alone costs the others nothing.
Index(
    None,
    listing.c.feed,
    listing.c.gone_at,
    sqlite_where=listing.c.gone_at.is_not(None),
    postgresql_where=listing.c.gone_at.is_not(None),
)

document = Table(
    "document",
    metadata,
    Column("feed", String(140), primary_key=True),
    Column("part", String(12), primary_key=True),
    Column("stale", Boolean, nullable=False),
    Index(None, "stale"),
)

build = Table(
    "build",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("revision", Integer, nullable=False),
    Column("until", Moment, nullable=False),
    Column("settings", String(64), nullable=False),
)

ping = Table(
    "ping",
    metadata,
    Column("url", String(400), primary_key=True),
    Column("hash", String(64), nullable=False),
    Column("since", Moment, nullable=False),
    Column("due_at", Moment),
    Column("attempts", Integer, nullable=False),
    Column("trouble", Text),
)

rendition = Table(
    "rendition",
    metadata,
    Column("original", String(60), primary_key=True),
    Column("width", Integer, primary_key=True, autoincrement=False),
    Column("name", String(60), nullable=False),
    Column("wide", Integer, nullable=False),
    Column("high", Integer, nullable=False),
)

alarm = Table(
    "alarm",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("at", Moment, nullable=False),
    Column("kind", String(20), nullable=False),
    Column("newsletter", String(60), nullable=False),
    Column("period", String(10), nullable=False),
    Column("text", Text, nullable=False),
    Column("said_at", Moment),
)

alarm_post = Table(
    "alarm_post",
    metadata,
    Column("alarm", ForeignKey("alarm.id"), primary_key=True, autoincrement=False),
    Column("channel", String(200), primary_key=True),
    Column("attempts", Integer, nullable=False),
    Column("due_at", Moment),
    Column("done_at", Moment),
    Column("trouble", Text),
)

# Which life of the database this is, and how many sends were begun in it: `publisher.epoch` beside the keys must agree.
epoch = Table(
    "epoch",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("name", String(32), nullable=False),
    Column("begun", Integer, nullable=False),
)

# When this database was restored, and who let it send again.
restoration = Table(
    "restoration",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("at", Moment, nullable=False),
    Column("who", String(120), nullable=False),
    Column("what", Text, nullable=False),
)

approval = Table(
    "approval",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("issue", ForeignKey("issue.id"), nullable=False),
    Column("who", String(120), nullable=False),
    Column("hash", String(64), nullable=False),
    Column("at", Moment, nullable=False),
    Column("how", String(12), nullable=False),
    Column("void_at", Moment),
)
# However often someone approves the same content, it is one approval.
Index(
    "uq_approval_standing",
    approval.c.issue,
    approval.c.who,
    approval.c.hash,
    unique=True,
    sqlite_where=approval.c.void_at.is_(None),
    postgresql_where=approval.c.void_at.is_(None),
)

# The same words about the same content are one comment: a form that is sent twice says nothing twice.
comment = Table(
    "comment",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("issue", ForeignKey("issue.id"), nullable=False),
    Column("who", String(120), nullable=False),
    Column("at", Moment, nullable=False),
    Column("text", Text, nullable=False),
    Column("digest", String(64), nullable=False),
    UniqueConstraint("issue", "who", "digest"),
)

staff_pass = Table(
    "staff_pass",
    metadata,
    Column("public_id", RandomId, primary_key=True),
    Column("issue", ForeignKey("issue.id"), nullable=False),
    Column("who", String(120), nullable=False),
    Column("hash", String(64), nullable=False),
    Column("expires_at", Moment, nullable=False),
)

staff_notice = Table(
    "staff_notice",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("issue", ForeignKey("issue.id"), nullable=False),
    Column("who", String(120), nullable=False),
    Column("kind", String(12), nullable=False),
    Column("about", String(100), nullable=False),
    Column("text", Text, nullable=False),
    Column("pass_id", ForeignKey("staff_pass.public_id"), nullable=False),
    Column("made_at", Moment, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("due_at", Moment),
    Column("done_at", Moment),
    Column("trouble", Text),
    UniqueConstraint("issue", "who", "kind", "about"),
    Index(None, "due_at"),
)
