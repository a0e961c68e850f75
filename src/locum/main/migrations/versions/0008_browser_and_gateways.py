"""work in the browser, gateways of their own, and what came with them"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from locum.kit.db import UtcTime

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """One function for each room's part, called here in the order in which they need each other."""
    _nodes()


def _nodes() -> None:
    """Which nodes are alive."""
    op.create_table(
        "node_life",
        sa.Column("node", sa.String(length=64), nullable=False),
        sa.Column("seen_at", UtcTime(), nullable=False),
        sa.Column("lost_at", UtcTime(), nullable=True),
        sa.PrimaryKeyConstraint("node", name=op.f("pk_node_life")),
    )
