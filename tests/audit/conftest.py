"""A log to look at: events, the key that signs it, and ways past the triggers for whoever tampers."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from uuid import UUID

import pytest
import sqlalchemy as sa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from locum.audit.log import record
from locum.audit.sealer import Sealer
from locum.audit.verify import ANCHOR_FILE
from locum.kit.actor import Actor
from locum.kit.db import Database

ALICE = Actor(UUID(int=1), "alice", "192.0.2.7")


@pytest.fixture
def key() -> Ed25519PrivateKey:
    return Ed25519PrivateKey.from_private_bytes(bytes(range(32)))


@pytest.fixture
def anchor_path(tmp_path: Path) -> Path:
    return tmp_path / ANCHOR_FILE


@pytest.fixture
def sealer(database: Database, key: Ed25519PrivateKey, anchor_path: Path) -> Sealer:
    return Sealer(database, key, anchor_path)


@pytest.fixture
def write(database: Database) -> Callable[[int], None]:
    """Write so many events, one transaction each."""

    def events(count: int) -> None:
        futures = [
            database.submit_write(
                record,
                ALICE,
                "resource.added",
                object_kind="resource",
                object_id=UUID(int=100 + number),
                detail={"resource": f"host-{number}", "count": number},
            )
            for number in range(count)
        ]
        for future in futures:
            future.result()

    return events


@pytest.fixture
def owner(database: Database) -> Iterator[sa.Engine]:
    """The database as its owner reaches it, beside Locum's own connections."""
    engine = sa.create_engine(database.engine.url, poolclass=sa.NullPool)
    yield engine
    engine.dispose()


@pytest.fixture
def tamper(owner: sa.Engine) -> Callable[..., None]:
    """Run SQL with the triggers dropped and no look at foreign keys."""

    def run(*statements: str | sa.Executable) -> None:
        with owner.connect() as connection:
            if connection.dialect.name == "sqlite":
                names = connection.exec_driver_sql("SELECT name FROM sqlite_master WHERE type = 'trigger'")
                for name in names.scalars().all():
                    connection.exec_driver_sql(f"DROP TRIGGER {name}")
            else:
                connection.exec_driver_sql("DROP FUNCTION IF EXISTS audit_append_only CASCADE")
                for table, name in connection.exec_driver_sql(
                    "SELECT conrelid::regclass::text, conname FROM pg_constraint"
                    " WHERE contype IN ('f', 'c') AND conrelid::regclass::text LIKE 'audit_%%'"
                ).all():
                    connection.exec_driver_sql(f"ALTER TABLE {table} DROP CONSTRAINT {name}")
            for statement in statements:
                connection.execute(sa.text(statement) if isinstance(statement, str) else statement)
            connection.commit()

    return run
