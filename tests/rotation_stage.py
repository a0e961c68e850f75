"""Rotations against a target in memory, and what must hold whenever one has ended."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from locum.audit.model import audit_event
from locum.credentials import ssh_key
from locum.credentials.add import add_credential
from locum.credentials.model import AuthenticationMethod, Credential, Method, credential, managed_user, schedule
from locum.credentials.schedule import Frequency
from locum.kit import jobs
from locum.kit.db import Database, ReadTx, Tx
from locum.kit.ids import new_id
from locum.kit.jobs import Job, job
from locum.kit.wake import Wake
from locum.resources.model import platform, resource
from locum.rotation import rows, secrets
from locum.rotation.model import Reason, Rotation, dependant, rotation
from locum.rotation.pass_facts import RotationWork
from locum.rotation.rotate import rotate
from locum.rotation.secrets import Parts
from locum.vault.model import vault_secret
from memory_target import SERVICE, MemoryAccount, MemoryTarget
from world import ACTOR, make_world

METHODS = {
    "password": AuthenticationMethod.PASSWORD,
    "key": AuthenticationMethod.SSH_KEY,
    "both": AuthenticationMethod.SSH_KEY_AND_PASSWORD,
}

OF_ROTATIONS = job.c.kind.in_((rows.ROTATION_JOB, rows.VERIFICATION_JOB))


@dataclass
class RotationStage:
    """One resource; `login` makes logins on it."""

    database: Database
    target: MemoryTarget
    work: RotationWork
    resource: UUID
    service: UUID
    wait_over: bool = field(default=False)

    async def login(
        self,
        name: str,
        kind: str = "password",
        *,
        dependants: int = 0,
        method: Method = Method.AUTOMATIC,
        **parameters: str,
    ) -> UUID:
        """A managed login whose secret the target has, with so many things that depend on it."""
        key = ssh_key.generate(ssh_key.KeyAlgorithm.ED25519)
        account = MemoryAccount(
            password="first" if kind != "key" else None, keys={key.public_line} if kind != "password" else set()
        )
        self.target.accounts[name] = account

        def add(tx: Tx) -> UUID:
            made = add_credential(
                tx,
                self.work.vault,
                ACTOR,
                username=name,
                domain="memory",
                authentication_method=METHODS[kind],
                password=secrets.Secret("first") if kind != "key" else None,
                private_key=key.openssh() if kind != "password" else None,
            )
            tx.add(
                managed_user,
                id=new_id(),
                credential_id=made.id,
                resource_id=self.resource,
                method=method,
                created_at=tx.now,
                modified_at=tx.now,
            )
            stored = self._current(tx, made.id).shown.reveal_text()
            for number in range(dependants):
                dependant_id = new_id()
                self.target.stored[str(dependant_id)] = stored
                tx.add(
                    dependant,
                    id=dependant_id,
                    credential_id=made.id,
                    resource_id=self.resource,
                    name=f"d{number}",
                    name_key=f"d{number}",
                    kind="memory",
                    parameters={"knows": stored, **parameters} if number == dependants - 1 else {},
                    created_at=tx.now,
                    modified_at=tx.now,
                )
            return made.id

        return await self.database.write(add)

    async def claim(self) -> list[Job]:
        """All jobs of rotations, also those that would wait."""
        mine = sa.update(job).where(OF_ROTATIONS)

        def claim(tx: Tx) -> list[Job]:
            tx.run(mine.values(due_at=tx.now, owner=None, lease_until=None, fence=job.c.fence + 1))
            return jobs.claim(tx, owner="n", limit=100)

        return await self.database.write(claim)

    async def turn(self) -> bool:
        """Every job once; whether there was one."""
        claimed = await self.claim()
        for held in claimed:
            await rotate(self.work, held)
        return bool(claimed)

    async def settle(self, most: int = 20) -> None:
        """Until nothing is left to do."""
        for _ in range(most):
            if not await self.turn():
                return
        raise AssertionError("it never comes to an end")

    async def rotations(self, credential_id: UUID) -> list[Rotation]:
        """All of a credential's rotations, oldest first."""
        columns = (rotation.c[name] for name in Rotation.__struct_fields__)
        query = (
            sa.select(*columns).where(rotation.c.credential_id == credential_id).order_by(rotation.c.created_at)
        )
        return await self.database.read(lambda tx: tx.rows(Rotation, query))

    async def current(self, credential_id: UUID) -> Parts:
        """What the vault has as the credential's own."""
        return await self.database.read(self._current, credential_id)

    def _current(self, tx: ReadTx, credential_id: UUID) -> Parts:
        columns = (credential.c[name] for name in Credential.__struct_fields__)
        found = tx.first(Credential, sa.select(*columns).where(credential.c.id == credential_id))
        assert found is not None
        return secrets.current(tx, self.work.vault, found)

    def lives(self, name: str, parts: Parts) -> bool:
        """Whether the target takes all of these parts."""
        account = self.target.accounts[name]
        return (parts.password is None or account.password == parts.password.reveal_text()) and (
            parts.public_key is None or parts.public_key in account.keys
        )

    async def known(self, credential_id: UUID) -> list[Parts]:
        """Every secret of the login that the vault knows: its own, and the candidate of an open rotation."""
        found = [await self.current(credential_id)]
        under_way = await self.database.read(rows.open_rotation, credential_id)
        if under_way is not None and under_way.candidate_secret_id is not None:
            kept = await self.database.read(secrets.candidate, self.work.vault, under_way.candidate_secret_id)
            found.append(kept)
        return found

    async def check_reachable(self, credential_id: UUID, name: str) -> None:
        """At no moment is a live part of the secret unknown to the vault."""
        account, known = self.target.accounts[name], await self.known(credential_id)
        passwords = {parts.password.reveal_text() for parts in known if parts.password}
        assert account.password is None or account.password in passwords
        assert not account.keys or account.keys & {parts.public_key for parts in known}

    async def check_ended(self, credential_id: UUID, name: str) -> None:
        """What must hold once nothing is under way any more."""
        assert await self.database.read(rows.open_rotation, credential_id) is None
        assert await self.database.read(lambda tx: tx.scalars(sa.select(job.c.id).where(OF_ROTATIONS))) == []
        current = await self.current(credential_id)
        assert self.lives(name, current), "the target has another secret than the vault"
        if current.public_key is not None:
            assert self.target.accounts[name].keys == {current.public_key}, "an old key still works"
        for row in await self.database.read(rows.dependants_of, credential_id):
            assert self.target.stored[str(row.id)] == current.shown.reveal_text(), f"{row.name} was left behind"
        left = sa.select(sa.func.count()).where(
            vault_secret.c.purpose == secrets.CANDIDATE_PURPOSE, vault_secret.c.erased_at.is_(None)
        )
        assert await self.database.read(lambda tx: tx.scalar(left)) == 0, "a candidate is left over"
        ended = await self.said("rotation.ended", credential_id)
        assert ended == len(await self.rotations(credential_id))
        changed = [one for one in await self.rotations(credential_id) if one.changed_at is not None]
        assert await self.said("credential.secret_changed", credential_id) == len(changed)

    async def said(self, action: str, credential_id: UUID) -> int:
        """How often the audit log says that of the credential."""
        query = sa.select(sa.func.count()).where(
            audit_event.c.action == action, audit_event.c.object_id == credential_id
        )
        found: int = await self.database.read(lambda tx: tx.scalar(query))
        return found

    async def hourly(self) -> None:
        """Every login is to be changed and verified each hour from its making, or its last change, on."""
        schedule_id = new_id()

        def add(tx: Tx) -> None:
            tx.add(
                schedule,
                id=schedule_id,
                name="each hour",
                name_key="each hour",
                frequency=Frequency.HOURS,
                period=1,
                time_zone="UTC",
                created_at=tx.now,
                modified_at=tx.now,
            )
            ids = {"rotation_schedule_id": schedule_id, "verification_schedule_id": schedule_id}
            tx.run(sa.update(platform).values(ids))

        await self.database.write(add)

    async def managed(self, credential_id: UUID, **values: Any) -> Any:
        """The row of where the login lives, after a change by hand."""
        if values:
            await self.database.write(rows.change_managed, credential_id, **values)
        return await self.database.read(rows.get_managed, credential_id)


async def rotation_stage(
    database: Database, folder: Path, wrap: Callable[[Database], Any] = lambda db: db
) -> RotationStage:
    """`wrap` puts something between rotations and the database."""
    world = await make_world(database, folder)
    target = MemoryTarget({SERVICE: MemoryAccount(password="service secret")})

    def prepare(tx: Tx) -> UUID:
        service = add_credential(
            tx, world.vault, ACTOR, username=SERVICE, password=secrets.Secret("service secret")
        )
        tx.run(
            sa.update(resource)
            .where(resource.c.id == world.resource)
            .values(service_account_id=service.id, rotation_limit=100)
        )
        return service.id

    service = await database.write(prepare)
    work = RotationWork(wrap(database), world.vault, target.keeper, Wake())
    return RotationStage(database, target, work, world.resource, service)


__all__ = ["Reason", "RotationStage", "rotation_stage"]
