"""What a change leaves alone, and what it refuses while something else depends on the secret."""

from __future__ import annotations

from pathlib import Path

import pytest

from audited import details
from locum.credentials.add import add_credential
from locum.credentials.change import Change, change_credential, set_change_on, set_key
from locum.credentials.manage import get_managed_user, manage
from locum.credentials.model import AuthenticationMethod, Credential, Method, Verified
from locum.credentials.ssh_key import KeyAlgorithm, generate
from locum.kit.db import Database
from locum.kit.errors import Conflict, Invalid, NotFound
from locum.kit.ids import new_id
from locum.rotation.ask import ask_rotation
from locum.rotation.model import Reason
from locum.vault.secret import Secret
from world import ACTOR, World, make_world

pytestmark = pytest.mark.anyio


async def login(database: Database, world: World, method: Method | None = None) -> Credential:
    made = await database.write(add_credential, world.vault, ACTOR, username="app", password=Secret("old"))
    if method is not None:
        await database.write(manage, ACTOR, made.id, resource_id=world.resource, method=method)
    return made


async def test_a_secret_set_by_hand_is_looked_at_soon(database: Database, tmp_path: Path) -> None:
    world = await make_world(database, tmp_path)
    made = await login(database, world, Method.MANUAL)
    await database.write(change_credential, world.vault, ACTOR, made.id, Change(password=Secret("new")))
    user = await database.read(get_managed_user, made.id)
    assert user.status == Verified.UNSPECIFIED
    assert user.last_changed_at == user.next_verification_at is not None
    (said,) = details(database, "credential.changed", made.id)
    assert said["fields"] == "password"
    assert "new" not in said.values()


async def test_nothing_is_changed_under_a_rotation(database: Database, tmp_path: Path) -> None:
    world = await make_world(database, tmp_path)
    made = await login(database, world, Method.MANUAL)
    await database.write(ask_rotation, ACTOR, made.id, Reason.ASKED)
    for change in (Change(password=Secret("new")), Change(domain="corp")):
        with pytest.raises(Conflict):
            await database.write(change_credential, world.vault, ACTOR, made.id, change)
    with pytest.raises(Conflict):
        await database.write(change_credential, world.vault, ACTOR, made.id, Change(), erase_password=True)
    renamed = await database.write(change_credential, world.vault, ACTOR, made.id, Change(name="App"))
    assert renamed.name == "App"


async def test_a_managed_login_keeps_its_name(database: Database, tmp_path: Path) -> None:
    world = await make_world(database, tmp_path)
    made = await login(database, world, Method.MANUAL)
    with pytest.raises(Conflict, match="managed"):
        await database.write(change_credential, world.vault, ACTOR, made.id, Change(username="other"))
    moved = await database.write(change_credential, world.vault, ACTOR, made.id, Change(domain="corp"))
    assert moved.domain == "corp"


async def test_a_key_comes_beside_the_password_and_the_passphrase_is_of_the_last_key(
    database: Database, tmp_path: Path
) -> None:
    world = await make_world(database, tmp_path)
    made = await login(database, world)
    keys = [generate(KeyAlgorithm.ED25519) for _ in range(2)]
    word = Secret("a passphrase")
    first = await database.write(set_key, world.vault, ACTOR, made.id, keys[0], passphrase=word)
    assert first.authentication_method == AuthenticationMethod.SSH_KEY_AND_PASSWORD
    assert first.passphrase_secret_id is not None
    second = await database.write(set_key, world.vault, ACTOR, made.id, keys[1])
    assert (second.public_key, second.passphrase_secret_id) == (keys[1].public_line, None)
    with pytest.raises(Invalid):
        await database.write(
            change_credential, world.vault, ACTOR, made.id, Change(authentication_method=0, private_key=keys[0])
        )


async def test_change_at_check_out_is_set_for_all_or_none(database: Database, tmp_path: Path) -> None:
    world = await make_world(database, tmp_path)
    made = await login(database, world)
    with pytest.raises(NotFound):
        await database.write(set_change_on, ACTOR, [made.id, new_id()], checkout=True, release=None)
    await database.write(set_change_on, ACTOR, [made.id], checkout=None, release=None)
    assert details(database, "credential.changed", made.id) == []
