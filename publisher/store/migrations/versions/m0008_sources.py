"""Sources on the web: what was fetched when, and what the office decided over an article's source."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "fetched",
        sa.Column("source", sa.String(length=60), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("etag", sa.Text(), nullable=True),
        sa.Column("last_modified", sa.Text(), nullable=True),
        sa.Column("mark", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("source", "url", name=op.f("pk_fetched")),
    )
    with op.batch_alter_table("heartbeat") as heartbeat:  # the name of a source, and what is said of it
        heartbeat.alter_column("name", type_=sa.String(length=80), existing_type=sa.String(length=60))
    op.add_column("article", sa.Column("borrowed", sa.JSON(), server_default="[]", nullable=False))
    op.add_column("article", sa.Column("by_hand", sa.JSON(), server_default="{}", nullable=False))
