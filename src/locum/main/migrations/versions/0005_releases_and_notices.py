"""credential release, notices and what the gateway is told"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from locum.kit.names import name_key

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """One function for each room's part, called here in the order in which they need each other."""
    _gateway()
    _past_sessions()


def _gateway() -> None:
    op.create_table(
        "channel_rules",
        sa.Column("profile_id", sa.Uuid(), nullable=False),
        sa.Column("shell", sa.Boolean(), nullable=False),
        sa.Column("command", sa.Boolean(), nullable=False),
        sa.Column("upload", sa.Boolean(), nullable=False),
        sa.Column("download", sa.Boolean(), nullable=False),
        sa.Column("paths", sa.JSON(), nullable=False),
        sa.Column("max_file_bytes", sa.BigInteger(), nullable=True),
        sa.Column("destinations", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(
            ["profile_id"], ["connection_profile.id"], name=op.f("fk_channel_rules_profile_id")
        ),
        sa.PrimaryKeyConstraint("profile_id", name=op.f("pk_channel_rules")),
    )


def _past_sessions() -> None:
    """A million of them are found by index, and in the text of their notes and tickets."""
    op.add_column("access_session", sa.Column("search_key", sa.String(600), server_default="", nullable=False))
    there = sa.table("access_session", *(sa.column(name) for name in ("id", "note", "ticket", "search_key")))
    noted = sa.or_(there.c.note.is_not(None), there.c.ticket.is_not(None))
    for row in op.get_bind().execute(sa.select(there).where(noted)).all():
        key = "\x1f".join(name_key(part) for part in (row.ticket, row.note) if part)[:600]
        op.get_bind().execute(sa.update(there).where(there.c.id == row.id).values(search_key=key))
    for name in ("identity_id", "resource_id", "created_at"):
        op.drop_index(f"ix_access_session_{name}", "access_session")
    for name in ("identity_id", "resource_id", "activity_id", "policy_id"):
        op.create_index(f"ix_access_session_{name}", "access_session", [name, "status", "created_at", "id"])
    op.create_index("ix_access_session_created_at", "access_session", ["created_at", "id", "status"])
    noted_only = sa.text("search_key <> ''")
    op.create_index(
        "ix_access_session_search",
        "access_session",
        ["search_key", "status", "created_at", "id", "identity_id", "policy_id", "activity_id", "resource_id"],
        sqlite_where=noted_only,
        postgresql_where=noted_only,
    )
