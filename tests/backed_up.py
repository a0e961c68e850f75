"""Installations without a server, with something in most tables, to be backed up and restored in this process."""

from __future__ import annotations

import asyncio
import shutil
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

import sqlalchemy as sa

from locum.kit.db import Tx, open_database, sqlite_url
from locum.main.backup import back_up
from locum.main.operate import operate
from locum.main.prepare import Wish, prepare
from locum.main.restore import restore
from locum.resources.model import platform
from locum.sessions.request import Request, request_session
from locum.vault.secret import Secret
from whole_database import Rows, whole
from world import ACTOR, make_world

NOTHING: set[str] = set()


@dataclass(frozen=True)
class Made:
    """A data directory, its database, and an access session that is asked for."""

    data: Path
    url: str
    session: UUID

    def rows(self) -> Rows:
        return rows(self.url)


def make(folder: Path, url: str | None = None) -> Made:
    """Prepared, with a person who asked for access, and a platform that points to a later one."""
    data = folder / "data"
    prepare(data, Wish("admin", Secret("correct horse battery"), "none", "optional", url))
    found = url or sqlite_url(data / "locum.db")
    database = open_database(found)
    try:
        world = asyncio.run(make_world(database, data))
        asked = Request(world.person, activity_id=world.sudo, resource_id=world.resource)
        session = database.submit_write(request_session, ACTOR, asked, node="gone").result()
        database.submit_write(_platforms).result()
    finally:
        database.close()
    return Made(data, found, session)


def _platforms(tx: Tx) -> None:
    values = {"connector": "linux", "built_in_account": "root", "created_at": tx.now, "modified_at": tx.now}
    for number in (1, 2):
        tx.add(platform, id=UUID(int=number), name=f"Own {number}", description="", **values)
    tx.run(sa.update(platform).where(platform.c.id == UUID(int=1)).values(base_platform_id=UUID(int=2)))


def rows(url: str) -> Rows:
    """Everything in the database."""
    database = open_database(url)
    try:
        return whole(database, without=NOTHING)
    finally:
        database.close()


def backed_up(made: Made, file: Path, *, recordings: bool = False) -> Path:
    """A backup of it."""
    back_up(file, made.data, None, recordings=recordings)
    return file


def empty_directory(folder: Path, key_of: Made) -> Path:
    """A directory with nothing but the root key file of `key_of`."""
    (folder / "keys").mkdir(parents=True, mode=0o700)
    shutil.copy(key_of.data / "keys" / "root.key", folder / "keys" / "root.key")
    return folder


def restored(file: Path, data: Path, url: str | None = None, *, broken_audit: bool = False) -> str:
    """Restore it; answers the words."""
    return restore(file, data, url, None, broken_audit=broken_audit)


def break_audit(made: Made) -> None:
    """Change a sealed event behind the log's back."""
    assert operate("audit.verify", made.data, None)["ok"]
    database = open_database(made.url)
    with database.engine.connect() as connection:
        connection.exec_driver_sql("DROP TRIGGER audit_event_no_update")
        connection.exec_driver_sql("UPDATE audit_event SET actor_name = 'nobody' WHERE id = 1")
    database.close()
