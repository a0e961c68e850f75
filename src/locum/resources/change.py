"""Changes a resource: what is not given stays as it is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from locum.audit import log as audit
from locum.kit.actor import Actor
from locum.kit.db import Tx
from locum.kit.errors import Conflict, Invalid
from locum.kit.names import checked_name, name_key
from locum.resources.add import (
    TAKEN,
    check_address,
    check_service_account,
    get_resource,
    platform_of,
    search_key,
)
from locum.resources.model import Resource, ResourceType, platform, resource


@dataclass(frozen=True, slots=True, kw_only=True)
class ResourceChanges:
    """What a resource shall be. None leaves a field as it is."""

    name: str | None = None
    dns_name: str | None = None
    ip_address: str | None = None
    platform_id: UUID | None = None
    service_account_id: UUID | None = None
    port_ssh: int | None = None
    accept_host_key_on_first_discovery: bool | None = None
    ssh_trust_action: int | None = None

    def given(self, before: Resource) -> dict[str, Any]:
        """The fields that would become another value."""
        given = {name: getattr(self, name) for name in self.__slots__}
        return {
            name: value for name, value in given.items() if value is not None and value != getattr(before, name)
        }


WHERE_IT_IS = frozenset({"dns_name", "ip_address", "platform_id", "port_ssh"})
"""What may not change while access waits to be taken away there: the undo would be done on another machine."""


def change_resource(tx: Tx, actor: Actor, before: Resource, changes: ResourceChanges) -> Resource:
    """Change what is given and differs (RES-14). Raises Invalid, and Conflict for a taken name.

    A pinned host key stays pinned: a host that answers with another one at a new address is refused.
    """
    values = changes.given(before)
    if not values:
        return before
    if "name" in values:
        values["name"] = checked_name(values["name"], field="name")
        values["name_key"] = name_key(values["name"])
        taken = sa.select(resource.c.id).where(
            resource.c.name_key == values["name_key"], resource.c.id != before.id
        )
        if tx.scalar(taken) is not None:
            raise Conflict(TAKEN)
    check_address(values.get("dns_name"), values.get("ip_address"))
    if not 1 <= values.get("port_ssh", 22) <= 65535:
        raise Invalid("portSsh must lie between 1 and 65535", field="portSsh")
    check_service_account(tx, values.get("service_account_id"))
    if "platform_id" in values:
        _check_platform(tx, before, platform_of(tx, values["platform_id"], ""))
    key = search_key(*(values.get(name, getattr(before, name)) for name in ("name", "dns_name", "ip_address")))
    try:
        tx.run(
            sa.update(resource)
            .where(resource.c.id == before.id)
            .values(search_key=key, modified_at=tx.now, **values)
        )
    except IntegrityError as error:  # another transaction took the name since the look-up
        raise Conflict(TAKEN) from error
    audit.record(
        tx,
        actor,
        "resource.changed",
        object_kind="resource",
        object_id=before.id,
        detail={"resource": before.name, "changed": " ".join(sorted(values.keys() - {"name_key"}))},
    )
    return get_resource(tx, before.id)


def change_host_flag(
    tx: Tx, actor: Actor, resource_id: UUID, column: str, on: bool, *, action: str, word: str
) -> None:
    """Say yes or no to one thing about a host's SSH server, if that is news; `word` is what the audit log calls it.

    Raises NotFound, and Conflict for what is no host.
    """
    found = get_resource(tx, resource_id)
    if found.type != ResourceType.HOST:
        raise Conflict("only a host has an SSH server")
    if getattr(found, column) == on:
        return
    tx.run(sa.update(resource).where(resource.c.id == resource_id).values({column: on, "modified_at": tx.now}))
    audit.record(
        tx,
        actor,
        action,
        object_kind="resource",
        object_id=resource_id,
        detail={"resource": found.name, word: on},
    )


def _check_platform(tx: Tx, before: Resource, wanted: UUID) -> None:
    """A host stays a host: what speaks to it may not change, as rotations and sessions hang on it."""
    speaks = sa.select(platform.c.connector)
    if tx.scalar(speaks.where(platform.c.id == wanted)) != tx.scalar(
        speaks.where(platform.c.id == before.platform_id)
    ):
        raise Invalid("the platform is another kind than this resource's", field="platformId")
