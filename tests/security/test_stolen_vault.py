"""A copy of the database gives nothing without the root key (SEC-27), and what the vault held shows nowhere (SEC-24).

The thief reads and writes every row, knows all code, and has a root key of their own.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from itertools import permutations
from pathlib import Path
from typing import Any
from uuid import UUID

import msgspec
import pytest
import sqlalchemy as sa
from structlog.testing import capture_logs

from crashing_rotation import ACTOR
from locum.audit.model import audit_event
from locum.kit.db import Database
from locum.kit.errors import LocumError
from locum.main import keys
from locum.main.root_key_rotation import RootKeyRotation
from locum.main.root_keys import root_key_path
from locum.vault.key_file import create_root_key
from locum.vault.keyring import Keyring, load_keyring
from locum.vault.model import vault_secret, vault_secret_version
from locum.vault.seal import SealBroken, new_key
from locum.vault.secret import Secret
from locum.vault.store import Vault
from whole_database import whole

CANARY = "canary-e7a4-of-the-vault"
SEALED = ("root_key_id", "wrapped_dek", "commitment", "ciphertext")
PURPOSES = ("credential-password", "credential-password", "api-key")


class Row(msgspec.Struct, frozen=True):
    """A version of a secret, and what it is kept for."""

    secret_id: UUID
    version: int
    purpose: str


@pytest.fixture
def work(database: Database, tmp_path: Path) -> RootKeyRotation:
    """An installation with Locum's own keys, and canaries: three secrets for two purposes, each with two versions."""
    create_root_key(root_key_path(tmp_path))
    vault = Vault(load_keyring(root_key_path(tmp_path)))
    database.submit_write(keys.ensure_all, vault).result()
    for number, purpose in enumerate(PURPOSES):
        put = database.submit_write(vault.put, Secret(f"{CANARY} {number} 1"), purpose=purpose).result()
        later = Secret(f"{CANARY} {number} 2")
        database.submit_write(vault.replace, put, later, purpose=purpose, keep=True).result()
    return RootKeyRotation(database, vault, tmp_path, ACTOR)


def rows(database: Database) -> list[Row]:
    version = vault_secret_version.c
    select = sa.select(version.secret_id, version.version, vault_secret.c.purpose)
    join = select.join_from(vault_secret_version, vault_secret, version.secret_id == vault_secret.c.id)
    return database.submit_read(lambda tx: tx.rows(Row, join)).result()


def opens(database: Database, vault: Vault, row: Row) -> bool:
    look = database.submit_read(vault.open, row.secret_id, purpose=row.purpose, version=row.version)
    try:
        return bool(look.result())
    except SealBroken:
        return False


def change(database: Database, row: Row, **values: Any) -> None:
    table = vault_secret_version
    which = (table.c.secret_id == row.secret_id, table.c.version == row.version)
    database.submit_write(lambda tx: tx.run(sa.update(table).where(*which).values(**values))).result()


def sealed(database: Database, row: Row) -> dict[str, Any]:
    stored = whole(database)["vault_secret_version"]
    return next(
        {name: one[name] for name in SEALED}
        for one in stored
        if (one["secret_id"], one["version"]) == (row.secret_id, row.version)
    )


def test_sec_27_nothing_opens_without_the_root_key(work: RootKeyRotation) -> None:
    """Nor when the thief has every row say that it is sealed under their own key."""
    found = rows(work.db)
    assert len(found) > 8
    assert all(opens(work.db, work.vault, row) for row in found)
    thief = Keyring(new_key())
    assert not any(opens(work.db, Vault(thief), row) for row in found)
    for row in found:
        change(work.db, row, root_key_id=thief.active_id)
    assert not any(opens(work.db, Vault(thief), row) for row in found)


@pytest.mark.parametrize(
    "names", [("ciphertext",), ("wrapped_dek",), ("wrapped_dek", "commitment"), SEALED], ids="+".join
)
def test_sec_27_nothing_opens_in_another_place(work: RootKeyRotation, names: tuple[str, ...]) -> None:
    """Each version of each secret moved to the place of each other one: other rows, versions and purposes."""
    found = [row for row in rows(work.db) if row.purpose in PURPOSES]
    assert len(found) == 6
    for source, place in permutations(found, 2):
        kept, moved = sealed(work.db, place), sealed(work.db, source)
        change(work.db, place, **{name: moved[name] for name in names})
        assert not opens(work.db, work.vault, place), (source, place)
        change(work.db, place, **kept)
        assert opens(work.db, work.vault, place)


def test_sec_27_another_purpose_in_the_row_opens_nothing(work: RootKeyRotation) -> None:
    for row in rows(work.db):
        other = msgspec.structs.replace(row, purpose=row.purpose[::-1])  # of the same length
        assert not opens(work.db, work.vault, other)
        update = sa.update(vault_secret).where(vault_secret.c.id == row.secret_id).values(purpose=other.purpose)
        work.db.submit_write(lambda tx, update=update: tx.run(update)).result()
        assert not opens(work.db, work.vault, other)


def test_sec_27_no_data_key_or_nonce_is_used_twice(work: RootKeyRotation) -> None:
    work.rotate(prepare_only=False)
    stored = whole(work.db)["vault_secret_version"]
    for name in ("commitment", "wrapped_dek", "ciphertext"):
        beginnings = {bytes(row[name][:12]) for row in stored}
        assert len(beginnings) == len(stored)


def test_sec_27_old_root_keys_open_nothing_after_a_change(work: RootKeyRotation) -> None:
    old = Keyring(work.vault.keyring.active)
    found = rows(work.db)
    work.rotate(prepare_only=False)
    assert all(opens(work.db, work.vault, row) for row in found)
    assert not any(opens(work.db, Vault(old), row) for row in found)


def forms(value: bytes) -> Iterator[bytes]:
    """How a value may stand in a file or a text."""
    yield value
    yield value.hex().encode()
    yield base64.b64encode(value).rstrip(b"=")[:-1]  # its last digit depends on what follows
    yield base64.urlsafe_b64encode(value).rstrip(b"=")[:-1]
    yield value.decode("latin-1").encode("utf-16-le")
    yield repr(value)[2:-1].encode()


def test_sec_24_what_the_vault_held_shows_nowhere(work: RootKeyRotation) -> None:
    """Not in rows, audit log, logs, answers, refusals or files, through a change of the root key and with errors."""
    old = work.vault.keyring.active
    said: list[str] = []
    with capture_logs() as logs:
        said.append(work.rotate(prepare_only=True))
        said.append(work.rotate(prepare_only=False))
        broken, *_, last = [row for row in rows(work.db) if row.purpose in PURPOSES]
        change(work.db, broken, ciphertext=sealed(work.db, last)["ciphertext"])
        for row, purpose in ((broken, broken.purpose), (last, "another")):
            with pytest.raises(LocumError) as caught:
                work.db.submit_read(work.vault.open, row.secret_id, purpose=purpose, version=row.version).result()
            said.append(f"{caught.value!r} {caught.value.detail} {caught.value.__context__!r}")
        said += [work.rotate(prepare_only=False), str(work.drop_retired()), json.dumps(work.status())]
        key_file = root_key_path(work.data_dir)
        whole_file = key_file.read_bytes()
        key_file.write_bytes(whole_file[:-30])
        work.vault.keyring.sealing_key()
        with pytest.raises(LocumError) as caught:
            load_keyring(key_file)
        said.append(caught.value.detail)
        key_file.write_bytes(whole_file)
    assert logs  # the damaged file was spoken of
    details = work.db.submit_read(lambda tx: tx.scalars(sa.select(audit_event.c.detail))).result()
    stored = b"".join(
        bytes(value) if isinstance(value, bytes) else str(value).encode()
        for table in whole(work.db, without=set()).values()
        for row in table
        for value in row.values()
    )
    files = [file for file in work.data_dir.rglob("*") if file.is_file() and file.parent.name != "keys"]
    seen = b"\n".join(
        [
            stored,
            str(logs).encode(),
            *(one.encode() for one in said + details),
            *(one.read_bytes() for one in files),
        ]
    )
    assert len(said) == 8
    for value in (CANARY.encode(), old.reveal(), work.vault.keyring.active.reveal()):
        for form in forms(value):
            assert form not in seen
