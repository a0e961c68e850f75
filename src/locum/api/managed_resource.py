"""/api/v1/ManagedResource."""

from __future__ import annotations

from uuid import UUID

from locum.api.context import Call
from locum.api.guards import ADMIN_OR_APP
from locum.api.operations import operation
from locum.api.paging import ColumnPaging
from locum.api.wire.base import DataTable, In, at
from locum.api.wire.enums import CertificateType, DatabaseType, ManagedResourceType, SshTrustActionType
from locum.api.wire.managed_resource import (
    ManagedResource,
    ManagedResourceIn,
    ManagedResourceView,
    ManagedResourceViewIn,
)
from locum.kit.db import ReadTx, Tx
from locum.kit.errors import Forbidden, Invalid, NotAvailable
from locum.kit.permissions import Permission
from locum.reads import resources as reads
from locum.resources import change, model
from locum.resources.add import DEFAULT_PLATFORM, Listening, add_resource, get_resource
from locum.sessions.in_use import refuse_while_in_use

DEFAULT_SSH_PORT = 22
_KINDS = {
    ManagedResourceType.HOST: model.ResourceType.HOST,
    ManagedResourceType.SECRET_VAULT: model.ResourceType.SECRET_VAULT,
    ManagedResourceType.DATABASE: model.ResourceType.DATABASE,
}
_DATABASES = {DatabaseType.POSTGRESQL: "PostgreSQL", DatabaseType.MYSQL: "MySQL"}


class ResourceId(In):
    managed_resource_id: UUID


class ResourceQuery(ColumnPaging):
    filter_type: ManagedResourceType | None = None
    filter_text_exclude_domain_name: bool = False
    domain_config_id: UUID | None = None
    managed_resource_id: UUID | None = None


@operation(
    "ManagedResource.Post",
    "POST /api/v1/ManagedResource",
    who=ADMIN_OR_APP,
    permission=Permission.RESOURCES_RESOURCE_CREATE,
    problems=(400, 409),
    audit="resource.created",
    summary="Onboard a host, database or secret vault (RES-04)",
)
def create_resource(tx: Tx, call: Call[None, None, ManagedResourceIn]) -> ManagedResource:
    body = call.body
    kind = _KINDS.get(body.type)
    if kind is None:
        raise NotAvailable("hosts (0), secret vaults (4) and databases (5) can be onboarded, nothing else yet")
    database = _database(body) if kind is model.ResourceType.DATABASE else None
    if body.service_account_id is not None and call.caller.key is not None:
        call.caller.key.check_credential(body.service_account_id)
    made = add_resource(
        tx,
        call.caller.actor,
        name=body.name or body.display_name,
        dns_name=_dns_name(body),
        ip_address=body.ip_address,
        platform_id=body.platform_id,
        service_account_id=body.service_account_id,
        port_ssh=body.port_ssh or DEFAULT_SSH_PORT,
        accept_host_key_on_first_discovery=body.accept_thumbprint_on_first_discovery,
        type=kind,
        platform_name=_platform_name(body),
        database=database,
    )
    return shown(made)


@operation(
    "ManagedResource.PutAsync",
    "PUT /api/v1/ManagedResource/{managedResourceId}",
    who=ADMIN_OR_APP,
    permission=Permission.RESOURCES_RESOURCE_CHANGE,
    problems=(400, 404, 409),
    audit="resource.changed",
    summary="Change a resource; a row of Search may be sent back (RES-14)",
)
def put_resource(tx: Tx, call: Call[ResourceId, None, ManagedResourceViewIn]) -> ManagedResource:
    """What the view has beside the fields that can be changed is not looked at, however garbled it comes back."""
    body, resource_id = call.body, call.params.managed_resource_id
    if body.id not in (None, resource_id):
        raise Invalid("id is another resource's than the path says", field="id")
    before = get_resource(tx, resource_id)
    changes = change.ResourceChanges(
        name=next((name for name in (body.name, body.display_name) if name and name != before.name), None),
        dns_name=body.dns_host_name or None,
        ip_address=body.ip_address or None,
        platform_id=body.platform_id,
        service_account_id=body.service_account_id,
        port_ssh=body.port_ssh or None,
        accept_host_key_on_first_discovery=body.accept_thumbprint_on_first_discovery,
        ssh_trust_action=body.ssh_trust_action_type,
    )
    values = changes.given(before)
    if "ssh_trust_action" in values and Permission.RESOURCES_HOSTKEY_TRUST not in call.caller.permissions:
        raise Forbidden(
            "who may change a resource may not say whose host key is let in",
            missing=Permission.RESOURCES_HOSTKEY_TRUST,
        )
    if call.caller.key is not None:
        for credential_id in filter(None, (before.service_account_id, changes.service_account_id)):
            call.caller.key.check_credential(credential_id)
    if change.WHERE_IT_IS & values.keys():
        refuse_while_in_use(tx, resource_id)
    return shown(change.change_resource(tx, call.caller.actor, before, changes))


def _dns_name(body: ManagedResourceIn) -> str | None:
    if body.host is not None:
        return body.host.dns_host_name or body.host.name
    return body.managed_database.server if body.managed_database else None


def _platform_name(body: ManagedResourceIn) -> str:
    """The platform that is meant where none is named."""
    if body.type is ManagedResourceType.SECRET_VAULT:
        return "Secret Vault"
    if body.type is ManagedResourceType.DATABASE and body.managed_database is not None:
        found = _DATABASES.get(body.managed_database.type)
        if found is None:
            raise NotAvailable("PostgreSQL (0) and MySQL (4) servers can be onboarded, no other databases yet")
        return found
    return DEFAULT_PLATFORM


def _database(body: ManagedResourceIn) -> Listening:
    given = body.managed_database
    if given is None:
        raise Invalid("a database (type 5) needs managedDatabase", field="managedDatabase")
    return Listening(given.port or None, given.name, given.encrypted, given.trust_server_certificate)


@operation(
    "ManagedResource.Search",
    "GET /api/v1/ManagedResource/Search",
    who=ADMIN_OR_APP,
    permission=Permission.RESOURCES_RESOURCE_READ,
    problems=(400,),
    summary="One page of resources",
)
def search_resources(tx: ReadTx, call: Call[None, ResourceQuery, None]) -> DataTable[ManagedResourceView]:
    query = call.query
    if query.domain_config_id is not None:  # no host belongs to a domain: domains are not available yet
        return DataTable(data=[], records_total=0)
    listed = reads.search(
        tx,
        query.page(),
        filter_columns=query.filter_columns,
        resource_type=query.filter_type,
        resource_id=query.managed_resource_id,
    )
    return DataTable(data=[view(row) for row in listed.rows], records_total=listed.total)


def shown(row: model.Resource) -> ManagedResource:
    """A resource as the wire has it."""
    return ManagedResource(
        id=row.id,
        name=row.name,
        display_name=row.name,
        type=ManagedResourceType(row.type),
        ip_address=row.ip_address,
        platform_id=row.platform_id,
        service_account_id=row.service_account_id,
        port_ssh=row.port_ssh,
        accept_thumbprint_on_first_discovery=row.accept_host_key_on_first_discovery,
        trusted_thumbprint=row.trusted_thumbprint,
        discovered_thumbprint=row.discovered_thumbprint,
        ssh_trust_action_type=SshTrustActionType(row.ssh_trust_action),
        certificate_type=CertificateType.SSH,
        created_date_time_utc=at(row.created_at),
        modified_date_time_utc=at(row.modified_at),
    )


def view(row: reads.ResourceRow) -> ManagedResourceView:
    """A row of the list as the wire has it."""
    return ManagedResourceView(
        id=row.id,
        name=row.name,
        display_name=row.name,
        type=ManagedResourceType(row.type),
        host_name=row.name,
        dns_host_name=row.dns_name,
        ip_address=row.ip_address,
        platform_id=row.platform_id,
        platform_name=row.platform_name,
        built_in_account=row.built_in_account,
        service_account_id=row.service_account_id,
        sa_name=row.service_account_name,
        sa_username=row.service_account_username,
        port_ssh=row.port_ssh,
        accept_thumbprint_on_first_discovery=row.accept_host_key_on_first_discovery,
        trusted_thumbprint=row.trusted_thumbprint,
        discovered_thumbprint=row.discovered_thumbprint,
        ssh_trust_action_type=SshTrustActionType(row.ssh_trust_action),
        certificate_type=CertificateType.SSH,
        active_session_count=row.active_session_count,
        scheduled_session_count=row.scheduled_session_count,
        access_policy_count=row.access_policy_count,
        created_date_time_utc=at(row.created_at),
        modified_date_time_utc=at(row.modified_at),
    )
