"""Adds a credential: its login is a row, its secret goes to the vault."""

from __future__ import annotations

from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from locum.audit import log as audit
from locum.credentials import secrets, ssh_key
from locum.credentials.elsewhere import platform
from locum.credentials.model import AuthenticationMethod, Credential, CredentialType, PostSession, credential
from locum.credentials.secrets import Part
from locum.kit.actor import Actor
from locum.kit.db import ReadTx, Tx
from locum.kit.errors import Conflict, Invalid, NotFound
from locum.kit.ids import new_id
from locum.kit.named import known
from locum.kit.names import checked_name, name_key
from locum.vault.secret import Secret
from locum.vault.store import Vault

LONGEST_SEARCH_KEY = 800  # two names that are checked, and one that may grow when it is normalised
TAKEN = "there is a credential with this user name and domain already"
COLUMNS = [credential.c[name] for name in Credential.__struct_fields__]


def get_credential(tx: ReadTx, credential_id: UUID) -> Credential:
    """The credential without its secret, also a deleted one, or NotFound."""
    found = tx.first(Credential, sa.select(*COLUMNS).where(credential.c.id == credential_id))
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
    enable_password: Secret | None = None,
    elevation_command: str | None = None,
    change_on_checkout: bool | None = None,
    change_on_release: bool | None = None,
    post_session: PostSession = PostSession.KEEP_PREVIOUS,
) -> Credential:
    """Keep a login. Raises Conflict when its user name and domain are taken (CRED-01), Invalid for a bad key.

    A key is kept without its passphrase (the vault protects it), which is a secret of its own. To open a key that
    has one takes long: callers read it first, outside of the unit of work, and give it in the plain.
    """
    login = free_login(tx, username, domain)
    check_platform(tx, platform_id)
    password, private_key = secrets.given(password), secrets.given(private_key)
    key = None
    if authentication_method is not AuthenticationMethod.PASSWORD:
        if private_key is None:
            raise Invalid("privateKey must not be empty", field="privateKey")
        key = ssh_key.read(private_key, passphrase)
    elif private_key is not None:
        raise Invalid("privateKey goes with authenticationMethod 1 or 2", field="privateKey")
    if authentication_method is not AuthenticationMethod.SSH_KEY and password is None:
        raise Invalid("password must not be empty", field="password")
    parts = {
        Part.PASSWORD: password,
        Part.PRIVATE_KEY: key.openssh() if key else None,
        Part.PASSPHRASE: secrets.given(passphrase) if key else None,
        Part.ENABLE: secrets.given(enable_password),
    }
    credential_id = new_id()
    row = {
        "id": credential_id,
        **login,
        "search_key": search_key(login["username"], login["domain"], name),
        "name": name,
        "description": description,
        "type": type,
        "platform_id": platform_id,
        "authentication_method": authentication_method,
        **key_columns(key),
        "elevation_command": elevation_command,
        "change_on_checkout": change_on_checkout,
        "change_on_release": change_on_release,
        "post_session": post_session,
        "created_at": tx.now,
        "modified_at": tx.now,
    }
    insert(tx, {**row, **secrets.keep(tx, vault, parts)})
    made = get_credential(tx, credential_id)
    record(tx, actor, "credential.created", made)
    return made


def free_login(tx: ReadTx, username: str | None, domain: str | None, *, but: UUID | None = None) -> dict[str, str]:
    """The columns of a login. Raises Invalid, and Conflict if another credential than `but` has it."""
    login = checked_name(username, field="username")
    place = checked_name(domain, field="domain") if domain else ""
    key = login_key(login, place)
    if tx.scalar(sa.select(credential.c.id).where(credential.c.login_key == key)) not in (None, but):
        raise Conflict(TAKEN)
    return {"username": login, "domain": place, "login_key": key}


def login_key(username: str, domain: str) -> str:
    """What no two credentials share. No name has a control character, so no other pair of the two gives the same."""
    return f"{name_key(domain)}\x1f{username}"


def search_key(username: str, domain: str, name: str | None) -> str:
    """What a search looks for its text in. Between the three stands what no text to look for may hold."""
    return "\x1f".join(name_key(part) for part in (username, domain, name or ""))[:LONGEST_SEARCH_KEY]


def check_platform(tx: ReadTx, platform_id: UUID | None) -> None:
    """Raise Invalid for an id that is no platform's."""
    known(tx, platform.c.id, "platform", {"platformId": platform_id})


def key_columns(key: ssh_key.SshKey | None) -> dict[str, str | int | None]:
    """What is said openly of a key."""
    if key is None:
        return {}
    return {"public_key": key.public_line, "key_algorithm": key.algorithm, "key_length": key.length}


def insert(tx: Tx, row: dict[str, object]) -> None:
    """The row of a new credential. Raises Conflict."""
    try:
        tx.add(credential, **row)
    except IntegrityError as error:  # another transaction took the name since the look-up
        raise Conflict(TAKEN) from error


def record(tx: Tx, actor: Actor, action: str, of: Credential, **detail: str | int | bool | None) -> None:
    """One audit row about a credential; it names the login."""
    audit.record(
        tx,
        actor,
        action,
        object_kind="credential",
        object_id=of.id,
        detail={"username": of.username, "domain": of.domain, **detail},
    )
