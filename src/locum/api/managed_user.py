"""On which resource a credential's login lives, and how its secret is changed there (CRED-04)."""

from __future__ import annotations

from uuid import UUID

from locum.api.context import Call
from locum.api.guards import ADMIN_APP_OR_USER_PLUS, Scope
from locum.api.operations import operation
from locum.api.wire.base import In, at
from locum.api.wire.enums import ManagedUserType, VerificationScanStatus
from locum.api.wire.managed_user import ManagedUser, ManagedUserIn
from locum.credentials import manage, model
from locum.identities.caller import Caller
from locum.identities.rights import ScopeKind
from locum.kit.db import ReadTx, Tx
from locum.kit.errors import Forbidden
from locum.kit.permissions import Permission

_MANAGE = Permission.CREDENTIALS_CREDENTIAL_MANAGE
_UNMANAGE = Permission.CREDENTIALS_CREDENTIAL_UNMANAGE


class CredentialId(In):
    credential_id: UUID


@operation(
    "ManagedUser.Get",
    "GET /api/locum/v1/Credential/{credentialId}/ManagedUser",
    who=ADMIN_APP_OR_USER_PLUS,
    permission=Permission.CREDENTIALS_CREDENTIAL_READ,
    scope=Scope(ScopeKind.CREDENTIAL, "credentialId", (_MANAGE, _UNMANAGE)),
    problems=(404,),
    summary="Where the login lives, what the last look at it said, and when its secret is next due",
)
def get_managed_user(tx: ReadTx, call: Call[CredentialId, None, None]) -> ManagedUser:
    return shown(manage.get_managed_user(tx, call.params.credential_id))


@operation(
    "ManagedUser.Manage",
    "PUT /api/locum/v1/Credential/{credentialId}/ManagedUser",
    who=ADMIN_APP_OR_USER_PLUS,
    permission=_MANAGE,
    scope=Scope(ScopeKind.CREDENTIAL, "credentialId", (_MANAGE,)),
    problems=(400, 404, 409),
    audit="credential.managed",
    summary="Bring the login under management on a resource: Automatic (2) changes its secret by schedule, Manual (1)"
    " only when asked",
)
def put_managed_user(tx: Tx, call: Call[CredentialId, None, ManagedUserIn]) -> ManagedUser:
    body, credential_id = call.body, call.params.credential_id
    _check_place(tx, call.caller, credential_id, body.managed_resource_id)
    made = manage.manage(
        tx,
        call.caller.actor,
        credential_id,
        resource_id=body.managed_resource_id,
        method=model.Method(body.managed_type),
        complexity_id=body.password_complexity_policy_id,
        verification_schedule_id=body.verification_schedule_id,
    )
    return shown(made)


@operation(
    "ManagedUser.Unmanage",
    "DELETE /api/locum/v1/Credential/{credentialId}/ManagedUser",
    who=ADMIN_APP_OR_USER_PLUS,
    permission=_UNMANAGE,
    scope=Scope(ScopeKind.CREDENTIAL, "credentialId", (_UNMANAGE,)),
    problems=(404, 409),
    audit="credential.unmanaged",
    summary="Leave the login alone from now on; its secret stays in the vault",
)
def delete_managed_user(tx: Tx, call: Call[CredentialId, None, None]) -> None:
    manage.unmanage(tx, call.caller.actor, call.params.credential_id)


def _check_place(tx: ReadTx, caller: Caller, credential_id: UUID, resource_id: UUID) -> None:
    """Raise Forbidden where a right over listed credentials alone would say on which resource one lives.

    That resource is shown its secret when it is verified, and has its account of that name changed: of a login called
    root, on any host, that would be far more than the credential (SEC-12, SEC-30).
    """
    bounded = caller.key is not None and caller.key.credentials is not None
    if (bounded or _MANAGE not in caller.permissions) and not manage.lives_on(tx, credential_id, resource_id):
        raise Forbidden(
            "only who may manage every credential says on which resource one lives",
            missing=f"permission {_MANAGE} for every credential",
        )


def shown(row: model.ManagedUser) -> ManagedUser:
    """A managed user as the wire has it."""
    return ManagedUser(
        id=row.id,
        user_id=row.host_user_id,
        credential_id=row.credential_id,
        managed_resource_id=row.resource_id,
        managed_type=ManagedUserType(row.method),
        verification_schedule_id=row.verification_schedule_id,
        password_status=VerificationScanStatus(row.status),
        password_complexity_policy_id=row.complexity_id,
        password_last_checked_utc=at(row.last_verified_at),
        password_next_change_utc=at(row.next_change_at),
        created_date_time_utc=at(row.created_at),
        modified_date_time_utc=at(row.modified_at),
    )
