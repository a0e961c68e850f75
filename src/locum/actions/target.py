"""Where a resource is and how Locum itself gets in there."""

from __future__ import annotations

from uuid import UUID

import sqlalchemy as sa

from locum.audit import log as audit
from locum.connectors.base import Target
from locum.credentials.model import Credential, credential
from locum.credentials.secrets import Part
from locum.kit.actor import LOCUM
from locum.kit.db import ReadTx, Tx
from locum.kit.errors import Forbidden, Invalid
from locum.kit.pause import refuse_if_paused
from locum.resources.add import get_resource
from locum.resources.model import Platform, Resource, ResourceType, TrustAction, platform, resource
from locum.vault.secret import Secret
from locum.vault.store import Vault

DATABASE_PORTS = {"postgresql": 5432, "mariadb": 3306}
_CREDENTIAL = [credential.c[name] for name in Credential.__struct_fields__]
_PLATFORM = [platform.c[name] for name in Platform.__struct_fields__]


def locate(tx: ReadTx, vault: Vault, resource_id: UUID, *, account_id: UUID | None = None) -> tuple[str, Target]:
    """The connector's name and the target with the secrets of the account to sign in as.

    That is the credential `account_id`, or the resource's service account. Raises Invalid if there is none, and
    Paused while Locum is: nothing finds its way to a target then.
    """
    refuse_if_paused(tx)
    where = get_resource(tx, resource_id)
    kind = tx.first(Platform, sa.select(*_PLATFORM).where(platform.c.id == where.platform_id))
    assert kind is not None
    if where.type == ResourceType.SECRET_VAULT:
        raise Invalid(f"{where.name} is a secret vault: there is nothing to sign in to")
    wanted = account_id or where.service_account_id
    account = tx.first(Credential, sa.select(*_CREDENTIAL).where(credential.c.id == wanted)) if wanted else None
    if account is None:
        raise Invalid(f"the resource {where.name} has no service account")
    target = Target(
        host=where.address,
        port=_port(where, kind.connector),
        username=account.username,
        password=_secret(tx, vault, account.password_secret_id, Part.PASSWORD.purpose),
        private_key=_secret(tx, vault, account.private_key_secret_id, Part.PRIVATE_KEY.purpose),
        trusted_host_key=where.trusted_host_key,
        accept_first=where.accept_host_key_on_first_discovery,
        legacy=where.legacy_algorithms,
        accept_any=TrustAction(where.ssh_trust_action).lets_in(where.trusted_host_key),
        elevation=account.elevation_command or ("sudo" if account.username != "root" else None),
        database=where.database_name,
        encrypted=where.encrypted,
        trust_server_certificate=where.trust_server_certificate,
    )
    return kind.connector, target


def _port(where: Resource, connector: str) -> int:
    if where.type != ResourceType.DATABASE:
        return where.port_ssh
    return where.port or DATABASE_PORTS.get(connector, 0)


def _secret(tx: ReadTx, vault: Vault, secret_id: UUID | None, purpose: str) -> Secret | None:
    return vault.open(tx, secret_id, purpose=purpose) if secret_id else None


def pin_host_key(tx: Tx, resource_id: UUID, *, key: str, thumbprint: str) -> None:
    """Remember the key seen first, if none is pinned yet (RES-11). Raises Forbidden if another is pinned by now."""
    changed = tx.run(
        sa.update(resource)
        .where(resource.c.id == resource_id, resource.c.trusted_host_key.is_(None))
        .values(
            trusted_host_key=key,
            trusted_thumbprint=thumbprint,
            discovered_thumbprint=thumbprint,
            discovered_host_key=None,
            modified_at=tx.now,
        )
    )
    if not changed:
        if get_resource(tx, resource_id).trusted_host_key != key:
            raise Forbidden("another host key was pinned a moment ago", missing="trusted host key")
        return
    audit.record(
        tx,
        LOCUM,
        "resource.host_key_pinned",
        object_kind="resource",
        object_id=resource_id,
        detail={"thumbprint": thumbprint},
    )
