"""Adds a host that people may be given access to."""

from __future__ import annotations

import ipaddress
import re
from dataclasses import asdict, dataclass
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from locum.audit import log as audit
from locum.kit.actor import Actor
from locum.kit.db import ReadTx, Tx, metadata
from locum.kit.errors import Conflict, Invalid, NotFound
from locum.kit.ids import new_id
from locum.kit.names import checked_name, name_key
from locum.resources.model import Resource, ResourceType, TrustAction, platform, resource

DEFAULT_PLATFORM = "Linux"

_HOST_NAME = re.compile(r"(?!-)[A-Za-z0-9-]{1,63}(?<!-)(\.(?!-)[A-Za-z0-9-]{1,63}(?<!-))*\.?")
TAKEN = "there is a resource of this name already"
_COLUMNS = [resource.c[name] for name in Resource.__struct_fields__]


@dataclass(frozen=True, slots=True)
class Listening:
    """How a database server is reached. No port is the platform's usual one; TLS is insisted on if `encrypted`."""

    port: int | None = None
    database_name: str | None = None
    encrypted: bool = True
    trust_server_certificate: bool = False


def get_resource(tx: ReadTx, resource_id: UUID) -> Resource:
    """The resource, or NotFound."""
    found = tx.first(Resource, sa.select(*_COLUMNS).where(resource.c.id == resource_id))
    if found is None:
        raise NotFound("no such resource")
    return found


def add_resource(
    tx: Tx,
    actor: Actor,
    *,
    name: str | None,
    dns_name: str | None = None,
    ip_address: str | None = None,
    platform_id: UUID | None = None,
    service_account_id: UUID | None = None,
    port_ssh: int = 22,
    accept_host_key_on_first_discovery: bool = False,
    type: ResourceType = ResourceType.HOST,
    platform_name: str = DEFAULT_PLATFORM,
    database: Listening | None = None,
) -> Resource:
    """Onboard a resource by its IP address or DNS name (RES-04). Raises Conflict for a taken name, else Invalid.

    Without an address the name itself is the DNS name, but for a secret vault, which has none. A `platform_id` of
    None means the platform called `platform_name`.
    """
    if not dns_name and not ip_address and type is not ResourceType.SECRET_VAULT:
        dns_name = name
    shown = checked_name(name or dns_name or ip_address, field="name")
    check_address(dns_name, ip_address)
    if not 1 <= port_ssh <= 65535:
        raise Invalid("portSsh must lie between 1 and 65535", field="portSsh")
    if database is not None and database.port is not None and not 1 <= database.port <= 65535:
        raise Invalid("port must lie between 1 and 65535", field="port")
    check_service_account(tx, service_account_id)
    if tx.scalar(sa.select(resource.c.id).where(resource.c.name_key == name_key(shown))) is not None:
        raise Conflict(TAKEN)
    resource_id = new_id()
    row = {
        "id": resource_id,
        "type": type,
        "name": shown,
        "name_key": name_key(shown),
        "search_key": search_key(shown, dns_name, ip_address),
        "dns_name": dns_name or None,
        "ip_address": ip_address or None,
        "platform_id": platform_of(tx, platform_id, platform_name),
        "service_account_id": service_account_id,
        "port_ssh": port_ssh,
        "accept_host_key_on_first_discovery": accept_host_key_on_first_discovery,
        "ssh_trust_action": TrustAction.BLOCK,
        **(asdict(database) if database else {}),
        "created_at": tx.now,
        "modified_at": tx.now,
    }
    try:
        tx.add(resource, **row)
    except IntegrityError as error:  # another transaction took the name since the look-up
        raise Conflict(TAKEN) from error
    audit.record(
        tx,
        actor,
        "resource.created",
        object_kind="resource",
        object_id=resource_id,
        detail={"resource": shown},
    )
    return get_resource(tx, resource_id)


def search_key(name: str, dns_name: str | None, ip_address: str | None) -> str:
    """What a list is searched in, folded as what is looked for is."""
    return "\x1f".join(name_key(part) for part in (name, dns_name, ip_address) if part)


def platform_of(tx: ReadTx, platform_id: UUID | None, name: str) -> UUID:
    """The platform of that id, or where there is none the one called `name`. Raises Invalid."""
    match = platform.c.id == platform_id if platform_id else platform.c.name == name
    found: UUID | None = tx.scalar(sa.select(platform.c.id).where(match))
    if found is None:
        raise Invalid("platformId names no platform", field="platformId")
    return found


def check_service_account(tx: ReadTx, credential_id: UUID | None) -> None:
    """Raise Invalid for the id of no credential."""
    table = metadata.tables["credential"]
    if credential_id and tx.scalar(sa.select(table.c.id).where(table.c.id == credential_id)) is None:
        raise Invalid("serviceAccountId names no credential", field="serviceAccountId")


def check_address(dns_name: str | None, ip_address: str | None) -> None:
    """Raise Invalid for what is no address, or would be read as an option of a command."""
    if ip_address:
        try:
            address = ipaddress.ip_address(ip_address)
        except ValueError:
            raise Invalid("ipAddress is not an IP address", field="ipAddress") from None
        if isinstance(address, ipaddress.IPv6Address) and address.scope_id:
            raise Invalid(
                "ipAddress must not hold a zone: it means another machine on every node", field="ipAddress"
            )
    if dns_name and (len(dns_name) > 253 or not _HOST_NAME.fullmatch(dns_name)):
        raise Invalid("the host name may hold letters, digits, hyphens and dots only", field="name")
