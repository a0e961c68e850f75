"""A small world in the database: one person, one host, a policy that joins them; for tests below the API."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

import sqlalchemy as sa
from demo.hosts import Host

from locum.activities.model import activity
from locum.credentials.add import add_credential
from locum.credentials.model import AuthenticationMethod
from locum.identities.model import identity
from locum.identities.people import create_local_user
from locum.kit.actor import Actor
from locum.kit.db import Database, Tx
from locum.main import keys
from locum.main.seed import seed
from locum.policies.add import add_policy
from locum.policies.members import Members
from locum.resources.add import add_resource
from locum.vault.key_file import create_root_key
from locum.vault.keyring import load_keyring
from locum.vault.secret import Secret
from locum.vault.store import Vault

ACTOR = Actor(None, "test")


@dataclass(frozen=True)
class World:
    """Ids of what there is. `resource` is the given host, or an address where nobody answers."""

    vault: Vault
    person: UUID
    stranger: UUID
    resource: UUID
    policy: UUID
    sudo: UUID
    shell: UUID


def new_vault(folder: Path) -> Vault:
    """A vault with a root key of its own."""
    path = folder / "keys" / "root.key"
    if not path.exists():
        create_root_key(path)
    return Vault(load_keyring(path))


async def make_world(database: Database, folder: Path, host: Host | None = None) -> World:
    """Fill an empty database."""
    vault = new_vault(folder)
    return await database.write(_fill, vault, host)


def _fill(tx: Tx, vault: Vault, host: Host | None) -> World:
    keys.ensure_all(tx, vault)
    seed(tx)
    person = create_local_user(tx, ACTOR, name="Alice", password_hash="x")
    stranger = create_local_user(tx, ACTOR, name="Mallory", password_hash="x")
    private_key = Path(host.private_key).read_bytes() if host else None
    account = add_credential(
        tx,
        vault,
        ACTOR,
        username="locum",
        authentication_method=AuthenticationMethod.SSH_KEY if host else AuthenticationMethod.PASSWORD,
        private_key=Secret(private_key) if private_key else None,
        password=None if private_key else Secret("a password"),
    )
    resource = add_resource(
        tx,
        ACTOR,
        name="web01",
        ip_address=host.address if host else "127.0.0.1",
        service_account_id=account.id,
        port_ssh=host.port if host else 1,
        accept_host_key_on_first_discovery=True,
    )
    ids = {
        name: tx.scalar(sa.select(activity.c.id).where(activity.c.name == name))
        for name in ("Linux sudo", "Linux shell")
    }
    policy = add_policy(
        tx,
        ACTOR,
        name="admins",
        members=Members([person.id], [resource.id], list(ids.values())),
    )
    return World(
        vault=vault,
        person=person.id,
        stranger=stranger.id,
        resource=resource.id,
        policy=policy.id,
        sudo=ids["Linux sudo"],
        shell=ids["Linux shell"],
    )


def lock(tx: Tx, identity_id: UUID) -> None:
    """Lock an account, as an administrator would."""
    tx.run(sa.update(identity).where(identity.c.id == identity_id).values(locked=True))
