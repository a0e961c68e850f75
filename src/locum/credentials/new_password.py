"""A new password for a credential, as the rules that hold for it say, and the one before the current."""

from __future__ import annotations

import secrets
from uuid import UUID

from locum.credentials.complexity import generate
from locum.credentials.effective import effective
from locum.credentials.model import Credential
from locum.credentials.secrets import Part
from locum.kit.db import ReadTx
from locum.kit.errors import Conflict
from locum.vault.secret import Secret
from locum.vault.store import Vault


def new_password(tx: ReadTx, credential_id: UUID) -> Secret:
    """Generated from the operating system's randomness; kept nowhere. Raises NotFound."""
    rule = effective(tx, credential_id).complexity
    if rule is None:
        raise Conflict("there is no password complexity to generate a password by")
    return Secret(generate(rule, secrets.randbelow))


def password_before(tx: ReadTx, vault: Vault, of: Credential) -> tuple[int, Secret]:
    """The version before the current one and its number. Raises Conflict where none is kept."""
    if of.password_secret_id is not None:
        versions = vault.versions(tx, of.password_secret_id)
        if len(versions) > 1:
            number = versions[1].version
            return number, vault.open(tx, of.password_secret_id, purpose=Part.PASSWORD.purpose, version=number)
    raise Conflict("no earlier password of this credential is kept")
