"""How each database is connected to. That a silent server is an error soon stands in `test_db.py`."""

from __future__ import annotations

from pathlib import Path

import sqlalchemy as sa
from bench.postgres import PostgresServer

from locum.kit.db import sqlite_url
from locum.kit.engines import POSTGRES_THREADS, postgres_engine, sqlite_engine


def test_sqlite_syncs_what_it_commits_and_keeps_what_points_elsewhere(tmp_path: Path) -> None:
    engine = sqlite_engine(sa.make_url(sqlite_url(tmp_path / "locum.db")))
    with engine.connect() as connection:
        asked = {name: connection.exec_driver_sql(f"PRAGMA {name}").scalar() for name in (
            "journal_mode", "synchronous", "foreign_keys", "trusted_schema"
        )}  # fmt: skip
    assert asked == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "trusted_schema": 0}
    engine.dispose()


def test_postgresql_has_a_connection_for_each_thread_and_no_more(postgres: PostgresServer) -> None:
    engine = postgres_engine(sa.make_url(postgres.create()))
    held = [engine.connect() for _ in range(POSTGRES_THREADS)]
    assert engine.pool.status().startswith(f"Pool size: {POSTGRES_THREADS} ")
    assert engine.pool.overflow() == 0  # type: ignore[attr-defined]
    for connection in held:
        connection.close()
    engine.dispose()
