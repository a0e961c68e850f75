"""The parts of a credential's secret that a rotation changes together, as values that are kept and compared."""

from __future__ import annotations

from dataclasses import dataclass, replace
from uuid import UUID

import msgspec
import sqlalchemy as sa
from cryptography.hazmat.primitives import serialization

from locum.connectors.base import AccountKeeper, Target
from locum.credentials.model import AuthenticationMethod, Credential, credential
from locum.credentials.secrets import PASSWORD_PURPOSE, PRIVATE_KEY_PURPOSE
from locum.kit.db import ReadTx, Tx
from locum.kit.errors import Conflict
from locum.vault.secret import Secret
from locum.vault.store import Vault

CANDIDATE_PURPOSE = "rotation.candidate"


@dataclass(frozen=True, slots=True)
class Parts:
    """A password, an SSH key (OpenSSH text) or both. `public_key` is "type base64" of the key."""

    password: Secret | None = None
    private_key: Secret | None = None

    @property
    def public_key(self) -> str | None:
        if self.private_key is None:
            return None
        # It was checked before it was kept: to check an RSA key again takes seconds.
        private = serialization.load_ssh_private_key(
            self.private_key.reveal(), None, unsafe_skip_rsa_key_validation=True
        )
        key = private.public_key()
        return key.public_bytes(serialization.Encoding.OpenSSH, serialization.PublicFormat.OpenSSH).decode()

    @property
    def shown(self) -> Secret:
        """What whoever depends on the credential has stored: its password, or the key where it has none."""
        found = self.password or self.private_key
        assert found is not None
        return found


class _Kept(msgspec.Struct):
    password: str | None
    private_key: str | None


def parts_of(method: int) -> tuple[bool, bool]:
    """Whether a credential of that AuthenticationMethod has a password, and a key."""
    return method != AuthenticationMethod.SSH_KEY, method != AuthenticationMethod.PASSWORD


def current(tx: ReadTx, vault: Vault, of: Credential, *, back: int = 0) -> Parts:
    """The credential's own secret; `back` versions ago. Raises Conflict where no such version is kept."""
    return Parts(
        _open(tx, vault, of.password_secret_id, PASSWORD_PURPOSE, back),
        _open(tx, vault, of.private_key_secret_id, PRIVATE_KEY_PURPOSE, back),
    )


def _open(tx: ReadTx, vault: Vault, secret_id: UUID | None, purpose: str, back: int) -> Secret | None:
    if secret_id is None:
        return None
    if not back:
        return vault.open(tx, secret_id, purpose=purpose)
    versions = vault.versions(tx, secret_id)
    if len(versions) <= back:
        raise Conflict("no earlier version of this credential's secret is kept")
    return vault.open(tx, secret_id, purpose=purpose, version=versions[back].version)


def keep_candidate(tx: Tx, vault: Vault, parts: Parts) -> UUID:
    """Put a candidate into the vault; answers the secret's id."""
    text = _Kept(
        parts.password.reveal_text() if parts.password else None,
        parts.private_key.reveal_text() if parts.private_key else None,
    )
    return vault.put(tx, Secret(msgspec.json.encode(text)), purpose=CANDIDATE_PURPOSE)


def candidate(tx: ReadTx, vault: Vault, secret_id: UUID) -> Parts:
    """The candidate kept under that id."""
    kept = msgspec.json.decode(vault.open(tx, secret_id, purpose=CANDIDATE_PURPOSE).reveal(), type=_Kept)
    return Parts(
        Secret(kept.password) if kept.password is not None else None,
        Secret(kept.private_key) if kept.private_key is not None else None,
    )


def promote(tx: Tx, vault: Vault, of: Credential, parts: Parts) -> None:
    """Make the parts the credential's own; the versions before stay until the history option lets them go."""
    if parts.password is not None and of.password_secret_id is not None:
        vault.replace(tx, of.password_secret_id, parts.password, purpose=PASSWORD_PURPOSE, keep=True)
    changed: dict[str, object] = {"modified_at": tx.now}
    if parts.private_key is not None and of.private_key_secret_id is not None:
        vault.replace(tx, of.private_key_secret_id, parts.private_key, purpose=PRIVATE_KEY_PURPOSE, keep=True)
        changed["public_key"] = parts.public_key
    tx.run(sa.update(credential).where(credential.c.id == of.id).values(changed))


def instead(target: Target, parts: Parts) -> Target:
    """The target, signed in to with these parts where the target's own are of that kind."""
    return replace(
        target,
        password=parts.password or target.password,
        private_key=parts.private_key or target.private_key,
    )


async def accepted(keeper: AccountKeeper, login: str, parts: Parts) -> list[bool]:
    """Of each part, whether the target takes it as the account's."""
    found = []
    if parts.password is not None:
        found.append(await keeper.accepts_password(login, parts.password))
    if parts.public_key is not None:
        found.append(await keeper.accepts_key(login, parts.public_key))
    return found


async def give(keeper: AccountKeeper, login: str, parts: Parts, *, instead_of: Parts) -> None:
    """Make every part the account's."""
    if parts.password is not None:
        await keeper.change_password(login, parts.password)
    if parts.public_key is not None:
        await keeper.change_key(login, add=parts.public_key, remove=instead_of.public_key)
