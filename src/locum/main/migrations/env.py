"""Runs the migrations on the connection that `locum.main.migrate` opened."""

from __future__ import annotations

from alembic import context

from locum.kit.db import metadata

connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=metadata,
    render_as_batch=True,
    transaction_per_migration=True,
    compare_type=True,
)
with context.begin_transaction():
    context.run_migrations()
