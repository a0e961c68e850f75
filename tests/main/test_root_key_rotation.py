"""Changing the root key: killed at each step, under load, with two nodes; nothing is lost and no read fails."""

from __future__ import annotations

import asyncio
import json
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from uuid import UUID

import pytest
import sqlalchemy as sa

import crashing_rotation
from crashing_rotation import ACTOR, rotation
from installation import Installation
from locum.audit.model import audit_event
from locum.kit.db import Database, Tx, open_database, sqlite_url
from locum.kit.errors import Invalid, StartError
from locum.main.root_key_rotation import RootKeyRotation, new_text
from locum.main.root_keys import root_key_path
from locum.recordings.format import Event
from locum.recordings.key import KEY_PURPOSE, data_key, wrapped_key
from locum.recordings.store import Store, key_path
from locum.sessions import archiving
from locum.sessions.model import connection
from locum.sessions.request import Request, request_session
from locum.vault import providers, reseal
from locum.vault.key_file import KeyFile, create_root_key
from locum.vault.key_text import parsed
from locum.vault.keyring import Keyring, load_keyring
from locum.vault.providers import InEnvironment
from locum.vault.seal import SealBroken, key_id
from locum.vault.secret import Secret
from locum.vault.store import Vault
from recorded import RECORDING_ID, frames
from world import ACTOR as WORLD_ACTOR
from world import make_world


@dataclass
class Filled:
    """A directory with a root key, eight versions of seven secrets and a recording."""

    data: Path
    secrets: dict[UUID, bytes]

    def check(self, work: RootKeyRotation) -> None:
        """Everything opens."""
        for secret_id, value in self.secrets.items():
            assert work.db.submit_read(work.vault.open, secret_id, purpose="x").result().reveal() == value
        first = next(iter(self.secrets))
        earlier = work.db.submit_read(work.vault.open, first, purpose="x", version=1).result()
        assert earlier.reveal() == b"earlier"
        assert data_key(work.vault, Store(work.data_dir / "recordings").path(RECORDING_ID), RECORDING_ID)


def fill(data: Path, database: Database) -> Filled:
    create_root_key(root_key_path(data))
    vault = Vault(load_keyring(root_key_path(data)))
    ids = [database.submit_write(vault.put, Secret(b"earlier"), purpose="x").result() for _ in range(7)]
    secrets = {secret_id: f"value {i}".encode() for i, secret_id in enumerate(ids)}
    for secret_id, value in secrets.items():
        keep = secret_id == ids[0]
        database.submit_write(vault.replace, secret_id, Secret(value), purpose="x", keep=keep).result()
    key, wrapped = vault.new_data_key(purpose=KEY_PURPOSE, subject_id=RECORDING_ID)
    with Store(data / "recordings").create(RECORDING_ID) as file:
        file.write(b"".join(frames([[Event(1.0, "o", b"x")]], key=key, wrapped=wrapped)))
    return Filled(data, secrets)


@pytest.fixture
def work(database: Database, tmp_path: Path) -> RootKeyRotation:
    vault = Vault(load_keyring(root_key_path(tmp_path)))
    return RootKeyRotation(database, vault, tmp_path, ACTOR)


@pytest.fixture(autouse=True)
def filled(request: pytest.FixtureRequest, tmp_path: Path) -> Filled | None:
    if "work" not in request.fixturenames:
        return None
    return fill(tmp_path, request.getfixturevalue("database"))


def actions(database: Database) -> list[str]:
    select = sa.select(audit_event.c.action).where(audit_event.c.action.like("root_key.%"))
    return database.submit_read(lambda tx: tx.scalars(select.order_by(audit_event.c.id))).result()


def test_rotate_moves_everything_and_drop_forgets_the_old_key(work: RootKeyRotation, filled: Filled) -> None:
    old = work.vault.keyring.active_id
    words = work.rotate(prepare_only=False)
    new = work.vault.keyring.active_id
    assert words == f"root key {new} is active; 9 moved to it"
    assert work.status()["keys"] == [
        {"id": new, "state": "active", "secrets": 8, "recordings": 1},
        {"id": old, "state": "retired", "secrets": 0, "recordings": 0},
    ]
    filled.check(work)
    assert work.drop_retired() == (True, f"dropped root key {old}")
    assert work.drop_retired() == (True, "there is no retired root key")
    filled.check(work)
    keyring = load_keyring(root_key_path(work.data_dir))  # after a restart too
    filled.check(RootKeyRotation(work.db, Vault(keyring), work.data_dir, ACTOR))
    assert [one["state"] for one in work.status()["keys"]] == ["active", "dropped"]
    assert actions(work.db) == [
        "root_key.added", "root_key.activated", "root_key.resealed", "root_key.resealed", "root_key.dropped",
    ]  # fmt: skip


async def archive_the_recording(work: RootKeyRotation, folder: Path) -> UUID:
    """Its file is in the archive, its data key in the database."""
    world = await make_world(work.db, folder)
    asked = Request(world.person, activity_id=world.sudo, resource_id=world.resource)
    store = Store(work.data_dir / "recordings")

    def move(tx: Tx) -> None:
        session = request_session(tx, WORLD_ACTOR, asked, node="n")
        tx.add(connection, id=RECORDING_ID, session_id=session, identity_id=world.person, node="n",
               address="192.0.2.1", recorded=True, opened_at=tx.now, closed_at=tx.now)  # fmt: skip
        archiving.archived(tx, RECORDING_ID, wrapped_key(store.path(RECORDING_ID)))

    await work.db.write(move)
    store.delete(RECORDING_ID)
    return RECORDING_ID


@pytest.mark.anyio
async def test_the_keys_of_archived_recordings_move_too(work: RootKeyRotation, tmp_path: Path) -> None:
    one = await archive_the_recording(work, tmp_path / "world")
    old = work.vault.keyring.active_id
    rotate = partial(work.rotate, prepare_only=False)
    await asyncio.to_thread(rotate)
    recordings = {key["id"]: key["recordings"] for key in (await asyncio.to_thread(work.status))["keys"]}
    assert (recordings[work.vault.keyring.active_id], recordings[old]) == (1, 0)
    key = await work.db.read(archiving.key_of, one)
    assert key is not None
    assert work.vault.unwrap_data_key(key, purpose=KEY_PURPOSE, subject_id=one)
    assert await asyncio.to_thread(work.drop_retired) == (True, f"dropped root key {old}")


def test_the_audit_log_names_keys_and_numbers(work: RootKeyRotation) -> None:
    work.rotate(prepare_only=False)
    new = work.vault.keyring.active_id
    select = sa.select(audit_event.c.detail).where(audit_event.c.action == "root_key.resealed")
    found = [json.loads(text) for text in work.db.submit_read(lambda tx: tx.scalars(select)).result()]
    assert found == [
        {"root_key": new, "kind": "recording", "count": 1},
        {"root_key": new, "kind": "secret", "count": 8},
    ]


def test_prepare_adds_a_key_that_waits(work: RootKeyRotation, filled: Filled) -> None:
    old = work.vault.keyring.active_id
    words = work.rotate(prepare_only=True)
    waiting = work.status()["keys"][1]
    assert words == f"root key {waiting['id']} is in the file and not used yet"
    assert waiting == {"id": waiting["id"], "state": "next", "secrets": 0, "recordings": 0}
    assert work.rotate(prepare_only=True) == words
    assert work.vault.keyring.active_id == old
    work.rotate(prepare_only=False)
    assert work.vault.keyring.active_id == waiting["id"]
    filled.check(work)


def test_a_key_with_something_under_it_is_not_dropped(work: RootKeyRotation, filled: Filled) -> None:
    old = work.vault.keyring.active_id
    work.rotate(prepare_only=False)
    late = Vault(Keyring(work.vault.keyring.key(old)))  # a node that has not seen the change
    late_id = work.db.submit_write(late.put, Secret("late"), purpose="x").result()
    assert work.status()["underRetired"] == 1
    assert work.drop_retired() == (False, f"1 are still under root key {old}: see locum vault status")
    active = work.vault.keyring.active_id
    assert work.rotate(prepare_only=False) == f"finished what was begun: 1 moved to root key {active}"
    assert work.drop_retired()[0]
    assert work.db.submit_read(work.vault.open, late_id, purpose="x").result() == Secret("late")


def test_a_recording_under_a_retired_key_keeps_it(work: RootKeyRotation, filled: Filled) -> None:
    old = work.vault.keyring.active_id
    work.rotate(prepare_only=False)
    beside = key_path(Store(work.data_dir / "recordings").path(RECORDING_ID))
    beside.unlink()  # as in a directory that was restored
    assert work.drop_retired() == (False, f"1 are still under root key {old}: see locum vault status")
    work.rotate(prepare_only=False)
    assert beside.exists()
    assert work.drop_retired()[0]
    filled.check(work)


def test_one_broken_secret_stops_neither_this_rotation_nor_the_next(work: RootKeyRotation, filled: Filled) -> None:
    broken, *_ = filled.secrets
    table = reseal.vault_secret_version
    spoil = sa.update(table).where(table.c.secret_id == broken).values(ciphertext=b"\0" * 40)
    work.db.submit_write(lambda tx: tx.run(spoil)).result()
    first = work.vault.keyring.active_id
    work.rotate(prepare_only=False)
    second = work.vault.keyring.active_id
    work.rotate(prepare_only=False)
    assert len({first, second, work.vault.keyring.active_id}) == 3
    states = {one["id"]: (one["state"], one["secrets"]) for one in work.status()["keys"]}
    assert states[first] == ("retired", 2)
    assert work.drop_retired() == (
        False, f"dropped root key {second}\n2 are still under root key {first}: see locum vault status",
    )  # fmt: skip


def test_another_node_needs_no_restart(work: RootKeyRotation, filled: Filled) -> None:
    other = RootKeyRotation(work.db, Vault(load_keyring(root_key_path(work.data_dir))), work.data_dir, ACTOR)
    work.rotate(prepare_only=False)
    filled.check(other)
    assert other.vault.keyring.active_id == work.vault.keyring.active_id
    work.drop_retired()
    filled.check(other)


def test_what_is_under_an_unknown_key_is_said_to_be_missing(work: RootKeyRotation) -> None:
    stranger = Keyring(Secret(b"s" * 32))
    work.db.submit_write(Vault(stranger).put, Secret("x"), purpose="x").result()
    assert work.status()["keys"][-1] == {
        "id": stranger.active_id, "state": "missing", "secrets": 1, "recordings": 0,
    }  # fmt: skip


def test_a_root_key_in_the_environment_is_changed_by_its_owner(
    work: RootKeyRotation, filled: Filled, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(providers.VARIABLE, raising=False)
    assert len(parsed(new_text(drop_retired=False).encode(), "x").by_id) == 1
    with pytest.raises(StartError, match="LOCUM_ROOT_KEY is not set"):
        new_text(drop_retired=True)
    path = root_key_path(work.data_dir)
    now = path.read_text()
    monkeypatch.setenv(providers.VARIABLE, now)
    path.unlink()
    create_root_key(path, InEnvironment())

    def start(text: str) -> RootKeyRotation:
        monkeypatch.setenv(providers.VARIABLE, text)
        vault = Vault(Keyring.of_file(KeyFile(path, InEnvironment())))
        return RootKeyRotation(work.db, vault, work.data_dir, ACTOR)

    old = work.vault.keyring.active_id
    with pytest.raises(Invalid, match="locum vault new-text"):
        start(now).rotate(prepare_only=False)
    monkeypatch.setenv(providers.VARIABLE, now.strip())
    later = new_text(drop_retired=False)
    moved = start(later)
    assert moved.vault.keyring.active_id != old
    assert moved.rotate(prepare_only=False).startswith("finished what was begun: 9 moved")
    filled.check(moved)
    with pytest.raises(StartError, match="new-text --drop-retired"):
        moved.drop_retired()
    assert "root_key.dropped" not in actions(work.db)
    monkeypatch.setenv(providers.VARIABLE, later)
    last = start(new_text(drop_retired=True))
    filled.check(last)
    with pytest.raises(SealBroken, match="which was dropped"):
        last.vault.keyring.key(old)


@pytest.fixture(scope="module")
def killed(tmp_path_factory: pytest.TempPathFactory, with_tables: Path) -> tuple[Filled, list[Path]]:
    """Copies of one directory, each left by a rotation that was killed one step later."""
    data = tmp_path_factory.mktemp("killed") / "data"
    data.mkdir()
    shutil.copy(with_tables, data / "locum.db")
    database = open_database(sqlite_url(data / "locum.db"))
    filled = fill(data, database)
    database.close()
    done = subprocess.run(
        [sys.executable, crashing_rotation.__file__, str(data)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    copies = sorted(data.parent.glob("data.*"), key=lambda copy: int(copy.suffix[1:]))
    assert len(copies) > 20
    return filled, copies


def test_killed_at_each_step_everything_opens_and_the_next_run_finishes(killed: tuple[Filled, list[Path]]) -> None:
    filled, copies = killed
    reached = set()
    for copy in copies:
        work = rotation(copy)
        try:
            filled.check(work)  # with whatever the kill left
            reached.add(tuple((one["state"], one["secrets"], one["recordings"]) for one in work.status()["keys"]))
            work.rotate(prepare_only=False)
            filled.check(work)
            assert work.drop_retired()[0]
            filled.check(work)
            assert work.status()["underRetired"] == 0
            assert [entry.name for entry in (copy / "keys").iterdir()] == ["root.key"]
        finally:
            work.db.close()
    # Each kind of state was met: before, added, activated, recording moved, and after each batch of secrets.
    assert reached >= {
        (("active", 8, 1),),
        (("active", 8, 1), ("next", 0, 0)),
        (("active", 0, 0), ("retired", 8, 1)),
        (("active", 0, 1), ("retired", 8, 0)),
        (("active", 3, 1), ("retired", 5, 0)),
        (("active", 6, 1), ("retired", 2, 0)),
        (("active", 8, 1), ("retired", 0, 0)),
    }


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Installation]:
    installation = Installation(tmp_path / "data")
    installation.prepare()
    installation.start()
    yield installation
    installation.stop()


def test_a_server_under_load_sees_no_failed_read(running: Installation) -> None:
    admin = running.admin()
    names = [f"robot {number}" for number in range(3)]
    robots = {admin.call("POST", "/api/v1/ManagedAccount/CreateApplicationUser", {"name": n})["id"] for n in names}
    for robot in robots:
        admin.call("PUT", f"/api/v1/ManagedAccount/GenerateApiKey/{robot}")
    keys = {one: admin.call("GET", f"/api/v1/ManagedAccount/RevealApiKey/{one}") for one in robots}
    assert None not in keys.values()
    stop, before = threading.Event(), json.loads(running.locum("vault", "status").stdout)

    def read() -> int:
        client, count = running.admin(), 0
        while not stop.is_set():
            for robot, key in keys.items():
                assert client.call("GET", f"/api/v1/ManagedAccount/RevealApiKey/{robot}") == key
                count += 1
        return count

    with ThreadPoolExecutor(2) as threads:
        readers = [threads.submit(read) for _ in range(2)]
        done = [running.locum("vault", *words) for words in (["rotate-root"], ["drop-retired"], ["rotate-root"])]
        stop.set()
        assert sum(reader.result() for reader in readers) > 20
    assert [one.returncode for one in done] == [0, 0, 0], done
    after = json.loads(running.locum("vault", "status").stdout)
    assert [one["state"] for one in before["keys"]] == ["active"]
    assert [one["state"] for one in after["keys"]] == ["active", "retired", "dropped"]
    assert after["underRetired"] == 0
    assert key_id(load_keyring(root_key_path(running.data)).active) == after["keys"][0]["id"]
