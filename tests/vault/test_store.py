"""The vault on both databases: what is put opens again, for its purpose, in its row, with the root key."""

from __future__ import annotations

import sqlite3
import subprocess
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from locum.kit.db import Database
from locum.kit.errors import NotFound, TooLarge
from locum.vault.keyring import Keyring
from locum.vault.model import vault_secret, vault_secret_version
from locum.vault.seal import SealBroken, key_id, new_key
from locum.vault.secret import Secret
from locum.vault.store import MAX_SECRET_BYTES, Vault, wrapping_key_id
from statements import selects

pytestmark = pytest.mark.anyio

CANARY = "canary-5b1c-of-the-vault"


@pytest.fixture
def vault() -> Vault:
    return Vault(Keyring(new_key()))


async def put(database: Database, vault: Vault, value: str | bytes, purpose: str = "credential") -> UUID:
    return await database.write(vault.put, Secret(value), purpose=purpose)


async def opened(database: Database, vault: Vault, secret_id: UUID, purpose: str = "credential") -> bytes:
    return (await database.read(vault.open, secret_id, purpose=purpose)).reveal()


async def count_versions(database: Database) -> int:
    return int(await database.read(lambda tx: tx.scalar(sa.select(sa.func.count(vault_secret_version.c.version)))))


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(value=st.binary(max_size=3000))
def test_round_trip(database: Database, vault: Vault, value: bytes) -> None:
    secret_id = database.submit_write(vault.put, Secret(value), purpose="x").result()
    assert database.submit_read(vault.open, secret_id, purpose="x").result().reveal() == value


async def test_replace_keeps_the_id_and_forgets_the_old_value(database: Database, vault: Vault) -> None:
    secret_id = await put(database, vault, "one")
    for value in (b"two", b"three"):
        await database.write(vault.replace, secret_id, Secret(value), purpose="credential")
        assert await opened(database, vault, secret_id) == value
    assert await count_versions(database) == 1


async def numbers(database: Database, vault: Vault, secret_id: UUID) -> list[int]:
    return [one.version for one in await database.read(vault.versions, secret_id)]


async def with_history(database: Database, vault: Vault, *values: str) -> UUID:
    """A secret whose versions 1, 2, … are these values, all kept."""
    first, *others = values
    secret_id = await put(database, vault, first)
    for number, value in enumerate(others, start=2):
        done = await database.write(vault.replace, secret_id, Secret(value), purpose="credential", keep=True)
        assert done == number
    return secret_id


async def test_kept_versions_open_by_number(database: Database, vault: Vault) -> None:
    secret_id = await with_history(database, vault, "one", "two", "three")
    await with_history(database, vault, "of", "another")
    for version, value in ((None, b"three"), (3, b"three"), (2, b"two"), (1, b"one")):
        found = await database.read(vault.open, secret_id, purpose="credential", version=version)
        assert found.reveal() == value
    for version in (0, 4, -1):
        with pytest.raises(NotFound, match=f"has no version {version}"):
            await database.read(vault.open, secret_id, purpose="credential", version=version)
    with pytest.raises(SealBroken, match="not kept for api-key"):
        await database.read(vault.open, secret_id, purpose="api-key", version=1)


async def test_versions_are_listed_newest_first_in_one_statement(database: Database, vault: Vault) -> None:
    secret_id = await with_history(database, vault, "one", "two", "three")
    with selects(database) as seen:
        found = await database.read(vault.versions, secret_id)
    assert len(seen) == 1
    assert [one.version for one in found] == [3, 2, 1]
    assert [one.created_at for one in found] == sorted((one.created_at for one in found), reverse=True)
    assert await database.read(vault.versions, uuid4()) == []


async def test_replacing_without_keeping_forgets_the_kept_ones_too(database: Database, vault: Vault) -> None:
    secret_id = await with_history(database, vault, "one", "two")
    assert await database.write(vault.replace, secret_id, Secret("three"), purpose="credential") == 3
    assert await numbers(database, vault, secret_id) == [3]


@pytest.mark.parametrize(
    ("keep", "left"), [(-1, [4]), (0, [4]), (1, [4, 3]), (2, [4, 3, 2]), (3, [4, 3, 2, 1]), (9, [4, 3, 2, 1])]
)
async def test_pruning_by_number(database: Database, vault: Vault, keep: int, left: list[int]) -> None:
    secret_id = await with_history(database, vault, "one", "two", "three", "four")
    other = await with_history(database, vault, "of", "another")
    gone = await database.write(vault.prune, secret_id, keep=keep, older_than=None)
    assert gone == 4 - len(left)
    assert await numbers(database, vault, secret_id) == left
    assert await numbers(database, vault, other) == [2, 1]
    assert await opened(database, vault, secret_id) == b"four"


async def test_pruning_by_age_spares_the_current_version(database: Database, vault: Vault) -> None:
    secret_id = await with_history(database, vault, "one", "two", "three")
    made = {one.version: one.created_at for one in await database.read(vault.versions, secret_id)}
    assert await database.write(vault.prune, secret_id, keep=9, older_than=made[2]) == 1
    assert await numbers(database, vault, secret_id) == [3, 2]
    later = made[3] + timedelta(hours=1)
    assert await database.write(vault.prune, secret_id, keep=9, older_than=later) == 1
    assert await numbers(database, vault, secret_id) == [3]
    assert await database.write(vault.prune, secret_id, keep=9, older_than=later) == 0


async def test_erasing_takes_the_kept_versions_too(database: Database, vault: Vault) -> None:
    secret_id = await with_history(database, vault, "one", "two")
    await database.write(vault.erase, secret_id)
    assert await numbers(database, vault, secret_id) == []
    with pytest.raises(NotFound, match="erased"):
        await database.read(vault.open, secret_id, purpose="credential", version=1)


async def test_a_kept_version_is_bound_to_its_number(database: Database, vault: Vault) -> None:
    """Whoever moves an earlier version's columns into the current row does not bring the old password back."""
    secret_id = await with_history(database, vault, "one", "two")
    table = vault_secret_version
    names = ("root_key_id", "wrapped_dek", "commitment", "ciphertext")
    source = {name: sa.select(table.c[name]).where(table.c.version == 1).scalar_subquery() for name in names}
    await database.write(lambda tx: tx.run(sa.update(table).where(table.c.version == 2).values(source)))
    with pytest.raises(SealBroken, match="altered, moved"):
        await opened(database, vault, secret_id)


async def test_erase_is_for_good_and_may_be_repeated(database: Database, vault: Vault) -> None:
    secret_id, other = await put(database, vault, "one"), await put(database, vault, "two")
    erased_at = sa.select(vault_secret.c.erased_at).where(vault_secret.c.id == secret_id)
    await database.write(vault.erase, secret_id)
    first = await database.read(lambda tx: tx.scalar(erased_at))
    await database.write(vault.erase, secret_id)
    again = await database.read(lambda tx: tx.scalar(erased_at))
    assert first is not None
    assert again == first
    assert await count_versions(database) == 1
    with pytest.raises(NotFound, match="erased"):
        await opened(database, vault, secret_id)
    with pytest.raises(NotFound, match="erased"):
        await database.write(vault.replace, secret_id, Secret("x"), purpose="credential")
    assert await opened(database, vault, other) == b"two"


async def test_a_wrong_purpose_opens_and_replaces_nothing(database: Database, vault: Vault) -> None:
    secret_id = await put(database, vault, CANARY)
    with pytest.raises(SealBroken, match="not kept for api-key") as caught:
        await opened(database, vault, secret_id, "api-key")
    assert CANARY not in repr(caught.value)
    with pytest.raises(SealBroken, match="not kept for api-key"):
        await database.write(vault.replace, secret_id, Secret("x"), purpose="api-key")
    # Whoever rewrites the purpose in the row gains nothing: it is bound into the seal.
    await database.write(lambda tx: tx.run(sa.update(vault_secret).values(purpose="api-key")))
    with pytest.raises(SealBroken, match="altered, moved"):
        await opened(database, vault, secret_id, "api-key")


async def test_unknown_ids_are_not_found(database: Database, vault: Vault) -> None:
    with pytest.raises(NotFound):
        await opened(database, vault, uuid4())
    with pytest.raises(NotFound):
        await database.write(vault.replace, uuid4(), Secret("x"), purpose="credential")
    with pytest.raises(NotFound):
        await database.write(vault.erase, uuid4())


async def test_a_secret_has_a_greatest_size(database: Database, vault: Vault) -> None:
    await put(database, vault, bytes(MAX_SECRET_BYTES))
    with pytest.raises(TooLarge):
        await put(database, vault, bytes(MAX_SECRET_BYTES + 1))


@pytest.mark.parametrize(
    "columns",
    [
        ["ciphertext"],
        ["wrapped_dek"],
        ["commitment"],
        ["wrapped_dek", "commitment"],
        ["wrapped_dek", "commitment", "ciphertext"],
    ],
    ids="+".join,
)
async def test_what_is_moved_between_rows_is_noticed(database: Database, vault: Vault, columns: list[str]) -> None:
    one, other = await put(database, vault, "one"), await put(database, vault, "other")
    table = vault_secret_version
    source = {name: sa.select(table.c[name]).where(table.c.secret_id == one).scalar_subquery() for name in columns}
    await database.write(lambda tx: tx.run(sa.update(table).where(table.c.secret_id == other).values(source)))
    assert await opened(database, vault, one) == b"one"
    with pytest.raises(SealBroken, match=str(other)):
        await opened(database, vault, other)


async def test_an_old_version_under_a_new_number_is_noticed(database: Database, vault: Vault) -> None:
    secret_id = await put(database, vault, "one")
    await database.write(lambda tx: tx.run(sa.update(vault_secret).values(version=2)))
    await database.write(lambda tx: tx.run(sa.update(vault_secret_version).values(version=2)))
    with pytest.raises(SealBroken):
        await opened(database, vault, secret_id)


async def test_the_wrong_root_key_is_named(database: Database, vault: Vault) -> None:
    secret_id = await put(database, vault, CANARY)
    stranger = Vault(Keyring(new_key()))
    with pytest.raises(SealBroken, match=r"sealed under root key [0-9a-f]{32}, which is not in the key file"):
        await opened(database, stranger, secret_id)


async def test_a_retired_root_key_still_opens(database: Database) -> None:
    old, new = new_key(), new_key()
    secret_id = await put(database, Vault(Keyring(old)), "kept")
    rotated = Vault(Keyring(new, [old]))
    assert await opened(database, rotated, secret_id) == b"kept"
    await database.write(rotated.replace, secret_id, Secret("fresh"), purpose="credential")
    assert await opened(database, Vault(Keyring(new)), secret_id) == b"fresh"


async def test_a_copy_of_the_database_gives_nothing(database: Database, database_url: str, vault: Vault) -> None:
    secret_id = await put(database, vault, CANARY)
    await database.write(vault.replace, secret_id, Secret(CANARY * 40), purpose="credential")
    copy = dump(database_url)
    assert str(secret_id).replace("-", "") in copy.replace("-", "")  # the copy does hold the row
    for form in (CANARY, CANARY.encode().hex(), CANARY.encode("utf-16-le").hex()):
        assert form not in copy.lower()


def dump(url: str) -> str:
    """Everything a thief of the database gets: on SQLite the raw files and the dump, on PostgreSQL pg_dump."""
    if url.startswith("postgresql"):
        return subprocess.run(["pg_dump", url], capture_output=True, text=True, check=True).stdout
    path = sa.make_url(url).database
    assert path is not None
    text = ""
    for name in (path, f"{path}-wal"):
        with open(name, "rb") as file:
            text += file.read().decode("latin-1")
    with sqlite3.connect(path) as connection:
        return text + "\n".join(connection.iterdump())


async def test_concurrent_replaces_leave_one_version(database: Database, vault: Vault) -> None:
    secret_id = await put(database, vault, "zero")
    values = [f"value {i}" for i in range(12)]
    futures = [
        database.submit_write(vault.replace, secret_id, Secret(value), purpose="credential") for value in values
    ]
    for future in futures:
        future.result()
    assert (await opened(database, vault, secret_id)).decode() in values
    assert await count_versions(database) == 1
    version = await database.read(lambda tx: tx.scalar(sa.select(vault_secret.c.version)))
    assert version == 13


def test_data_keys_for_files(vault: Vault) -> None:
    subject = uuid4()
    key, wrapped = vault.new_data_key(purpose="recording", subject_id=subject)
    assert len(key.reveal()) == 32
    assert wrapped.isascii()
    assert wrapped.isprintable()
    assert vault.unwrap_data_key(wrapped, purpose="recording", subject_id=subject) == key
    assert vault.new_data_key(purpose="recording", subject_id=subject)[0] != key


def test_data_keys_open_at_their_own_place_only(vault: Vault) -> None:
    subject = uuid4()
    _, wrapped = vault.new_data_key(purpose="recording", subject_id=subject)
    with pytest.raises(SealBroken):
        vault.unwrap_data_key(wrapped, purpose="export", subject_id=subject)
    with pytest.raises(SealBroken):
        vault.unwrap_data_key(wrapped, purpose="recording", subject_id=uuid4())
    with pytest.raises(SealBroken, match="not in the key file"):
        Vault(Keyring(new_key())).unwrap_data_key(wrapped, purpose="recording", subject_id=subject)


@settings(max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(position=st.integers(0), character=st.characters(max_codepoint=0x17F))
def test_a_damaged_wrapped_key_is_refused(vault: Vault, position: int, character: str) -> None:
    subject = UUID(int=5)
    _, wrapped = vault.new_data_key(purpose="recording", subject_id=subject)
    at = position % len(wrapped)
    damaged = wrapped[:at] + character + wrapped[at + 1 :]
    if damaged != wrapped:
        with pytest.raises(SealBroken):
            vault.unwrap_data_key(damaged, purpose="recording", subject_id=subject)
    with pytest.raises(SealBroken):
        vault.unwrap_data_key(wrapped[:at], purpose="recording", subject_id=subject)


def test_a_wrapped_key_has_one_spelling(vault: Vault) -> None:
    """Base64's last digit has bits that say nothing; a header that may be respelt is not what was written."""
    subject = UUID(int=5)
    _, wrapped = vault.new_data_key(purpose="recording", subject_id=subject)
    respelt = wrapped[:-2] + chr(ord(wrapped[-2]) + 1) + "="
    with pytest.raises(SealBroken):
        vault.unwrap_data_key(respelt, purpose="recording", subject_id=subject)


def test_a_data_key_is_wrapped_anew_under_the_active_root_key() -> None:
    old, new, subject = new_key(), new_key(), uuid4()
    key, wrapped = Vault(Keyring(old)).new_data_key(purpose="recording", subject_id=subject)
    assert wrapping_key_id(wrapped) == key_id(old)
    vault = Vault(Keyring(new, [old]))
    fresh = vault.rewrap_data_key(wrapped, purpose="recording", subject_id=subject)
    assert fresh is not None
    assert wrapping_key_id(fresh) == key_id(new)
    assert Vault(Keyring(new)).unwrap_data_key(fresh, purpose="recording", subject_id=subject) == key
    assert vault.rewrap_data_key(fresh, purpose="recording", subject_id=subject) is None
    for purpose, other in (("export", subject), ("recording", uuid4())):
        with pytest.raises(SealBroken, match="altered, moved"):
            vault.rewrap_data_key(wrapped, purpose=purpose, subject_id=other)


@pytest.mark.parametrize("text", ["", "1", "1.a", "1.a.b", "1.a.b.c.d", "1.a.?.c"])
def test_what_is_no_wrapped_key(vault: Vault, text: str) -> None:
    with pytest.raises(SealBroken, match=r"^not a wrapped data key$"):
        vault.unwrap_data_key(text, purpose="recording", subject_id=UUID(int=5))


def test_a_wrapped_key_of_a_later_form(vault: Vault) -> None:
    _, wrapped = vault.new_data_key(purpose="recording", subject_id=UUID(int=5))
    with pytest.raises(SealBroken, match=r"^a wrapped data key of a form this version does not know$"):
        vault.unwrap_data_key("2" + wrapped[1:], purpose="recording", subject_id=UUID(int=5))
