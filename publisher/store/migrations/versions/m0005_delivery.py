"""Delivery by relays: when a copy is tried again, who sends, how fast, which relay cannot be used, and alarms."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("delivery", sa.Column("first_try", sa.DateTime(timezone=True), nullable=True))
    op.add_column("delivery", sa.Column("next_try", sa.DateTime(timezone=True), nullable=True))
    op.add_column("delivery", sa.Column("doubts", sa.Integer(), server_default="0", nullable=False))
    op.drop_index(op.f("ix_delivery_issue_state"), "delivery")
    is_open = sa.text("settled_at IS NULL")
    op.execute("UPDATE delivery SET settled_at = NULL WHERE state IN ('waiting', 'claimed', 'sending', 'deferred')")
    op.create_index(
        "ix_delivery_open",
        "delivery",
        ["issue", "state", "subscriber"],
        sqlite_where=is_open,
        postgresql_where=is_open,
    )
    _senders()
    _alarms()


def _senders() -> None:
    op.create_table(
        "sender",
        sa.Column("token", sa.String(length=32), nullable=False),
        sa.Column("issue", sa.Integer(), nullable=False),
        sa.Column("relay", sa.String(length=300), nullable=False),
        sa.Column("live", sa.Boolean(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("why", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("token", name=op.f("pk_sender")),
        sa.ForeignKeyConstraint(["issue"], ["issue.id"], name=op.f("fk_sender_issue_issue")),
    )
    op.create_index(op.f("ix_sender_issue"), "sender", ["issue"])
    op.create_table(
        "pace",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("per_minute", sa.Integer(), nullable=True),
        sa.Column("connections", sa.Integer(), nullable=True),
        sa.Column("per_connection", sa.Integer(), nullable=True),
        sa.Column("hours", sa.String(length=11), nullable=True),
        sa.Column("days", sa.Text(), nullable=True),
        sa.Column("next_free", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pace")),
    )
    op.create_table(
        "relay",
        sa.Column("name", sa.String(length=300), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("trouble", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_relay")),
    )


def _alarms() -> None:
    op.create_table(
        "alarm",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("newsletter", sa.String(length=60), nullable=False),
        sa.Column("period", sa.String(length=10), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("said_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_alarm")),
    )
    op.create_table(
        "alarm_post",
        sa.Column("alarm", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("channel", sa.String(length=200), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("trouble", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("alarm", "channel", name=op.f("pk_alarm_post")),
        sa.ForeignKeyConstraint(["alarm"], ["alarm.id"], name=op.f("fk_alarm_post_alarm_alarm")),
    )
