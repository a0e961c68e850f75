"""Rotation and verification of credentials on request (CRED-04, CRED-06, CRED-07)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from locum.api.context import Call
from locum.api.guards import ADMIN_APP_OR_USER_PLUS, Filtered, Scope, lacks
from locum.api.operations import operation
from locum.api.paging import Paging
from locum.api.wire.base import NEVER, In, Table, at
from locum.api.wire.enums import ActionStatus, ServiceRotationJobStatus
from locum.api.wire.rotation import RotateAccountsIn, ServiceRotationActionQueue, ServiceRotationJob
from locum.credentials.add import get_credential
from locum.identities.caller import Caller
from locum.identities.rights import ScopeKind
from locum.kit.actor import Actor
from locum.kit.db import ReadTx, Tx
from locum.kit.errors import Invalid, NotFound
from locum.kit.ids import NIL
from locum.kit.permissions import Permission
from locum.reads import rotations as reads
from locum.rotation import ask, rows
from locum.rotation.model import Reason, UpdateState

_SCHEDULE = Permission.CREDENTIALS_ROTATION_SCHEDULE
_SERVICES = Permission.CREDENTIALS_SERVICES_ROTATE
_VERIFY = Permission.CREDENTIALS_PASSWORD_VERIFY
_EITHER = (_SCHEDULE, _SERVICES)
_MOST = 500  # all in one unit of work
_UPDATE_STATUS = {
    UpdateState.INTENDED: ActionStatus.PENDING,
    UpdateState.UPDATED: ActionStatus.COMPLETE,
    UpdateState.REVERTED: ActionStatus.CANCELLED,
    UpdateState.FAILED: ActionStatus.FAILED,
}


class CredentialId(In):
    credential_id: UUID


class RotationId(In):
    rotation_id: UUID


@operation(
    "ManagedUser.RotateAccounts",
    "POST /api/v1/ManagedUser/RotateAccounts",
    who=ADMIN_APP_OR_USER_PLUS,
    permission=_SCHEDULE,
    scope=Filtered(_EITHER),
    problems=(400, 404, 409),
    audit="rotation.asked",
    summary="Change the secrets of managed users, named by their ids or their credentials': all of them or none",
)
def rotate_accounts(tx: Tx, call: Call[None, None, RotateAccountsIn]) -> list[ServiceRotationJob]:
    if len(call.body.ids) > _MOST:
        raise Invalid(f"ids must have at most {_MOST} entries", field="ids")
    credentials = reads.named_credentials(tx, call.body.ids)
    started = [_start(tx, call, one) for one in credentials]
    return [_shown(tx, reads.one_rotation(tx, one)) for one in dict.fromkeys(started)]


@operation(
    "Rotation.Start",
    "POST /api/locum/v1/Credential/{credentialId}/Rotate",
    who=ADMIN_APP_OR_USER_PLUS,
    permission=_SCHEDULE,
    scope=Scope(ScopeKind.CREDENTIAL, "credentialId", _EITHER),
    status=201,
    problems=(404, 409),
    audit="rotation.asked",
    summary="Change the secret now, also with all that depend on it; answers the rotation under way if there is one",
)
def start(tx: Tx, call: Call[CredentialId, None, None]) -> ServiceRotationJob:
    return _shown(tx, reads.one_rotation(tx, _start(tx, call, call.params.credential_id)))


@operation(
    "Rotation.Rollback",
    "POST /api/locum/v1/Credential/{credentialId}/Rollback",
    who=ADMIN_APP_OR_USER_PLUS,
    permission=_SCHEDULE,
    scope=Scope(ScopeKind.CREDENTIAL, "credentialId", _EITHER),
    status=201,
    problems=(404, 409),
    audit="rotation.asked",
    summary="Put the secret before the current one back, on the target and with all that depend on it",
)
def roll_back(tx: Tx, call: Call[CredentialId, None, None]) -> ServiceRotationJob:
    check_rotation(tx, call.caller, call.params.credential_id)
    made = ask.ask_rollback(tx, call.api.vault, call.caller.actor, call.params.credential_id)
    tx.after_commit.append(call.api.changed.ring)
    return _shown(tx, reads.one_rotation(tx, made))


@operation(
    "Rotation.Verify",
    "POST /api/locum/v1/Credential/{credentialId}/Verify",
    who=ADMIN_APP_OR_USER_PLUS,
    permission=_VERIFY,
    scope=Scope(ScopeKind.CREDENTIAL, "credentialId", (_VERIFY,)),
    problems=(404, 409),
    status=202,
    audit="credential.verification_asked",
    summary="Compare the secret with the target's now; the credential's status says what came of it",
)
def verify(tx: Tx, call: Call[CredentialId, None, None]) -> None:
    ask.ask_verification(tx, call.caller.actor, call.params.credential_id)
    tx.after_commit.append(call.api.changed.ring)


@operation(
    "Rotation.List",
    "GET /api/locum/v1/Credential/{credentialId}/Rotation",
    who=ADMIN_APP_OR_USER_PLUS,
    permission=Permission.CREDENTIALS_CREDENTIAL_READ,
    scope=Scope(ScopeKind.CREDENTIAL, "credentialId", _EITHER),
    problems=(400, 404),
    summary="Rotations of a credential, newest first",
)
def list_rotations(tx: ReadTx, call: Call[CredentialId, Paging, None]) -> Table[ServiceRotationJob]:
    get_credential(tx, call.params.credential_id)
    listed = reads.rotations(tx, call.params.credential_id, call.query.page())
    updates = reads.updates(tx, [row.id for row in listed.rows])
    shown = [_job(row, updates[row.id]) for row in listed.rows]
    return Table[ServiceRotationJob](data=shown, records_total=listed.total)


@operation(
    "Rotation.Get",
    "GET /api/locum/v1/Rotation/{rotationId}",
    who=ADMIN_APP_OR_USER_PLUS,
    permission=Permission.CREDENTIALS_CREDENTIAL_READ,
    scope=Filtered(_EITHER),
    problems=(404,),
    summary="One rotation, with what became of each dependant",
)
def get_rotation(tx: ReadTx, call: Call[RotationId, None, None]) -> ServiceRotationJob:
    readers = (Permission.CREDENTIALS_CREDENTIAL_READ, *_EITHER)
    return _shown(tx, _visible(tx, call.caller, call.params.rotation_id, readers))


@operation(
    "Rotation.Pause",
    "POST /api/locum/v1/Rotation/{rotationId}/Pause",
    who=ADMIN_APP_OR_USER_PLUS,
    permission=_SCHEDULE,
    scope=Filtered(_EITHER),
    problems=(404, 409),
    audit="rotation.paused",
    summary="Stop a rotation before its next step that can wait",
)
def pause(tx: Tx, call: Call[RotationId, None, None]) -> ServiceRotationJob:
    return _steered(tx, call, ask.pause)


@operation(
    "Rotation.Resume",
    "POST /api/locum/v1/Rotation/{rotationId}/Resume",
    who=ADMIN_APP_OR_USER_PLUS,
    permission=_SCHEDULE,
    scope=Filtered(_EITHER),
    problems=(404, 409),
    audit="rotation.resumed",
    summary="Let a paused rotation go on",
)
def resume(tx: Tx, call: Call[RotationId, None, None]) -> ServiceRotationJob:
    return _steered(tx, call, ask.resume)


@operation(
    "Rotation.Abort",
    "POST /api/locum/v1/Rotation/{rotationId}/Abort",
    who=ADMIN_APP_OR_USER_PLUS,
    permission=_SCHEDULE,
    scope=Filtered(_EITHER),
    problems=(404, 409),
    audit="rotation.abort_asked",
    summary="Give a rotation up: what was changed already is put back",
)
def abort(tx: Tx, call: Call[RotationId, None, None]) -> ServiceRotationJob:
    return _steered(tx, call, ask.abort)


def _start(tx: Tx, call: Call[Any, None, Any], credential_id: UUID) -> UUID:
    check_rotation(tx, call.caller, credential_id)
    made = ask.ask_rotation(tx, call.caller.actor, credential_id, Reason.ASKED)
    tx.after_commit.append(call.api.changed.ring)
    return made


def check_verification(caller: Caller, credential_id: UUID) -> None:
    """Raise Forbidden for whoever may not have the secret verified."""
    if not caller.may(_VERIFY, {ScopeKind.CREDENTIAL: credential_id}):
        raise lacks(_VERIFY, kind="credential")


def check_rotation(tx: ReadTx, caller: Caller, credential_id: UUID) -> None:
    """A service account, on which something depends, has a right of its own (CRED-04)."""
    if caller.key is not None:
        caller.key.check_credential(credential_id)
    right = _SERVICES if rows.dependants_of(tx, credential_id) else _SCHEDULE
    if not caller.may(right, {ScopeKind.CREDENTIAL: credential_id}):
        raise lacks(right, kind="credential")


def _visible(tx: ReadTx, caller: Caller, rotation_id: UUID, rights: tuple[Permission, ...]) -> reads.RotationRow:
    """The rotation; of a credential outside of the caller's rights there is none (SEC-12, SEC-30)."""
    row = reads.one_rotation(tx, rotation_id)
    about = {ScopeKind.CREDENTIAL: row.credential_id}
    bounds = caller.key.credentials if caller.key is not None else None
    within = bounds is None or row.credential_id in bounds
    if not within or not any(caller.may(right, about) for right in rights):
        raise NotFound("no such rotation")
    return row


def _steered(
    tx: Tx, call: Call[RotationId, None, None], change: Callable[[Tx, Actor, UUID], None]
) -> ServiceRotationJob:
    row = _visible(tx, call.caller, call.params.rotation_id, _EITHER)
    check_rotation(tx, call.caller, row.credential_id)
    change(tx, call.caller.actor, row.id)
    tx.after_commit.append(call.api.changed.ring)
    return _shown(tx, reads.one_rotation(tx, row.id))


def _shown(tx: ReadTx, row: reads.RotationRow) -> ServiceRotationJob:
    return _job(row, reads.updates(tx, [row.id])[row.id])


def _job(row: reads.RotationRow, updates: list[reads.UpdateRow]) -> ServiceRotationJob:
    last = max(moment for moment in (row.created_at, row.started_at, row.changed_at, row.ended_at) if moment)
    return ServiceRotationJob(
        id=row.id,
        service_rotation_action_queues=[_queue(row, update) for update in updates],
        credential_id=row.credential_id,
        managed_user_id=row.managed_user_id or NIL,
        start_date_time_utc=at(row.started_at) or NEVER,
        end_date_time_utc=at(row.ended_at) or NEVER,
        status=ServiceRotationJobStatus(row.state),
        created_date_time_utc=at(row.created_at),
        modified_date_time_utc=at(last),
        created_by=row.requested_by,
        created_by_user_name=row.requested_by_name,
        cancelled_by=row.aborted_by,
        cancelled_by_user_name=row.aborted_by_name,
        created_from_address=row.requested_from,
        cancelled_from_address=row.aborted_from,
        is_rollback=row.reason == Reason.ROLLBACK,
        reason=row.reason,
        last_error=row.last_error,
    )


def _queue(row: reads.RotationRow, update: reads.UpdateRow) -> ServiceRotationActionQueue:
    return ServiceRotationActionQueue(
        id=update.dependant_id,
        rotation_job_id=row.id,
        status=_UPDATE_STATUS[UpdateState(update.state)],
        target_name=update.name,
        target_host=update.resource_name,
        host_id=update.resource_id,
        last_rotation_date_time_utc=at(update.updated_at),
        created_date_time_utc=at(row.created_at),
        modified_date_time_utc=at(update.updated_at or row.created_at),
        last_error=update.last_error,
    )
