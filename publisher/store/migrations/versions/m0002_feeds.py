"""Feeds remember what they published: entries, their listings, the documents they lie in, and pings for the hub."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "build",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("settings", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_build")),
    )
    op.create_table(
        "document",
        sa.Column("feed", sa.String(length=140), nullable=False),
        sa.Column("part", sa.String(length=12), nullable=False),
        sa.Column("stale", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("feed", "part", name=op.f("pk_document")),
    )
    op.create_index(op.f("ix_document_stale"), "document", ["stale"], unique=False)
    op.create_table(
        "ping",
        sa.Column("url", sa.String(length=400), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("trouble", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("url", name=op.f("pk_ping")),
    )
    op.create_table(
        "entry",
        sa.Column("id", sa.String(length=400), nullable=False),
        sa.Column("kind", sa.String(length=8), nullable=False),
        sa.Column("issue", sa.Integer(), nullable=True),
        sa.Column("month", sa.String(length=7), nullable=False),
        sa.Column("published", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated", sa.DateTime(timezone=True), nullable=False),
        sa.Column("gone_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["issue"], ["issue.id"], name=op.f("fk_entry_issue")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_entry")),
        sa.UniqueConstraint("issue", name=op.f("uq_entry_issue")),
        sa.UniqueConstraint("updated", name=op.f("uq_entry_updated")),
    )
    op.create_table(
        "listing",
        sa.Column("feed", sa.String(length=140), nullable=False),
        sa.Column("entry", sa.String(length=400), nullable=False),
        sa.Column("part", sa.String(length=12), nullable=False),
        sa.Column("shown", sa.Boolean(), nullable=False),
        sa.Column("published", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated", sa.DateTime(timezone=True), nullable=False),
        sa.Column("gone_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["entry"], ["entry.id"], name=op.f("fk_listing_entry")),
        sa.PrimaryKeyConstraint("feed", "entry", name=op.f("pk_listing")),
    )
    op.create_index(op.f("ix_listing_entry"), "listing", ["entry"], unique=False)
    op.create_index(
        op.f("ix_listing_feed_gone_at"),
        "listing",
        ["feed", "gone_at"],
        unique=False,
        sqlite_where=sa.text("gone_at IS NOT NULL"),
        postgresql_where=sa.text("gone_at IS NOT NULL"),
    )
    op.create_index(op.f("ix_listing_feed_part"), "listing", ["feed", "part"], unique=False)
    op.create_index(op.f("ix_listing_feed_published"), "listing", ["feed", "published"], unique=False)
    op.create_index(op.f("ix_listing_feed_updated"), "listing", ["feed", "updated"], unique=False)
    op.add_column("article", sa.Column("attachments", sa.JSON(), server_default="[]", nullable=False))
    op.add_column("article", sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("article", sa.Column("withdrawn_why", sa.Text(), nullable=True))
    op.add_column("article", sa.Column("revision", sa.Integer(), server_default="0", nullable=False))
    op.create_index(op.f("ix_article_embargo"), "article", ["embargo"], unique=False)
    op.create_index(op.f("ix_article_revision"), "article", ["revision"], unique=False)
    op.add_column("teaser", sa.Column("revision", sa.Integer(), server_default="0", nullable=False))
    op.create_index(op.f("ix_teaser_article"), "teaser", ["article"], unique=False)
    op.create_index(op.f("ix_teaser_revision"), "teaser", ["revision"], unique=False)
