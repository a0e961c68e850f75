"""Switches the account of a leased credential on and off on its target (CRED-09)."""

from __future__ import annotations

from uuid import UUID

import sqlalchemy as sa

from locum.actions.host_key import note_changed_key
from locum.actions.reach import reach
from locum.actions.target import locate
from locum.connectors.base import Target
from locum.credentials.add import get_credential
from locum.credentials.model import managed_user
from locum.kit.db import Database, ReadTx
from locum.kit.errors import Conflict
from locum.resources.model import resource
from locum.rotation.pass_facts import OpenKeeper
from locum.vault.store import Vault


async def switch_account(
    db: Database, vault: Vault, keeper: OpenKeeper, credential_id: UUID, enabled: bool
) -> None:
    """Make sure that the account is enabled, or disabled. Raises what a connector does, NotFound, Conflict, Invalid."""
    login, kind, target, resource_id = await db.read(_where, vault, credential_id)
    async with reach(db, resource_id, keeper(kind, target)) as accounts:
        await note_changed_key(db, resource_id, target, accounts)
        await accounts.set_enabled(login, enabled)


def check_switchable(tx: ReadTx, credential_id: UUID) -> None:
    """Raise Conflict for a login that Locum itself signs in with: switched off, nobody could switch it on again."""
    used = sa.select(resource.c.name).where(resource.c.service_account_id == credential_id).limit(1)
    name = tx.scalar(used)
    if name is not None:
        raise Conflict(
            f"the credential is the service account of {name}: its account can't be switched on and off"
        )


def _where(tx: ReadTx, vault: Vault, credential_id: UUID) -> tuple[str, str, Target, UUID]:
    resource_id = tx.scalar(
        sa.select(managed_user.c.resource_id).where(managed_user.c.credential_id == credential_id)
    )
    if resource_id is None:
        raise Conflict("the login is on no resource any more")
    check_switchable(tx, credential_id)
    kind, target = locate(tx, vault, resource_id)
    return get_credential(tx, credential_id).username, kind, target, resource_id
