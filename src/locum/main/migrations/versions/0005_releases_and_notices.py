"""credential release, notices and what the gateway is told"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """One function for each room's part, called here in the order in which they need each other."""
    _gateway()


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
