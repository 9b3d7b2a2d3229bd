"""Newsletters, pauses and imports of subscribers; requests, consents and bounces; a suppression list without addresses.

An address that was suppressed or sent to before is told by its fingerprint from here on, made with the site's key:
`fingerprint` in the attributes of Alembic's configuration is called only where there are such rows.
"""

from collections.abc import Callable
from typing import Any

import sqlalchemy as sa
from alembic import context, op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("issue", sa.Column("forgotten_at", sa.DateTime(timezone=True), nullable=True))
    if op.get_bind().dialect.name == "sqlite":
        # Random ids become the bytes they tell: PostgreSQL has this function, SQLite is given it.
        driver: Any = op.get_bind().connection.driver_connection
        driver.create_function("decode", 2, lambda text, _: bytes.fromhex(text), deterministic=True)
    _fingerprints()
    op.create_table(
        "intake",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("who", sa.String(length=120), nullable=False),
        sa.Column("files", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("consent", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_intake")),
    )
    for table in ("delivery", "subscriber", "suppression"):
        # Copied, not renamed: PostgreSQL would keep the names of the old constraints taken.
        op.execute(f"CREATE TABLE {table}_before AS SELECT * FROM {table}")  # noqa: S608 - our own names
        op.drop_table(table)
    _subscribers()
    _deliveries()
    _suppressions()
    for table in ("delivery_before", "subscriber_before", "suppression_before", "fingerprints"):
        op.drop_table(table)
    _new_tables()


def _fingerprints() -> None:
    """The fingerprint of each address key that any row holds."""
    known = op.create_table(
        "fingerprints",
        sa.Column("address_key", sa.String(length=254), nullable=False),
        sa.Column("fingerprint", sa.LargeBinary(length=16), nullable=False),
        sa.PrimaryKeyConstraint("address_key"),
    )
    # New keys in place of lost ones would break the links in the mails sent: nothing is migrated without the old.
    if op.get_bind().execute(sa.text("SELECT 1 FROM delivery WHERE state = 'accepted' LIMIT 1")).first():
        context.config.attributes.get("keys_were_used", lambda: None)()
    rows = op.get_bind().execute(
        sa.text(
            "SELECT address_key FROM subscriber UNION SELECT address_key FROM suppression "
            "UNION SELECT address_key FROM delivery"
        )
    )
    made: Callable[[str], bytes] = context.config.attributes["fingerprint"]
    fingerprints = [{"address_key": key, "fingerprint": made(key)} for (key,) in rows]
    op.bulk_insert(known, fingerprints)
    marks = op.create_table(
        "keymark",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("mark", sa.LargeBinary(length=16), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_keymark")),
    )
    if fingerprints:
        op.bulk_insert(marks, [{"id": 1, "mark": made("")}])


def _subscribers() -> None:
    op.create_table(
        "subscriber",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("address", sa.String(length=254), nullable=False),
        sa.Column("address_key", sa.String(length=254), nullable=False),
        sa.Column("fingerprint", sa.LargeBinary(length=16), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=True),
        sa.Column("language", sa.String(length=20), nullable=True),
        sa.Column("topics", sa.JSON(), nullable=False),
        sa.Column("newsletters", sa.Text(), server_default="", nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("paused_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("consent_source", sa.Text(), nullable=True),
        sa.Column("consent_at", sa.String(length=40), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("intake", sa.Integer(), nullable=True),
        sa.Column("revision", sa.Integer(), server_default="0", nullable=False),
        sa.ForeignKeyConstraint(["intake"], ["intake.id"], name=op.f("fk_subscriber_intake")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_subscriber")),
        sa.UniqueConstraint("address_key", name=op.f("uq_subscriber_address_key")),
        sa.UniqueConstraint("public_id", name=op.f("uq_subscriber_public_id")),
        sqlite_autoincrement=True,
    )
    op.execute(
        "INSERT INTO subscriber (id, public_id, address, address_key, fingerprint, name, language, topics, state, "
        "consent_source, consent_at, created_at) "
        "SELECT id, decode(public_id, 'hex'), address, s.address_key, fingerprint, name, language, topics, state, "
        "consent_source, consent_at, created_at "
        "FROM subscriber_before s JOIN fingerprints f ON f.address_key = s.address_key"
    )
    # What they agreed to is what there was: a newsletter of the future is not theirs.
    names = op.get_bind().execute(sa.text("SELECT DISTINCT newsletter FROM issue ORDER BY newsletter")).scalars().all()
    if names:
        op.execute(sa.text("UPDATE subscriber SET newsletters = :all").bindparams(all=f" {' '.join(names)} "))
    if op.get_bind().dialect.name != "sqlite":
        op.execute(
            "SELECT setval(pg_get_serial_sequence('subscriber', 'id'), max(id)) FROM subscriber HAVING max(id) > 0"
        )


def _deliveries() -> None:
    op.create_table(
        "delivery",
        sa.Column("issue", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("subscriber", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("public_id", sa.LargeBinary(length=16), nullable=True),
        sa.Column("address", sa.String(length=254), nullable=True),
        sa.Column("fingerprint", sa.LargeBinary(length=16), nullable=True),
        sa.Column("name", sa.String(length=200), nullable=True),
        sa.Column("language", sa.String(length=20), nullable=True),
        sa.Column("topics", sa.JSON(), server_default="[]", nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("claim", sa.String(length=32), nullable=True),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reply", sa.Text(), nullable=True),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["issue"], ["issue.id"], name=op.f("fk_delivery_issue")),
        sa.PrimaryKeyConstraint("issue", "subscriber", name=op.f("pk_delivery")),
        sa.UniqueConstraint("issue", "fingerprint", name=op.f("uq_delivery_issue_fingerprint")),
    )
    op.create_index(op.f("ix_delivery_issue_state"), "delivery", ["issue", "state"], unique=False)
    op.execute(
        "INSERT INTO delivery (issue, subscriber, public_id, address, fingerprint, name, language, topics, state, "
        "attempts, claim, lease_until, reply, settled_at) "
        "SELECT issue, subscriber, decode(public_id, 'hex'), address, fingerprint, name, language, topics, state, "
        "attempts, claim, lease_until, reply, settled_at "
        "FROM delivery_before d JOIN fingerprints f ON f.address_key = d.address_key"
    )


def _suppressions() -> None:
    op.create_table(
        "suppression",
        sa.Column("fingerprint", sa.LargeBinary(length=16), nullable=False),
        sa.Column("newsletter", sa.String(length=60), nullable=False),
        sa.Column("reason", sa.String(length=12), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("how", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("fingerprint", "newsletter", name=op.f("pk_suppression")),
    )
    op.execute(
        "INSERT INTO suppression (fingerprint, newsletter, reason, at, how) "
        "SELECT fingerprint, '', 'unsubscribed', at, reason "
        "FROM suppression_before s JOIN fingerprints f ON f.address_key = s.address_key"
    )


def _new_tables() -> None:
    op.create_table(
        "consent",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("subscriber", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("what", sa.String(length=12), nullable=False),
        sa.Column("how", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["subscriber"], ["subscriber.id"], name=op.f("fk_consent_subscriber")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_consent")),
    )
    op.create_index(op.f("ix_consent_subscriber"), "consent", ["subscriber"], unique=False)
    op.create_table(
        "request",
        sa.Column("public_id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("address", sa.String(length=254), nullable=False),
        sa.Column("address_key", sa.String(length=254), nullable=False),
        sa.Column("newsletters", sa.Text(), nullable=False),
        sa.Column("topics", sa.JSON(), nullable=False),
        sa.Column("language", sa.String(length=20), nullable=True),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("mailing_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("mailed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("public_id", name=op.f("pk_request")),
    )
    op.create_index(op.f("ix_request_address_key"), "request", ["address_key"], unique=False)
    op.create_index(op.f("ix_request_asked_at"), "request", ["asked_at"], unique=False)
    op.create_table(
        "bounce",
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("subscriber", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("issue", sa.Integer(), nullable=True),
        sa.Column("permanent", sa.Boolean(), nullable=False),
        sa.Column("status", sa.String(length=12), nullable=True),
        sa.ForeignKeyConstraint(["subscriber"], ["subscriber.id"], name=op.f("fk_bounce_subscriber")),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_bounce")),
    )
    op.create_index(op.f("ix_bounce_subscriber"), "bounce", ["subscriber"], unique=False)
