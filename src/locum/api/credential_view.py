"""A credential as the wire has it: never with a secret."""

from __future__ import annotations

from typing import Any

from locum.api.wire.base import at
from locum.api.wire.credential import Credential, CredentialDto
from locum.api.wire.enums import AuthenticationMethod, CredentialType
from locum.credentials import model


def shown(row: model.Credential) -> Credential:
    """The whole entity."""
    return Credential(
        **_common(row),
        created_date_time_utc=at(row.created_at),
        modified_date_time_utc=at(row.modified_at),
    )


def dto(row: model.Credential, *, is_managed: bool) -> CredentialDto:
    """What GetById answers."""
    return CredentialDto(**_common(row), is_managed=is_managed)


def _common(row: model.Credential) -> dict[str, Any]:
    return {
        "id": row.id,
        "domain": row.domain or None,
        "username": row.username,
        "name": row.name,
        "description": row.description,
        "type": CredentialType(row.type),
        "platform_id": row.platform_id,
        "sudo_command": row.elevation_command,
        "change_on_checkout": row.change_on_checkout,
        "change_on_release": row.change_on_release,
        "is_deleted": row.deleted_at is not None,
        "authentication_method": AuthenticationMethod(row.authentication_method),
        "key_gen_algorithm": row.key_algorithm,
        "key_length": row.key_length,
        "auto_gen_passphrase": row.generated_passphrase if row.private_key_secret_id else None,
        "public_key": row.public_key,
    }
