"""credential release, notices and what the gateway is told"""

from __future__ import annotations

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """One function for each room's part, called here in the order in which they need each other."""
