"""Rows travel by the kind of their column; what does not fit its schema is refused."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import sqlalchemy as sa
from bench.postgres import PostgresServer
from sqlalchemy.engine import Connection

from locum.identities.model import api_key, identity
from locum.kit.db import Database, Tx, open_database, sqlite_url
from locum.kit.errors import Invalid, StartError
from locum.kit.ids import new_id
from locum.main.backup_format import Row, Table
from locum.main.backup_tables import TableWriter, read_tables, snapshot
from locum.main.migrate import migrate


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.full)])
def empty(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    if request.param == "sqlite":
        url = sqlite_url(tmp_path_factory.mktemp("empty") / "locum.db")
    else:
        server: PostgresServer = request.getfixturevalue("postgres")
        url = server.create()
    opened = open_database(url)
    migrate(opened)
    yield opened
    opened.close()


def fill(connection: Connection, records: list[Table | Row]) -> None:
    writer = TableWriter(connection)
    for record in records:
        if isinstance(record, Table):
            writer.table(record)
        else:
            writer.row(record)
    writer.finish()


def read(database: Database) -> list[Table | Row]:
    with snapshot(database) as connection:
        return list(read_tables(connection))


def _robot(tx: Tx) -> None:
    robot = new_id()
    names = {"name": "robot", "name_key": "robot"}
    tx.add(identity, id=robot, kind=2, locked=False, tokens_valid_from=tx.now, created_at=tx.now, modified_at=tx.now,
           **names)  # fmt: skip
    for operations in (None, [], ["Credential.Search"]):
        tx.add(api_key, id=new_id(), identity_id=robot, digest=new_id().bytes, operations=operations,
               created_at=tx.now)  # fmt: skip


def test_what_is_absent_empty_or_a_list_stays_so(empty: Database) -> None:
    empty.submit_write(_robot).result()
    found = read(empty)
    kinds = dict(next(r.columns for r in found if isinstance(r, Table) and r.name == "api_key"))
    assert (kinds["id"], kinds["operations"], kinds["created_at"], kinds["name"]) == (
        "uuid",
        "json",
        "time",
        "plain",
    )
    names = [record.name for record in found if isinstance(record, Table)]
    assert len(names) == len(set(names)) > 50
    with empty.engine.connect() as connection:
        for table in (api_key, identity):
            connection.execute(sa.delete(table))
        fill(connection, found)
        connection.exec_driver_sql("COMMIT" if not empty.is_sqlite else "SELECT 1")
    assert [r for r in read(empty) if isinstance(r, Row)] == [r for r in found if isinstance(r, Row)]
    texts = empty.submit_read(lambda tx: tx.scalars(sa.select(sa.cast(api_key.c.operations, sa.Text)))).result()
    assert sorted(str(text) for text in texts) == ["None", '["Credential.Search"]', "[]"]


def test_a_snapshot_can_not_write(empty: Database) -> None:
    with pytest.raises(sa.exc.DBAPIError), snapshot(empty) as connection:
        connection.exec_driver_sql("DELETE FROM identity")


def test_a_table_that_nobody_knows_is_not_left_out(empty: Database) -> None:
    with empty.engine.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE stray (id INTEGER)")
    with pytest.raises(StartError, match="other tables than those of this version"):
        read(empty)


def test_what_does_not_fit_is_refused(empty: Database) -> None:
    found = read(empty)
    one = next(record for record in found if isinstance(record, Table))
    for wrong, words in (
        ([Table("stray", [("id", "plain")])], "stray is not that of its schema"),
        ([Table(one.name, one.columns[1:])], "is not that of its schema"),
        ([one, one], "is not that of its schema"),
        ([Table(one.name, [(name, "shape") for name, _ in one.columns])], "kind of column"),
        ([one, Row([])], "not of its table"),
        ([record for record in found if record is not one], f"lacks the table {one.name}"),
    ):
        with empty.engine.connect() as connection, pytest.raises(Invalid, match=words):
            fill(connection, wrong)


def test_a_row_that_points_nowhere_is_refused(empty: Database) -> None:
    empty.submit_write(_robot).result()
    found: list[Table | Row] = []
    for record in read(empty):
        if isinstance(record, Table):
            of = record.name
        if isinstance(record, Table) or of != "identity":
            found.append(record)
    with empty.engine.connect() as connection:
        for table in (api_key, identity):
            connection.execute(sa.delete(table))
        if empty.is_sqlite:
            connection.exec_driver_sql("PRAGMA foreign_keys=OFF")
        with pytest.raises((Invalid, sa.exc.IntegrityError)):
            fill(connection, found)
