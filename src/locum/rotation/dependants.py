"""What holds a credential's secret on resources, as an administrator sets it up (CRED-04, CRED-05)."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import sqlalchemy as sa

from locum.audit import log as audit
from locum.connectors.base import Dependant, TargetRefused
from locum.connectors.linux_files import secret_file
from locum.credentials.add import get_credential
from locum.credentials.model import Method
from locum.kit.actor import Actor
from locum.kit.db import ReadTx, Tx
from locum.kit.errors import Conflict, Invalid, NotFound
from locum.kit.ids import new_id
from locum.kit.names import checked_name, name_key
from locum.resources.add import get_resource
from locum.resources.model import ResourceType
from locum.rotation import rows
from locum.rotation.model import DependantRow, dependant

MOST = 200  # of one credential: each is told in turn, and all are put back together


def add_dependant(
    tx: Tx,
    actor: Actor,
    credential_id: UUID,
    resource_id: UUID,
    *,
    name: str,
    kind: str,
    parameters: dict[str, str],
) -> DependantRow:
    """Something that must learn the credential's next secret. From now on it is changed only when asked (A.11).

    Raises NotFound, Invalid for parameters that no host would take, and Conflict for a second of that name there,
    while a rotation is under way, and where the login lives on no resource.
    """
    if get_credential(tx, credential_id).deleted_at is not None:
        raise Conflict("the credential was deleted")
    managed = rows.get_managed(tx, credential_id)
    if managed is None:
        raise Conflict("the credential is on no resource that Locum could change it on")
    _check_idle(tx, credential_id)
    if len(rows.dependants_of(tx, credential_id)) >= MOST:
        raise Conflict(f"a credential has at most {MOST} dependants")
    made = new_id()
    values = _checked(tx, made, credential_id, resource_id, name, kind, parameters)
    tx.add(dependant, id=made, credential_id=credential_id, kind=kind, created_at=tx.now, **values)
    if managed.method == Method.AUTOMATIC:
        rows.change_managed(tx, credential_id, method=Method.MANUAL, next_change_at=None)
    _say(tx, actor, "dependant.created", credential_id, values["name"], resource_id)
    return get_dependant(tx, made)


def change_dependant(
    tx: Tx, actor: Actor, dependant_id: UUID, resource_id: UUID, *, name: str, parameters: dict[str, str]
) -> DependantRow:
    """Name it, place it and set it up anew; of which kind it is stays. Raises as `add_dependant`."""
    found = get_dependant(tx, dependant_id)
    _check_idle(tx, found.credential_id)
    values = _checked(tx, found.id, found.credential_id, resource_id, name, found.kind, parameters)
    tx.run(sa.update(dependant).where(dependant.c.id == found.id).values(values))
    _say(tx, actor, "dependant.changed", found.credential_id, values["name"], resource_id)
    return get_dependant(tx, dependant_id)


def delete_dependant(tx: Tx, actor: Actor, dependant_id: UUID) -> None:
    """It is told of no further secret. Raises NotFound, and Conflict while a rotation is under way."""
    found = get_dependant(tx, dependant_id)
    _check_idle(tx, found.credential_id)
    tx.run(sa.delete(dependant).where(dependant.c.id == found.id))
    _say(tx, actor, "dependant.deleted", found.credential_id, found.name, found.resource_id)


def get_dependant(tx: ReadTx, dependant_id: UUID) -> DependantRow:
    """The dependant, or NotFound."""
    found = rows.get_dependant(tx, dependant_id)
    if found is None:
        raise NotFound("no such dependant")
    return found


def _check_idle(tx: ReadTx, credential_id: UUID) -> None:
    """What changed meanwhile would keep the old secret, or be put back to one it never had."""
    if rows.open_rotation(tx, credential_id) is not None:
        raise Conflict("a rotation of this credential is under way: its dependants can be changed after its end")


def _checked(
    tx: ReadTx,
    dependant_id: UUID,
    credential_id: UUID,
    resource_id: UUID,
    name: str,
    kind: str,
    parameters: dict[str, str],
) -> dict[str, Any]:
    if get_resource(tx, resource_id).type != ResourceType.HOST:
        raise Invalid("resourceId must name a host", field="resourceId")
    try:
        secret_file(Dependant(kind, parameters, str(dependant_id)))
    except TargetRefused as refusal:
        raise Invalid(str(refusal), field="parameters") from None
    shown = checked_name(name, field="name")
    c = dependant.c
    same = (c.credential_id == credential_id, c.resource_id == resource_id, c.name_key == name_key(shown))
    if tx.scalar(sa.select(c.id).where(*same, c.id != dependant_id)) is not None:
        raise Conflict("the credential has a dependant of that name on that resource")
    return {
        "resource_id": resource_id,
        "name": shown,
        "name_key": name_key(shown),
        "parameters": parameters,
        "modified_at": tx.now,
    }


def _say(tx: Tx, actor: Actor, action: str, credential_id: UUID, name: str, resource_id: UUID) -> None:
    audit.record(
        tx,
        actor,
        action,
        object_kind="credential",
        object_id=credential_id,
        detail={"name": name, "resource": str(resource_id)},
    )
