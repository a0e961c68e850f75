"""The nodes that carry connections, where there may be several."""

from __future__ import annotations

import sqlalchemy as sa

from locum.kit.db import UtcTime, metadata

# When each was last alive, and since when it is given up.
node_life = sa.Table(
    "node_life",
    metadata,
    sa.Column("node", sa.String(64), primary_key=True),
    sa.Column("seen_at", UtcTime, nullable=False),
    sa.Column("lost_at", UtcTime),
)
