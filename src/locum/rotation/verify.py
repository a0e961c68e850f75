"""Compares what the vault has with what the target takes (CRED-06)."""

from __future__ import annotations

from uuid import UUID

from locum.actions.host_key import note_changed_key
from locum.actions.reach import reach
from locum.actions.target import locate
from locum.connectors.base import Target, TargetRefused, TargetUnreachable
from locum.credentials.add import get_credential
from locum.credentials.effective import effective
from locum.credentials.model import Credential, Method, Verified
from locum.kit import jobs
from locum.kit.actor import LOCUM
from locum.kit.db import Tx
from locum.kit.errors import Invalid
from locum.kit.jobs import Job
from locum.resources.add import get_resource
from locum.rotation import rows, rules, secrets
from locum.rotation.ask import ask_rotation
from locum.rotation.model import Reason
from locum.rotation.pass_facts import RotationWork
from locum.rotation.secrets import Parts, accepted
from locum.vault.store import Vault

MOST_ATTEMPTS = 5  # of one verification, some 30 seconds in all; the next date then tries again


async def verify(work: RotationWork, held: Job) -> None:
    """The worker's handler of a verification's job; its subject is the credential."""
    found = await work.db.write(_begin, held, work.vault)
    if found is None:
        return
    of, parts, kind, target, resource_id = found
    error = None
    try:
        async with reach(work.db, resource_id, work.keeper(kind, target)) as keeper:
            await note_changed_key(work.db, resource_id, target, keeper)
            same = all(await accepted(keeper, of.username, parts))
    except TargetUnreachable as failure:
        await work.db.write(_not_reached, held, str(failure))
        return
    except (TargetRefused, Invalid) as refusal:
        same, error = None, str(refusal)
    await work.db.write(_compared, held, same, error)
    work.changed.ring()


def _begin(tx: Tx, held: Job, vault: Vault) -> tuple[Credential, Parts, str, Target, UUID] | None:
    """What to compare; None, and the job done, where there is nothing (any more) or a rotation will see anyway."""
    jobs.hold(tx, held)
    managed = rows.get_managed(tx, held.subject_id)
    if managed is None or rows.open_rotation(tx, held.subject_id) is not None:
        jobs.done(tx, held)
        return None
    of = get_credential(tx, held.subject_id)
    service = get_resource(tx, managed.resource_id).service_account_id
    try:
        kind, target = locate(tx, vault, managed.resource_id, account_id=None if service else of.id)
    except Invalid as error:
        _settle(tx, held, managed.status, error.detail)
        return None
    return of, secrets.current(tx, vault, of), kind, target, managed.resource_id


def _compared(tx: Tx, held: Job, same: bool | None, error: str | None) -> None:
    """The target's answer; None where it gave none that says anything."""
    jobs.hold(tx, held)
    managed = rows.get_managed(tx, held.subject_id)
    assert managed is not None
    if same is None:
        _settle(tx, held, Verified.UNSPECIFIED, error)
        return
    if same:
        rows.change_managed(tx, held.subject_id, last_verified_at=tx.now)
        _settle(tx, held, Verified.VERIFIED, None)
        return
    holds = effective(tx, held.subject_id)
    if holds.reset_on_mismatch and managed.method == Method.AUTOMATIC:
        _settle(tx, held, Verified.PENDING, None)
        ask_rotation(tx, LOCUM, held.subject_id, Reason.MISMATCH)
        return
    _settle(tx, held, Verified.MISMATCH, "the target has another secret than the vault")


def _settle(tx: Tx, held: Job, status: int, error: str | None) -> None:
    """Write the status down, when it is looked at next, and that it was looked at."""
    holds = effective(tx, held.subject_id)
    due = rules.next_instant(holds.verification, tx.now)
    rows.change_managed(tx, held.subject_id, status=status, last_error=error, next_verification_at=due)
    jobs.done(tx, held)
    why = None if status == Verified.MISMATCH else error  # the status says it all
    rows.say_verified(tx, held.subject_id, Verified(status), why)


def _not_reached(tx: Tx, held: Job, error: str) -> None:
    if held.attempts + 1 < MOST_ATTEMPTS:
        rows.change_managed(tx, held.subject_id, last_error=error[:1000])
        jobs.failed(tx, held, error)
        return
    _settle(tx, held, Verified.UNSPECIFIED, error[:1000])
