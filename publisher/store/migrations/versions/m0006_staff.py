"""Staff: who approved what, what they wrote, their personal links, and the mails that told them."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _approvals()
    _comments()
    _notices()


def _approvals() -> None:
    op.create_table(
        "approval",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("issue", sa.Integer(), nullable=False),
        sa.Column("who", sa.String(length=120), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("how", sa.String(length=12), nullable=False),
        sa.Column("void_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_approval")),
        sa.ForeignKeyConstraint(["issue"], ["issue.id"], name=op.f("fk_approval_issue_issue")),
    )
    stands = sa.text("void_at IS NULL")
    op.create_index(
        "uq_approval_standing",
        "approval",
        ["issue", "who", "hash"],
        unique=True,
        sqlite_where=stands,
        postgresql_where=stands,
    )


def _comments() -> None:
    op.create_table(
        "comment",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("issue", sa.Integer(), nullable=False),
        sa.Column("who", sa.String(length=120), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_comment")),
        sa.ForeignKeyConstraint(["issue"], ["issue.id"], name=op.f("fk_comment_issue_issue")),
        sa.UniqueConstraint("issue", "who", "digest", name=op.f("uq_comment_issue_who_digest")),
    )


def _notices() -> None:
    op.create_table(
        "staff_pass",
        sa.Column("public_id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("issue", sa.Integer(), nullable=False),
        sa.Column("who", sa.String(length=120), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("public_id", name=op.f("pk_staff_pass")),
        sa.ForeignKeyConstraint(["issue"], ["issue.id"], name=op.f("fk_staff_pass_issue_issue")),
    )
    op.create_table(
        "staff_notice",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("issue", sa.Integer(), nullable=False),
        sa.Column("who", sa.String(length=120), nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("about", sa.String(length=100), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("pass_id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("trouble", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_staff_notice")),
        sa.ForeignKeyConstraint(["issue"], ["issue.id"], name=op.f("fk_staff_notice_issue_issue")),
        sa.ForeignKeyConstraint(["pass_id"], ["staff_pass.public_id"], name=op.f("fk_staff_notice_pass_id_staff_pass")),
        sa.UniqueConstraint("issue", "who", "kind", "about", name=op.f("uq_staff_notice_issue_who_kind_about")),
    )
    op.create_index(op.f("ix_staff_notice_due_at"), "staff_notice", ["due_at"])
