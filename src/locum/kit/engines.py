"""How each database is connected to, so that what was committed stays and a silent server is noticed."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Engine
from sqlalchemy.pool import NullPool

POSTGRES_THREADS = 4
# A server that went silent (network cut, host gone) is an error within half a minute, not a thread lost for hours.
POSTGRES_PATIENCE = {
    "connect_timeout": 10,
    "tcp_user_timeout": 20_000,
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
}


def sqlite_engine(url: sa.URL) -> Engine:
    """A write-ahead log, every commit synced to disk. Whoever takes a connection closes it."""
    engine = sa.create_engine(
        url.set(drivername="sqlite+pysqlite"),
        poolclass=NullPool,
        isolation_level="AUTOCOMMIT",
        connect_args={"check_same_thread": False, "timeout": 15, "cached_statements": 512},
    )

    @sa.event.listens_for(engine, "connect")
    def _prepare(raw: Any, _record: Any) -> None:
        for pragma in (
            "journal_mode=WAL",
            "synchronous=FULL",
            "foreign_keys=ON",
            "trusted_schema=OFF",
        ):
            raw.execute(f"PRAGMA {pragma}")

    return engine


def postgres_engine(url: sa.URL) -> Engine:
    """A connection for each database thread."""
    return sa.create_engine(
        url.set(drivername="postgresql+psycopg"),
        pool_size=POSTGRES_THREADS,
        max_overflow=0,
        connect_args=POSTGRES_PATIENCE,
    )
