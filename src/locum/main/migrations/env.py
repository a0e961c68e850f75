"""Runs the migrations on the connection that `locum.main.migrate` opened."""

from __future__ import annotations

from typing import Any, Literal

from alembic import context

from locum.kit.db import BIG_ID, UtcTime, metadata


def render_item(kind: str, item: Any, autogen_context: Any) -> str | Literal[False]:
    """Our column types by their names; everything else as Alembic writes it."""
    if kind == "type" and isinstance(item, UtcTime):
        return "UtcTime()"
    if kind == "type" and item is BIG_ID:
        return "BIG_ID"
    return False


connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=metadata,
    render_as_batch=True,
    transaction_per_migration=True,
    compare_type=True,
    render_item=render_item,
)
with context.begin_transaction():
    context.run_migrations()
