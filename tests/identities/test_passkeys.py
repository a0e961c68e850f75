"""Keeping passkeys. Enrolling over the API is in tests/api/test_passkey.py."""

from __future__ import annotations

import asyncio
from uuid import UUID

import pytest

from identities_world import Person, World
from locum.identities import passkeys
from locum.identities.model import Login
from locum.identities.passkeys import MOST, Passkey
from locum.identities.people import login_of
from locum.identities.relying_party import Asserted, Credential
from locum.kit.actor import Actor
from locum.kit.db import Database, ReadTx, Tx
from locum.kit.errors import Conflict, Invalid, LocumError, NotFound

pytestmark = pytest.mark.anyio


def actor(person: Person) -> Actor:
    return Actor(person.id, person.name, None)


def held(tx: ReadTx, identity_id: UUID) -> Login:
    found = login_of(tx, identity_id, hold=True)
    assert found is not None
    return found


def add(
    database: Database, person: Person, credential_id: bytes, *, name: str = "key", sign_count: int = 0
) -> Passkey:
    def run(tx: Tx) -> Passkey:
        credential = Credential(credential_id, b"public", sign_count, False)
        return passkeys.add(tx, actor(person), held(tx, person.id), name, credential)

    return database.submit_write(run).result()


def remove(database: Database, person: Person, passkey_id: UUID) -> None:
    database.submit_write(lambda tx: passkeys.remove(tx, actor(person), held(tx, person.id), passkey_id)).result()


def test_found_by_credential_and_by_owner(database: Database, world: World) -> None:
    ada, eve = world.person(), world.person("eve")
    hers = [add(database, ada, b"1"), add(database, ada, b"2")]
    his = add(database, eve, b"3")
    assert database.submit_read(passkeys.of, ada.id).result() == hers
    assert database.submit_read(passkeys.with_credential, b"3").result() == his
    assert database.submit_read(passkeys.with_credential, b"4").result() is None
    assert database.submit_write(lambda tx: held(tx, ada.id).passkeys).result() == 2


async def test_never_more_than_the_limit_and_none_twice(database: Database, world: World) -> None:
    ada = world.person()
    found = await asyncio.gather(
        *(asyncio.to_thread(add, database, ada, bytes([n])) for n in range(MOST + 5)), return_exceptions=True
    )
    assert sum(isinstance(one, Passkey) for one in found) == MOST
    assert sum(isinstance(one, Conflict) for one in found) == 5
    eve = world.person("eve")
    taken = database.submit_read(passkeys.of, ada.id).result()[0].credential_id
    with pytest.raises(Conflict, match="already"):
        add(database, eve, taken)


def test_names(database: Database, world: World) -> None:
    ada, eve = world.person(), world.person("eve")
    one = add(database, ada, b"1", name="  my   phone ")
    assert one.name == "my phone"
    with pytest.raises(Invalid):
        add(database, ada, b"2", name="\u200b")
    database.submit_write(passkeys.rename, actor(ada), one.id, "old phone").result()
    with pytest.raises(NotFound):
        database.submit_write(passkeys.rename, actor(eve), one.id, "mine").result()
    assert [row.name for row in database.submit_read(passkeys.of, ada.id).result()] == ["old phone"]


def test_removing(database: Database, world: World) -> None:
    bare, ada = world.person("bare", enrolled=False), world.person()
    first, second, third = add(database, bare, b"1"), add(database, bare, b"2"), add(database, ada, b"3")
    with pytest.raises(NotFound):
        remove(database, ada, first.id)
    remove(database, bare, first.id)
    with pytest.raises(Conflict):
        remove(database, bare, second.id)
    remove(database, ada, third.id)  # has an authenticator app besides
    world.user_mfa("optional")
    remove(database, bare, second.id)
    with pytest.raises(NotFound):
        remove(database, bare, second.id)


@pytest.mark.parametrize(
    ("kept", "said", "forward"),
    [(0, 0, True), (0, 1, True), (5, 6, True), (5, 2**32 - 1, True), (5, 5, False), (5, 4, False), (5, 0, False)],
)
def test_the_counter_goes_forward(database: Database, world: World, kept: int, said: int, forward: bool) -> None:
    ada = world.person()
    one = add(database, ada, b"1", sign_count=kept)
    assert database.submit_write(passkeys.use, one, Asserted(said, True)).result() is forward
    (now,) = database.submit_read(passkeys.of, ada.id).result()
    assert (now.sign_count, now.backed_up) == ((said, True) if forward else (kept, False))
    assert (now.last_used_at is not None) is forward


def test_what_is_done_to_one_passkey_is_done_to_no_other(database: Database, world: World) -> None:
    ada = world.person()
    one, two = add(database, ada, b"1", name="one"), add(database, ada, b"2", name="two")
    database.submit_write(passkeys.rename, actor(ada), one.id, "first").result()
    assert database.submit_write(passkeys.use, one, Asserted(4, True)).result()
    found = database.submit_read(passkeys.of, ada.id).result()
    assert [(row.id, row.name, row.sign_count) for row in found] == [(one.id, "first", 4), (two.id, "two", 0)]


def test_words_of_refusals(database: Database, world: World) -> None:
    bare, eve = world.person("bare", enrolled=False), world.person("eve")
    only = add(database, bare, b"1")
    for step, words in (
        (lambda: remove(database, eve, only.id), "you have no passkey with this id"),
        (
            lambda: database.submit_write(passkeys.rename, actor(eve), only.id, "x").result(),
            "you have no passkey with this id",
        ),
        (lambda: add(database, eve, b"1"), "this passkey is enrolled already"),
        (
            lambda: remove(database, bare, only.id),
            "this passkey is your only second factor, and you need one: enrol another passkey first",
        ),
    ):
        with pytest.raises(LocumError) as refused:
            step()
        assert refused.value.detail == words
