"""Editions in several languages and their blocks, edits and overrides of issues, resized pictures, translations."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("article", sa.Column("translation_of", sa.Text(), nullable=True))
    op.create_index(op.f("ix_article_key"), "article", ["key"], unique=False)
    op.create_index(op.f("ix_article_translation_of"), "article", ["translation_of"], unique=False)
    op.add_column("issue", sa.Column("edits", sa.JSON(), server_default="{}", nullable=False))
    op.add_column("issue", sa.Column("overrides", sa.JSON(), server_default="[]", nullable=False))
    op.add_column("issue", sa.Column("shown", sa.JSON(), server_default="[]", nullable=False))
    op.add_column("issue", sa.Column("looked_at", sa.Text(), server_default="", nullable=False))
    op.add_column("issue", sa.Column("revision", sa.Integer(), server_default="0", nullable=False))
    op.add_column("delivery", sa.Column("language", sa.String(length=20), nullable=True))
    op.add_column("delivery", sa.Column("topics", sa.JSON(), server_default="[]", nullable=False))
    op.create_table(
        "rendition",
        sa.Column("original", sa.String(length=60), nullable=False),
        sa.Column("width", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("wide", sa.Integer(), nullable=False),
        sa.Column("high", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("original", "width", name=op.f("pk_rendition")),
    )
    _editions()


def _editions() -> None:
    """A primary key cannot be changed in place on SQLite. What was frozen before had one language, whichever it was."""
    # Copied, not renamed: PostgreSQL would keep the names of the old constraints taken.
    op.execute("CREATE TABLE edition_before AS SELECT * FROM edition")
    op.drop_table("edition")
    op.create_table(
        "edition",
        sa.Column("issue", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("place", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("language", sa.String(length=20), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("preheader", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("sender_name", sa.Text(), nullable=False),
        sa.Column("sender_address", sa.Text(), nullable=False),
        sa.Column("greeting", sa.Text(), nullable=False),
        sa.Column("greeting_named", sa.Text(), nullable=False),
        sa.Column("html", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("blocks", sa.JSON(), nullable=False),
        sa.Column("nonce", sa.String(length=40), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.Column("date", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["issue"], ["issue.id"], name=op.f("fk_edition_issue")),
        sa.PrimaryKeyConstraint("issue", "place", name=op.f("pk_edition")),
    )
    op.execute(
        "INSERT INTO edition (issue, place, language, subject, preheader, title, sender_name, sender_address, "
        "greeting, greeting_named, html, text, blocks, nonce, hash, date) "
        "SELECT issue, 0, '', subject, preheader, title, sender_name, sender_address, "
        "greeting, greeting_named, html, text, '[]', nonce, hash, date FROM edition_before"
    )
    op.drop_table("edition_before")
