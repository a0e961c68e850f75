"""Says on which resource a login lives and how its secret is changed there, and takes that back (CRED-04)."""

from __future__ import annotations

from uuid import UUID

import sqlalchemy as sa

from locum.audit import log as audit
from locum.credentials.add import get_credential
from locum.credentials.elsewhere import lease, resource, rotation
from locum.credentials.model import (
    ManagedUser,
    Method,
    SecretKind,
    managed_user,
    password_complexity,
    schedule,
)
from locum.kit.actor import Actor
from locum.kit.db import ReadTx, Tx, metadata
from locum.kit.errors import Conflict, Invalid, NotFound
from locum.kit.ids import new_id
from locum.kit.names import name_key

_SECRET_VAULT = 4
_COLUMNS = [managed_user.c[name] for name in ManagedUser.__struct_fields__]


def get_managed_user(tx: ReadTx, credential_id: UUID) -> ManagedUser:
    """Where the credential's login lives. Raises NotFound if nobody said."""
    found = tx.first(ManagedUser, sa.select(*_COLUMNS).where(managed_user.c.credential_id == credential_id))
    if found is None:
        raise NotFound("this credential is not managed on any resource")
    return found


def lives_on(tx: ReadTx, credential_id: UUID, resource_id: UUID) -> bool:
    """Whether somebody has said already that the login lives there."""
    mine = managed_user.c.credential_id == credential_id, managed_user.c.resource_id == resource_id
    return tx.scalar(sa.select(managed_user.c.id).where(*mine)) is not None


def manage(
    tx: Tx,
    actor: Actor,
    credential_id: UUID,
    *,
    resource_id: UUID,
    method: Method,
    complexity_id: UUID | None = None,
    verification_schedule_id: UUID | None = None,
) -> ManagedUser:
    """Bring a login under management, or change how it is managed.

    Its dates are looked at by the next sweep. Raises NotFound, Invalid, and Conflict while a rotation is under way.
    """
    of = get_credential(tx, credential_id)
    if of.deleted_at is not None:
        raise NotFound("no such credential")
    if of.kind != SecretKind.LOGIN:
        raise Conflict("only a login lives on a resource; this credential keeps something else")
    kind = tx.scalar(sa.select(resource.c.type).where(resource.c.id == resource_id))
    if kind is None:
        raise Invalid("managedResourceId names no resource", field="managedResourceId")
    if kind == _SECRET_VAULT and method is not Method.NOT_MANAGED:
        raise Invalid("in a secret vault nothing is changed by Locum: managedType must be 0", field="managedType")
    for chosen, table, field in (
        (complexity_id, password_complexity, "passwordComplexityPolicyId"),
        (verification_schedule_id, schedule, "verificationScheduleId"),
    ):
        if chosen is not None and tx.scalar(sa.select(table.c.id).where(table.c.id == chosen)) is None:
            raise Invalid(f"{field} names nothing there is", field=field)
    _check_at_rest(tx, credential_id)
    values = {
        "resource_id": resource_id,
        "host_user_id": _account(tx, credential_id, resource_id, of.username),
        "method": method,
        "complexity_id": complexity_id,
        "verification_schedule_id": verification_schedule_id,
        "next_change_at": tx.now if method is Method.AUTOMATIC else None,
        "next_verification_at": None if method is Method.NOT_MANAGED else tx.now,
        "modified_at": tx.now,
    }
    if not tx.run(sa.update(managed_user).where(managed_user.c.credential_id == credential_id).values(values)):
        tx.add(managed_user, id=new_id(), credential_id=credential_id, created_at=tx.now, **values)
    name = tx.scalar(sa.select(resource.c.name).where(resource.c.id == resource_id))
    _say(tx, actor, "credential.managed", credential_id, resource=name, state=method.name.lower())
    return get_managed_user(tx, credential_id)


def put_in_vault(tx: Tx, actor: Actor, credential_id: UUID, vault_name: str) -> ManagedUser:
    """Keep a login in a secret vault, the resource of that name (CRED-11). Raises NotFound."""
    named = resource.c.name_key == name_key(vault_name), resource.c.type == _SECRET_VAULT
    found: UUID | None = tx.scalar(sa.select(resource.c.id).where(*named))
    if found is None:
        raise NotFound("there is no secret vault of this name")
    return manage(tx, actor, credential_id, resource_id=found, method=Method.NOT_MANAGED)


def unmanage(tx: Tx, actor: Actor, credential_id: UUID) -> None:
    """Locum leaves the login alone; the secret stays in the vault. Raises NotFound, and Conflict while it is in use."""
    get_managed_user(tx, credential_id)
    _check_at_rest(tx, credential_id)
    dependant = metadata.tables["dependant"]
    if tx.scalar(sa.select(dependant.c.id).where(dependant.c.credential_id == credential_id)) is not None:
        raise Conflict("other things depend on this credential's secret: remove them from it first")
    tx.run(sa.delete(managed_user).where(managed_user.c.credential_id == credential_id))
    _say(tx, actor, "credential.unmanaged", credential_id)


def _account(tx: Tx, credential_id: UUID, resource_id: UUID, login: str) -> UUID:
    """The account on the resource; one that was never seen there is written down as said by hand.

    Raises Conflict if another credential (of another domain) is managed as that account.
    """
    table = metadata.tables["host_user"]
    mine = sa.and_(table.c.resource_id == resource_id, table.c.login == login)
    found: UUID | None = tx.scalar(sa.select(table.c.id).where(mine))
    if found is None:
        found = new_id()
        tx.add(table, id=found, resource_id=resource_id, login=login, created_at=tx.now, modified_at=tx.now)
    other = managed_user.c.host_user_id == found, managed_user.c.credential_id != credential_id
    if tx.scalar(sa.select(managed_user.c.id).where(*other)) is not None:
        raise Conflict("another credential is managed as this account of the resource")
    return found


def hold_managed(tx: Tx, credential_id: UUID) -> None:
    """Whoever asks for a change of the secret holds this row too, so that none begins meanwhile."""
    tx.scalar(sa.select(managed_user.c.id).where(managed_user.c.credential_id == credential_id).with_for_update())


def _check_at_rest(tx: Tx, credential_id: UUID) -> None:
    hold_managed(tx, credential_id)
    if tx.scalar(sa.select(rotation.c.id).where(rotation.c.open_credential_id == credential_id)) is not None:
        raise Conflict("the secret is being changed: wait for the rotation's end, or abort it")
    leased = lease.c.credential_id == credential_id, lease.c.state != "ended"
    if tx.scalar(sa.select(lease.c.credential_id).where(*leased)) is not None:
        raise Conflict("the credential is checked out: end the lease first")


def _say(tx: Tx, actor: Actor, action: str, credential_id: UUID, **detail: str | None) -> None:
    audit.record(tx, actor, action, object_kind="credential", object_id=credential_id, detail=detail)
