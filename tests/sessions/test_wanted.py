"""What a registered key is worth where, and whether a sign-in is enough for a session."""

from __future__ import annotations

from pathlib import Path
from uuid import UUID

import pytest
import sqlalchemy as sa

from locum.activities.model import SshKeyUse, connection_profile
from locum.identities.signin import Proof, SignedIn
from locum.kit.db import Database
from locum.kit.errors import Forbidden
from locum.kit.ids import new_id
from locum.policies.model import policy
from locum.sessions.request import request_session
from locum.sessions.wanted import Wanted, check_proof, ssh_key_use
from world import ACTOR, World, make_world

pytestmark = pytest.mark.anyio

DIRECT = Wanted("alice", "Linux_sudo", "web01")


@pytest.fixture
async def small(database: Database, tmp_path: Path) -> World:
    return await make_world(database, tmp_path)


async def set_use(database: Database, use: SshKeyUse) -> None:
    await database.write(lambda tx: tx.run(sa.update(connection_profile).values(ssh_key_use=use)))


async def asked(database: Database, world: World) -> UUID:
    return await database.write(request_session, ACTOR, DIRECT.request(world.person), node="n")


@pytest.mark.parametrize("use", list(SshKeyUse))
async def test_the_profile_of_the_session_decides(database: Database, small: World, use: SshKeyUse) -> None:
    session_id = await asked(database, small)
    await set_use(database, use)
    bound = Wanted("alice", "x", "y", session_id=session_id)
    for wanted in (DIRECT, bound):
        assert await database.read(ssh_key_use, small.person, wanted, "192.0.2.1") is use
        # For somebody it is not for, nothing is known of it.
        assert await database.read(ssh_key_use, small.stranger, wanted, "192.0.2.1") is SshKeyUse.FIRST


async def test_where_no_session_can_come_of_it_a_key_is_the_first_factor(database: Database, small: World) -> None:
    await set_use(database, SshKeyUse.ANY)
    for wanted in (
        Wanted("alice", "nothing", "web01"),
        Wanted("alice", "Linux_sudo", "nowhere"),
        Wanted("alice", "Linux_sudo", "web01", policy="nothing"),
        Wanted("alice", "x", "y", session_id=new_id()),
    ):
        assert await database.read(ssh_key_use, small.person, wanted, "192.0.2.1") is SshKeyUse.FIRST
    await database.write(lambda tx: tx.run(sa.update(policy).values(is_disabled=True)))
    assert await database.read(ssh_key_use, small.person, DIRECT, "192.0.2.1") is SshKeyUse.FIRST


PASSWORD, PLAIN, DEVICE, LOGIN = Proof.PASSWORD, Proof.SSH_KEY, Proof.SECURITY_KEY, Proof.SIGN_IN_KEY
FIRST = {(PASSWORD, False), (PLAIN, False), (DEVICE, False), (LOGIN, False)}
ENOUGH = {
    SshKeyUse.OFF: {(PASSWORD, False)},
    SshKeyUse.FIRST: FIRST,
    SshKeyUse.SECURITY_KEY: {*FIRST, (DEVICE, True)},
    SshKeyUse.SIGN_IN_KEY: {*FIRST, (DEVICE, True), (LOGIN, True)},
    SshKeyUse.ANY: {*FIRST, (DEVICE, True), (LOGIN, True), (PLAIN, True)},
}


@pytest.mark.parametrize("use", list(SshKeyUse))
async def test_what_is_enough_for_a_session(database: Database, small: World, use: SshKeyUse) -> None:
    session_id = await asked(database, small)
    await set_use(database, use)
    for proof, spared in (
        (PASSWORD, False),
        *((key, both) for key in (PLAIN, DEVICE, LOGIN) for both in (False, True)),
    ):
        who = SignedIn(small.person, "Alice", proof, spared)
        if (proof, spared) in ENOUGH[use]:
            await database.read(check_proof, session_id, who)
            continue
        with pytest.raises(Forbidden) as refused:
            await database.read(check_proof, session_id, who)
        assert refused.value.missing == ("password" if use is SshKeyUse.OFF else "second factor")
        assert "“Default”" in refused.value.detail
        assert "connect" in refused.value.detail
