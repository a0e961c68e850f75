"""The secrets of a credential in the vault: put, replaced by new versions, opened, pruned and erased."""

from __future__ import annotations

import datetime as dt
from enum import StrEnum
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from locum.credentials.model import Credential, HistoryOption, history_option
from locum.kit.db import ReadTx, Tx
from locum.kit.errors import NotFound
from locum.vault.secret import Secret
from locum.vault.store import Vault

KEPT_VERSIONS = 10  # where no history option was set

_OPTION = sa.select(*(history_option.c[name] for name in HistoryOption.__struct_fields__))


class Part(StrEnum):
    """What a credential can keep. `enable` is the password that switches a Cisco device to privileged mode."""

    PASSWORD = "password"
    PRIVATE_KEY = "private_key"
    PASSPHRASE = "passphrase"
    ENABLE = "enable"
    CONTENT = "content"

    @property
    def column(self) -> str:
        return f"{self}_secret_id"

    @property
    def purpose(self) -> str:
        return f"credential.{self}"


def given(secret: Secret | None) -> Secret | None:
    """Callers send an empty text where they have none."""
    return secret if secret is not None and secret.reveal() else None


def keep(tx: Tx, vault: Vault, parts: dict[Part, Secret | None], held: Credential | None = None) -> dict[str, Any]:
    """Put each part that is given; of a credential that has it already, as a new version unless it is the same.

    Answers the columns to set. Earlier versions stay as the history option says (CRED-07).
    """
    columns: dict[str, Any] = {}
    for part, secret in parts.items():
        if secret is None:
            continue
        secret_id: UUID | None = getattr(held, part.column, None)
        if secret_id is None:
            columns[part.column] = vault.put(tx, secret, purpose=part.purpose)
        elif vault.open(tx, secret_id, purpose=part.purpose) != secret:
            vault.replace(tx, secret_id, secret, purpose=part.purpose, keep=True)
            prune(tx, vault, secret_id)
            columns[part.column] = secret_id
    return columns


def open_part(
    tx: ReadTx, vault: Vault, of: Credential, part: Part, *, version: int | None = None
) -> Secret | None:
    """What the credential keeps as that part, None if nothing. Raises NotFound if there is no such version of it."""
    secret_id: UUID | None = getattr(of, part.column)
    if secret_id is None:
        if version is not None:
            raise NotFound("no such version of this secret is kept")
        return None
    return vault.open(tx, secret_id, purpose=part.purpose, version=version)


def open_parts(tx: ReadTx, vault: Vault, of: Credential, *parts: Part) -> dict[Part, Secret]:
    """Those of the parts that the credential keeps."""
    found = {part: open_part(tx, vault, of, part) for part in parts}
    return {part: secret for part, secret in found.items() if secret is not None}


def main_part(of: Credential) -> Part:
    """The part whose versions are the credential's history."""
    if of.content_secret_id is not None:
        return Part.CONTENT
    return Part.PRIVATE_KEY if of.password_secret_id is None and of.private_key_secret_id else Part.PASSWORD


def prune(tx: Tx, vault: Vault, secret_id: UUID) -> None:
    """Let go of earlier versions that the history option does not keep."""
    option = tx.first(HistoryOption, _OPTION)
    days = option.days if option else 0
    vault.prune(
        tx,
        secret_id,
        keep=option.limit if option else KEPT_VERSIONS,
        older_than=tx.now - dt.timedelta(days=days) if days else None,
    )


def erase(tx: Tx, vault: Vault, of: Credential, *parts: Part) -> dict[str, None]:
    """Erase these parts with all their versions. Answers the columns to set."""
    columns: dict[str, None] = {}
    for part in parts:
        secret_id: UUID | None = getattr(of, part.column)
        if secret_id is not None:
            vault.erase(tx, secret_id)
            columns[part.column] = None
    return columns
