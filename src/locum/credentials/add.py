"""Adds a credential: its login is a row, its secret goes to the vault."""

from __future__ import annotations

from uuid import UUID

import sqlalchemy as sa
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from sqlalchemy.exc import IntegrityError

from locum.audit import log as audit
from locum.credentials.model import AuthenticationMethod, Credential, CredentialType, credential
from locum.kit.actor import Actor
from locum.kit.db import ReadTx, Tx, metadata
from locum.kit.errors import Conflict, Invalid, NotFound
from locum.kit.ids import new_id
from locum.kit.names import checked_name, name_key
from locum.vault.secret import Secret
from locum.vault.store import Vault

PASSWORD_PURPOSE = "credential.password"
PRIVATE_KEY_PURPOSE = "credential.private_key"

_TAKEN = "there is a credential with this user name and domain already"
_COLUMNS = [credential.c[name] for name in Credential.__struct_fields__]


def get_credential(tx: ReadTx, credential_id: UUID) -> Credential:
    """The credential without its secret, or NotFound."""
    found = tx.first(Credential, sa.select(*_COLUMNS).where(credential.c.id == credential_id))
    if found is None:
        raise NotFound("no such credential")
    return found


def add_credential(
    tx: Tx,
    vault: Vault,
    actor: Actor,
    *,
    username: str | None,
    domain: str | None = None,
    name: str | None = None,
    description: str | None = None,
    type: CredentialType = CredentialType.CONFIGURATION,
    platform_id: UUID | None = None,
    authentication_method: AuthenticationMethod = AuthenticationMethod.PASSWORD,
    password: Secret | None = None,
    private_key: Secret | None = None,
    passphrase: Secret | None = None,
    elevation_command: str | None = None,
) -> Credential:
    """Keep a login. Raises Conflict when its user name and domain are taken (CRED-01), Invalid for a bad key."""
    login = checked_name(username, field="username")
    place = checked_name(domain, field="domain") if domain else ""
    # checked_name lets no control character through, so no other pair of the two gives the same key.
    login_key = f"{name_key(place)}\x1f{login}"
    if tx.scalar(sa.select(credential.c.id).where(credential.c.login_key == login_key)) is not None:
        raise Conflict(_TAKEN)
    if platform_id is not None:
        table = metadata.tables["platform"]
        if tx.scalar(sa.select(table.c.id).where(table.c.id == platform_id)) is None:
            raise Invalid("platformId names no platform", field="platformId")
    password, private_key, passphrase = _given(password), _given(private_key), _given(passphrase)
    public_key = None
    if authentication_method is not AuthenticationMethod.PASSWORD:
        private_key, public_key = _readable_key(private_key, passphrase)
    elif private_key is not None:
        raise Invalid("privateKey goes with authenticationMethod 1 or 2", field="privateKey")
    if authentication_method is not AuthenticationMethod.SSH_KEY and password is None:
        raise Invalid("password must not be empty", field="password")
    credential_id = new_id()
    row = {
        "id": credential_id,
        "username": login,
        "domain": place,
        "login_key": login_key,
        "name": name,
        "description": description,
        "type": type,
        "platform_id": platform_id,
        "authentication_method": authentication_method,
        "password_secret_id": vault.put(tx, password, purpose=PASSWORD_PURPOSE) if password else None,
        "private_key_secret_id": (
            vault.put(tx, private_key, purpose=PRIVATE_KEY_PURPOSE) if private_key else None
        ),
        "public_key": public_key,
        "elevation_command": elevation_command,
        "created_at": tx.now,
        "modified_at": tx.now,
    }
    try:
        tx.add(credential, **row)
    except IntegrityError as error:  # another transaction took the name since the look-up
        raise Conflict(_TAKEN) from error
    audit.record(
        tx,
        actor,
        "credential.created",
        object_kind="credential",
        object_id=credential_id,
        detail={"username": login, "domain": place},
    )
    return get_credential(tx, credential_id)


def _given(secret: Secret | None) -> Secret | None:
    """Callers send an empty text where they have none."""
    return secret if secret is not None and secret.reveal() else None


def _readable_key(private_key: Secret | None, passphrase: Secret | None) -> tuple[Secret, str]:
    """The key without its passphrase (the vault protects it), and its public half. Errors never quote the key."""
    if private_key is None:
        raise Invalid("privateKey must not be empty", field="privateKey")
    text = private_key.reveal()
    word = passphrase.reveal() if passphrase else None
    load = (
        serialization.load_ssh_private_key
        if b"OPENSSH PRIVATE KEY" in text
        else serialization.load_pem_private_key
    )
    try:
        key = load(text, word)
        plain = key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.OpenSSH, serialization.NoEncryption()
        )
        public = key.public_key().public_bytes(serialization.Encoding.OpenSSH, serialization.PublicFormat.OpenSSH)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise Invalid(
            "privateKey is not an OpenSSH or PEM key that opens with the passphrase", field="privateKey"
        ) from None
    return Secret(plain), public.decode()
