"""Carries a rotation out: one pass of a job, from wherever it stands, as far as it goes.

What is intended is committed before the target hears of it; what the target says decides what is written next. The
order of steps is `plan.py`'s, so this file only makes them. A pass may be cut off anywhere and begun again.
"""

from __future__ import annotations

import asyncio
import datetime as dt
from contextlib import AsyncExitStack
from dataclasses import replace
from uuid import UUID

from locum.actions.host_key import note_changed_key
from locum.actions.reach import reach
from locum.actions.target import locate, pin_host_key
from locum.connectors.base import AccountKeeper, Dependant, Target, TargetRefused, TargetUnreachable
from locum.credentials import ssh_key
from locum.kit import jobs
from locum.kit.db import ReadTx, Tx
from locum.kit.errors import Conflict, Invalid
from locum.kit.jobs import Job
from locum.kit.pause import Paused
from locum.rotation import finish, rows, rules, secrets
from locum.rotation.model import DependantRow, DependantUpdate, State, UpdateState
from locum.rotation.pass_facts import (
    Known,
    RotationWork,
    dependant_row,
    free_slot,
    itself,
    know,
    take_slot,
    ways_in,
)
from locum.rotation.plan import Move, Seen, next_move
from locum.rotation.secrets import Parts, accepted, give
from locum.vault.secret import Secret
from locum.vault.store import Vault

PAUSE = dt.timedelta(days=1)  # resuming asks for the job at once
# Longer than any target works on a change that nobody waits for any more: databases end theirs after 20 seconds, and on
# Linux hosts one waits for the other.
ATTEMPT_LIFE = dt.timedelta(seconds=25)


async def rotate(work: RotationWork, held: Job) -> None:
    """The worker's handler of a rotation's job."""
    if not await work.db.write(take_slot, held):
        return
    one = _Pass(work, held)
    try:
        async with AsyncExitStack() as stack:
            one.stack = stack
            while await one.step():
                work.changed.ring()
    except TargetUnreachable as error:
        await work.db.write(_later, held, str(error))
    finally:
        work.changed.ring()


class _Pass:
    """What is known of the target in this pass alone."""

    def __init__(self, work: RotationWork, held: Job) -> None:
        self._work = work
        self._held = held
        self._seen: Seen | None = None
        self._tried = self._refused = self._restored = self._shut = False
        self._touched = self._unsure = False
        self._error: str | None = None
        self._keeper: AccountKeeper | None = None
        self._own_stack: AsyncExitStack | None = None
        self._fragile = False
        self.stack: AsyncExitStack

    async def step(self) -> bool:
        """Make the next move; False when the job was given back or is done."""
        known = await self._work.db.write(know, self._held, self._work.vault)
        facts = replace(
            known.facts,
            seen=self._seen,
            tried=self._tried,
            refused=self._refused,
            restored=self._restored,
            unsure=self._unsure,
            shut=self._shut,
        )
        move = next_move(facts)
        match move:
            case Move.PREPARE:
                await self._prepare(known)
            case Move.LOOK:
                await self._look(known)
            case Move.TOUCH:
                await self._work.db.write(_touch, self._held, known)
                self._touched = True
            case Move.CHANGE:
                await self._change(known)
            case Move.RESTORE:
                assert known.candidate is not None
                await self._give(known, known.current, known.candidate)
                self._restored = True
            case Move.PROMOTE:
                await self._work.db.write(_promote, self._held, known, self._work.vault)
            case Move.UPDATE:
                await self._update(known)
            case Move.WAIT:
                await self._work.db.write(_wait, self._held)
                return False
            case Move.AGAIN:
                raise TargetUnreachable(self._error or "the target has neither the old secret nor the new one")
            case _:
                await self._work.db.write(
                    finish.finish, self._held, known, self._work.vault, move, self._error, self._seen
                )
                return False
        return True

    async def _prepare(self, known: Known) -> None:
        """A key is made outside of any transaction: an RSA key takes seconds."""
        try:
            made = await self._work.db.read(_candidate, known, self._work.vault)
        except (Conflict, Invalid) as error:
            self._error, self._shut = error.detail, True
            return
        if made is None:
            made = await self._new_parts(known)
        if not await self._work.db.write(_keep, self._held, known, self._work.vault, made):
            self._error, self._shut = "the credential is used on other resources too", True

    async def _new_parts(self, known: Known) -> Parts:
        has_password, has_key = secrets.parts_of(known.credential.authentication_method)
        password = private_key = None
        if has_password:
            password = await self._work.db.read(rules.new_password, known.credential.id)
        if has_key:
            algorithm = ssh_key.algorithm_named(known.credential.key_algorithm)
            key = await asyncio.to_thread(ssh_key.generate, algorithm, known.credential.key_length)
            private_key = key.openssh()
        return Parts(password, private_key)

    async def _look(self, known: Known) -> None:
        try:
            keeper = await self._enter(known)
            assert known.candidate is not None
            new = await accepted(keeper, known.credential.username, known.candidate)
            old = await accepted(keeper, known.credential.username, known.current)
            self._seen = Seen(all(new), all(old), partly=any(new) and not all(new))
        except (TargetRefused, Invalid) as error:
            self._error, self._shut = str(error), True

    async def _change(self, known: Known) -> None:
        """Make the target take the candidate. In a pass that found it touched, an attempt before this one may still be
        under way on the target: its no is then the last word only when that one's time is over."""
        assert known.candidate is not None
        if not self._touched:
            self._unsure = await self._work.db.write(_try_again, self._held, known)
        self._refused = not await self._give(known, known.candidate, known.current)
        self._tried = True
        if self._refused and self._unsure:
            await self._work.db.write(_answered, self._held, known)

    async def _give(self, known: Known, wanted: Parts, instead_of: Parts) -> bool:
        """Have the target take `wanted`; whether it did not say no. What it has then is looked at anew."""
        self._seen = None
        try:
            keeper = await self._enter(known)
            await give(keeper, known.credential.username, wanted, instead_of=instead_of)
        except TargetRefused as error:
            self._error = str(error)
            return False
        finally:
            await self._leave()
        return True

    async def _update(self, known: Known) -> None:
        """One dependant: told, asked, written down."""
        of = next(row for row in known.updates if row.state == UpdateState.INTENDED)
        row = await self._work.db.read(dependant_row, of.dependant_id)
        told = Dependant(row.kind, row.parameters, str(row.id))
        try:
            kind, target, old = await self._work.db.read(_of_dependant, known, self._work.vault, row)
            async with reach(self._work.db, row.resource_id, self._work.keeper(kind, target)) as keeper:
                await self._pin(row.resource_id, target, keeper)
                await keeper.update(told, old=old, new=known.current.shown)
                if not await keeper.holds(told, known.current.shown):
                    raise TargetRefused(f"{row.name} does not hold the new secret")
        except Paused:
            raise  # it is told once Locum goes on
        except (TargetRefused, Invalid, Conflict) as error:
            self._error = f"{row.name}: {error}"
            await self._work.db.write(_updated, self._held, of, UpdateState.FAILED, self._error)
            return
        await self._work.db.write(_updated, self._held, of, UpdateState.UPDATED, None)

    async def _enter(self, known: Known) -> AccountKeeper:
        """The open connection of this pass, by the first way in that works."""
        if self._keeper is not None:
            return self._keeper
        ways = await self._work.db.read(ways_in, self._work.vault, known)
        self._fragile = itself(known, ways)
        for kind, target in ways[:-1]:
            try:
                return await self._open(known, kind, target)
            except TargetRefused:
                continue
        return await self._open(known, *ways[-1])

    async def _open(self, known: Known, kind: str, target: Target) -> AccountKeeper:
        own = await self.stack.enter_async_context(AsyncExitStack())
        resource_id = known.rotation.resource_id
        way = reach(self._work.db, resource_id, self._work.keeper(kind, target))
        keeper = await own.enter_async_context(way)
        await self._pin(resource_id, target, keeper)
        self._keeper, self._own_stack = keeper, own
        return keeper

    async def _leave(self) -> None:
        """A login that changed its own secret proves by signing in again that the new one works."""
        if self._fragile and self._own_stack is not None:
            self._keeper = None
            await self._own_stack.aclose()

    async def _pin(self, resource_id: UUID, target: Target, keeper: AccountKeeper) -> None:
        key, thumbprint = keeper.host_key, keeper.host_key_thumbprint
        if target.trusted_host_key is None and target.accept_first and key is not None and thumbprint is not None:
            await self._work.db.write(pin_host_key, resource_id, key=key, thumbprint=thumbprint)
        await note_changed_key(self._work.db, resource_id, target, keeper)


def _candidate(tx: ReadTx, known: Known, vault: Vault) -> Parts | None:
    """The secret that a rollback goes back to; None where a new one is to be made."""
    return secrets.current(tx, vault, known.credential, back=1) if known.facts.rollback else None


def _keep(tx: Tx, held: Job, known: Known, vault: Vault, made: Parts) -> bool:
    """The intent: from here on the candidate is durable."""
    jobs.hold(tx, held)
    if rows.used_elsewhere(tx, known.managed) is not None:
        return False
    secret_id = secrets.keep_candidate(tx, vault, made)
    rows.change(tx, known.rotation.id, candidate_secret_id=secret_id, candidate_public_key=made.public_key)
    return True


def _touch(tx: Tx, held: Job, known: Known) -> None:
    jobs.hold(tx, held)
    rows.change(tx, known.rotation.id, started_at=tx.now, tried_at=tx.now, state=State.ROTATING_PASSWORD)
    rows.say(tx, known.rotation, "rotation.started")


def _try_again(tx: Tx, held: Job, known: Known) -> bool:
    """Write down when; whether the target may still be at work on the attempt before."""
    jobs.hold(tx, held)
    rows.change(tx, known.rotation.id, tried_at=tx.now)
    before = known.rotation.tried_at
    return before is None or tx.now - before < ATTEMPT_LIFE


def _answered(tx: Tx, held: Job, known: Known) -> None:
    """The attempt of this pass is over: what may still be under way is the one before."""
    jobs.hold(tx, held)
    rows.change(tx, known.rotation.id, tried_at=known.rotation.tried_at)


def _promote(tx: Tx, held: Job, known: Known, vault: Vault) -> None:
    """The target has it: it is the credential's own, and all that depend on it are to follow."""
    jobs.hold(tx, held)
    found, candidate = known.rotation, known.candidate
    assert candidate is not None
    assert found.candidate_secret_id is not None
    secrets.promote(tx, vault, known.credential, candidate)
    state = State.PAUSED if found.state == State.PAUSED else State.UPDATING_SERVICES
    rows.change(tx, found.id, changed_at=tx.now, candidate_secret_id=None, state=state)
    vault.erase(tx, found.candidate_secret_id)
    rows.intend_updates(tx, found)
    finish.changed(tx, known)


def _updated(tx: Tx, held: Job, of: DependantUpdate, state: UpdateState, error: str | None) -> None:
    jobs.hold(tx, held)
    rows.updated(tx, of, state, error)


def _of_dependant(tx: ReadTx, known: Known, vault: Vault, row: DependantRow) -> tuple[str, Target, Secret]:
    kind, target = locate(tx, vault, row.resource_id)
    return kind, target, secrets.current(tx, vault, known.credential, back=1).shown


def _wait(tx: Tx, held: Job) -> None:
    free_slot(tx, held.subject_id)
    jobs.again(tx, held, due_at=tx.now + PAUSE)


def _later(tx: Tx, held: Job, error: str) -> None:
    """Nothing is given up: it says why, and is tried again after at most half a minute."""
    found = rows.get_rotation(tx, held.subject_id)
    rows.change(tx, found.id, busy_until=None, last_error=error[:1000])
    rows.change_managed(tx, found.credential_id, last_error=error[:1000])
    jobs.failed(tx, held, error)
