"""Moving secrets to another root key: in bounded batches, while others read and write, and without losing one."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from uuid import UUID

import pytest
import sqlalchemy as sa

from locum.kit.db import Database
from locum.vault import reseal
from locum.vault.keyring import Keyring
from locum.vault.model import vault_secret_version
from locum.vault.reseal import Batch, Count, Cursor, counts, reseal_batch
from locum.vault.seal import SealBroken, key_id, new_key
from locum.vault.secret import Secret
from locum.vault.store import Vault
from statements import selects

OLD, OTHER, NEW = new_key(), new_key(), new_key()


def fill(database: Database, number: int, vault: Vault | None = None) -> dict[UUID, bytes]:
    vault = vault or Vault(Keyring(OLD))
    values = [f"value {i}".encode() for i in range(number)]
    futures = [database.submit_write(vault.put, Secret(value), purpose="x") for value in values]
    return {future.result(): value for future, value in zip(futures, values, strict=True)}


def opened(database: Database, keyring: Keyring, secret_id: UUID, version: int | None = None) -> bytes:
    found = database.submit_read(Vault(keyring).open, secret_id, purpose="x", version=version)
    return found.result().reveal()


def under(database: Database) -> dict[str, int]:
    return {one.root_key_id: one.versions for one in database.submit_read(counts).result()}


def move_all(database: Database, keyring: Keyring) -> list[Batch]:
    batches: list[Batch] = []
    cursor: Cursor | None = None
    while not batches or cursor is not None:
        batches.append(database.submit_write(reseal_batch, keyring, cursor).result())
        cursor = batches[-1].cursor
    return batches


def test_everything_moves_in_batches(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reseal, "BATCH_ROWS", 4)
    secrets = (
        fill(database, 10) | fill(database, 1, Vault(Keyring(OTHER))) | fill(database, 3, Vault(Keyring(NEW)))
    )
    keyring = Keyring(NEW, [OLD, OTHER])
    batches = move_all(database, keyring)
    assert [batch.resealed for batch in batches] == [4, 4, 3, 0]
    assert {batch.broken for batch in batches} == {0}
    assert under(database) == {key_id(NEW): 14}
    for secret_id, value in secrets.items():
        assert opened(database, Keyring(NEW), secret_id) == value  # the old keys are not needed any more


def test_kept_versions_move_too(database: Database) -> None:
    old = Vault(Keyring(OLD))
    (secret_id,) = fill(database, 1)
    database.submit_write(old.replace, secret_id, Secret("later"), purpose="x", keep=True).result()
    before = database.submit_read(old.versions, secret_id).result()
    assert sum(batch.resealed for batch in move_all(database, Keyring(NEW, [OLD]))) == 2
    assert opened(database, Keyring(NEW), secret_id, 1) == b"value 0"
    assert opened(database, Keyring(NEW), secret_id) == b"later"
    assert database.submit_read(old.versions, secret_id).result() == before


def test_a_batch_is_bounded_in_bytes(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reseal, "BATCH_BYTES", 2 * (7 + 28))
    fill(database, 5)
    assert [batch.resealed for batch in move_all(database, Keyring(NEW, [OLD]))] == [2, 2, 1, 0]
    monkeypatch.setattr(reseal, "BATCH_BYTES", 1)  # a secret larger than the bound still moves, alone
    assert [batch.resealed for batch in move_all(database, Keyring(OTHER, [NEW]))] == [1, 1, 1, 1, 1, 0]


def test_a_batch_is_three_statements_and_its_updates(database: Database) -> None:
    fill(database, 5)
    with selects(database) as seen:
        database.submit_write(reseal_batch, Keyring(NEW, [OLD])).result()
    assert len(seen) == 2


def test_data_keys_are_fresh_and_nothing_else_changes(database: Database) -> None:
    (secret_id,) = fill(database, 1)
    row = sa.select(vault_secret_version).where(vault_secret_version.c.secret_id == secret_id)

    def look() -> dict[str, object]:
        with database.engine.connect() as connection:
            return dict(connection.execute(row).mappings().one())

    before = look()
    move_all(database, Keyring(NEW, [OLD]))
    after = look()
    changed = {name for name in before if before[name] != after[name]}
    assert changed == {"root_key_id", "wrapped_dek", "commitment", "ciphertext"}


def test_what_does_not_open_stays_and_is_counted_once(database: Database) -> None:
    fill(database, 3)
    (broken,) = fill(database, 1)
    table = vault_secret_version
    spoil = sa.update(table).where(table.c.secret_id == broken).values(ciphertext=b"\0" * 40)
    database.submit_write(lambda tx: tx.run(spoil)).result()
    batches = move_all(database, Keyring(NEW, [OLD]))
    assert [(batch.resealed, batch.broken) for batch in batches] == [(3, 1), (0, 0)]
    assert under(database) == {key_id(OLD): 1, key_id(NEW): 3}
    with pytest.raises(SealBroken):
        opened(database, Keyring(NEW, [OLD]), broken)


def test_what_is_under_unknown_keys_is_left_alone(database: Database) -> None:
    fill(database, 2)
    assert move_all(database, Keyring(NEW, [OTHER])) == [Batch(0, 0, None)]
    assert move_all(database, Keyring(NEW)) == [Batch(0, 0, None)]
    assert database.submit_read(counts).result() == [Count(key_id(OLD), 2)]


def test_nothing_moves_to_a_key_that_only_waits(database: Database) -> None:
    fill(database, 2)
    keyring = Keyring(OLD)
    keyring.change(lambda keys: keys.with_next(NEW))
    assert move_all(database, keyring) == [Batch(0, 0, None)]
    keyring.change(lambda keys: keys.advanced())
    assert move_all(database, keyring)[0].resealed == 2


def test_a_secret_replaced_meanwhile_keeps_its_new_value(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between a batch's read and its write somebody else replaces one secret and erases another."""
    one, other, *_ = fill(database, 3)
    keyring = Keyring(NEW, [OLD])
    seal_value, done = reseal.seal.seal_value, []

    def meanwhile(*args: object) -> object:
        if not done:
            done.append(1)
            vault = Vault(keyring)
            if database.is_sqlite:  # one writer: it comes before or after the whole unit
                database.submit_write(vault.replace, one, Secret("fresh"), purpose="x")
                database.submit_write(vault.erase, other)
            else:
                database.submit_write(vault.replace, one, Secret("fresh"), purpose="x").result()
                database.submit_write(vault.erase, other).result()
        return seal_value(*args)  # type: ignore[arg-type]

    monkeypatch.setattr(reseal.seal, "seal_value", meanwhile)
    move_all(database, keyring)
    monkeypatch.undo()
    assert opened(database, Keyring(NEW), one) == b"fresh"
    assert under(database) == {key_id(NEW): 2}


def test_two_at_once_lose_nothing(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reseal, "BATCH_ROWS", 7)
    secrets = fill(database, 60)
    with ThreadPoolExecutor(2) as threads:
        done = [threads.submit(move_all, database, Keyring(NEW, [OLD])) for _ in range(2)]
        moved = sum(batch.resealed for one in done for batch in one.result())
    assert moved == 60
    for secret_id, value in secrets.items():
        assert opened(database, Keyring(NEW), secret_id) == value


def test_no_read_fails_meanwhile(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reseal, "BATCH_ROWS", 5)
    secrets = fill(database, 60)
    keyring, stop, reads = Keyring(OLD), threading.Event(), 0

    def read_all() -> int:
        count = 0
        while not stop.is_set():
            for secret_id, value in secrets.items():
                assert opened(database, keyring, secret_id) == value
                count += 1
        return count

    with ThreadPoolExecutor(2) as threads:
        readers = [threads.submit(read_all) for _ in range(2)]
        for fresh in (NEW, OTHER):
            keyring.change(lambda keys, fresh=fresh: keys.with_next(fresh).advanced())
            move_all(database, keyring)
        stop.set()
        reads = sum(reader.result() for reader in readers)
    assert reads > 0
    assert under(database) == {key_id(OTHER): 60}


def test_a_batch_may_end_between_two_versions_of_a_secret(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reseal, "BATCH_ROWS", 1)
    old = Vault(Keyring(OLD))
    (secret_id,) = fill(database, 1)
    for value in ("two", "three"):
        database.submit_write(old.replace, secret_id, Secret(value), purpose="x", keep=True).result()
    spoil = (
        sa.update(vault_secret_version).where(vault_secret_version.c.version == 1).values(commitment=b"\0" * 32)
    )
    database.submit_write(lambda tx: tx.run(spoil)).result()
    batches = move_all(database, Keyring(NEW, [OLD]))
    assert [(one.resealed, one.broken, one.cursor) for one in batches] == [
        (0, 1, (secret_id, 1)), (1, 0, (secret_id, 2)), (1, 0, (secret_id, 3)), (0, 0, None),
    ]  # fmt: skip


def test_broken_ones_stop_none_of_their_batch(database: Database) -> None:
    secrets = list(fill(database, 5))
    table = vault_secret_version
    spoil = sa.update(table).where(table.c.secret_id.in_(secrets[1:3])).values(ciphertext=b"\0" * 40)
    database.submit_write(lambda tx: tx.run(spoil)).result()
    assert [(one.resealed, one.broken) for one in move_all(database, Keyring(NEW, [OLD]))] == [(3, 2), (0, 0)]


def test_counts_are_by_key_in_order(database: Database) -> None:
    for key in (OLD, NEW, OTHER):
        fill(database, 2, Vault(Keyring(key)))
    found = database.submit_read(counts).result()
    assert found == [Count(name, 2) for name in sorted(map(key_id, (OLD, NEW, OTHER)))]
