"""A lease on a real host: the password changes before and after it, and the account is off outside of it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from uuid import UUID

import pytest
import sqlalchemy as sa
from demo.hosts import Host

from demo import hosts
from hosts import target_of
from leasing import make_leasing
from locum.connectors.linux_accounts import LinuxKeeper
from locum.credentials.add import add_credential, get_credential
from locum.credentials.model import CredentialType, Method, PostSession, credential, managed_user
from locum.credentials.secrets import Part
from locum.identities import applications
from locum.kit import jobs, pause
from locum.kit.actor import Actor
from locum.kit.db import Database, ReadTx, Tx
from locum.kit.ids import new_id
from locum.kit.wake import Wake
from locum.main.compose import open_keeper
from locum.rotation.ask import change_secret
from locum.rotation.pass_facts import RotationWork
from locum.rotation.rotate import rotate
from locum.sessions import lease as leases
from locum.sessions.lease import CheckOut
from locum.sessions.lease_account import switch_account
from locum.sessions.lease_advance import LeaseWork, advance_lease
from locum.sessions.lease_cycle import State
from locum.sessions.model import Lease
from locum.vault.secret import Secret
from memory_target import MemoryAccount, MemoryTarget
from world import ACTOR, World, make_world

pytestmark = pytest.mark.anyio

LOGIN, OLD = "leasee", "before-9Vq"


@dataclass
class Leased:
    """One account of one host, kept as a credential that changes with every lease and is off between them."""

    database: Database
    world: World
    host: Host
    credential_id: UUID
    robot: Actor

    async def turn_until(self, lease_id: UUID, state: State) -> Lease:
        """The worker's turns, leases and rotations alike."""
        changed = Wake()
        rotating = RotationWork(self.database, self.world.vault, open_keeper, changed)
        switch = partial(switch_account, self.database, self.world.vault, open_keeper)
        leasing = LeaseWork(self.database, change_secret, switch, changed)
        handlers = {"lease": partial(advance_lease, leasing), "rotation": partial(rotate, rotating)}
        async with asyncio.timeout(30):
            while (found := await self.database.read(leases.get, lease_id)).state != state:
                claimed = await self.database.write(jobs.claim, owner="n", limit=10)
                await asyncio.gather(*(handlers[job.kind](job) for job in claimed))
                await asyncio.sleep(0.02)
        return found

    async def reveal(self, lease_id: UUID) -> Secret:
        _, secrets = await self.database.write(leases.reveal, self.world.vault, self.robot, lease_id)
        return secrets["password"]

    def kept(self, tx: ReadTx) -> Secret:
        """What the vault has, whoever may know it."""
        secret_id = get_credential(tx, self.credential_id).password_secret_id
        assert secret_id is not None
        return self.world.vault.open(tx, secret_id, purpose=Part.PASSWORD.purpose)

    async def look(self, password: Secret | None = None) -> tuple[bool, bool]:
        """Whether the account is enabled, and whether its password is this one."""
        async with LinuxKeeper.connect(target_of(self.host)) as keeper:
            account = await keeper.find(LOGIN)
            assert account is not None
            return account.enabled, password is not None and await keeper.accepts_password(LOGIN, password)


@pytest.fixture
async def leased(database: Database, tmp_path: Path, linux_hosts: list[Host]) -> AsyncIterator[Leased]:
    host = linux_hosts[0]
    world = await make_world(database, tmp_path, host)
    hosts.run(host, f"useradd -m {LOGIN} && echo {LOGIN}:{OLD} | chpasswd && usermod --expiredate 1 {LOGIN}")

    def prepare(tx: Tx) -> tuple[UUID, Actor]:
        kept = add_credential(
            tx, world.vault, ACTOR, username=LOGIN, domain="web01", type=CredentialType.USER, password=Secret(OLD)
        )
        tx.run(
            sa.update(credential)
            .where(credential.c.id == kept.id)
            .values(change_on_checkout=True, change_on_release=True, post_session=PostSession.DISABLE)
        )
        row = {"method": Method.AUTOMATIC, "created_at": tx.now, "modified_at": tx.now}
        tx.add(managed_user, id=new_id(), credential_id=kept.id, resource_id=world.resource, **row)
        robot = applications.create(tx, ACTOR, name="robot")
        return kept.id, Actor(robot.id, robot.name)

    credential_id, robot = await database.write(prepare)
    yield Leased(database, world, host, credential_id, robot)
    hosts.run(host, f"userdel -r -f {LOGIN} 2>/dev/null; true")


async def test_a_lease_on_a_real_host(leased: Leased) -> None:
    assert await leased.look() == (False, False)
    made = await leased.database.write(leases.check_out, leased.robot, CheckOut(leased.credential_id))
    assert made.state == State.INTENDED
    await leased.turn_until(made.id, State.ACTIVE)
    known = await leased.reveal(made.id)
    assert known != Secret(OLD)
    assert await leased.look(known) == (True, True)
    await leased.database.write(leases.begin_end, leased.robot, made.id, reason="checked in")
    ended = await leased.turn_until(made.id, State.ENDED)
    assert ended.last_error is None
    assert await leased.look(known) == (False, False)
    now = await leased.database.read(leased.kept)
    assert now not in (known, Secret(OLD))


async def test_a_paused_copy_switches_no_account(database: Database, tmp_path: Path) -> None:
    here = make_leasing(database, await make_world(database, tmp_path))
    target = MemoryTarget(accounts={"locum": MemoryAccount("a password"), "deploy": MemoryAccount()})
    switch = partial(switch_account, database, here.world.vault, target.keeper, here.credential_id)
    await database.write(pause.begin, "a test")
    with pytest.raises(pause.Paused):
        await switch(False)
    assert target.accounts["deploy"].enabled
    await database.write(pause.end)
    await switch(False)
    assert not target.accounts["deploy"].enabled
