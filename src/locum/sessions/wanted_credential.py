"""Which credential a request for a session names (SES-01)."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

import msgspec
import sqlalchemy as sa

from locum.credentials.add import login_key
from locum.credentials.model import SHOWN_NAME, credential, managed_user
from locum.kit.db import ReadTx
from locum.kit.errors import Forbidden, Invalid
from locum.policies.decide import WANTED_CREDENTIAL, none_gives
from locum.policies.model import PolicyType
from locum.policies.visible import credential_pairs, policies_of


@dataclass(frozen=True, slots=True)
class CredentialWanted:
    """By id; or by user name and domain; or by a name. `allowed`: the only ones that the API key behind the request is
    for, None if that does not bound it; `key_policies` its access policies, the same way."""

    id: UUID | None = None
    username: str | None = None
    domain: str | None = None
    name: str | None = None
    allowed: frozenset[UUID] | None = None
    key_policies: frozenset[UUID] | None = None


class CredentialFound(msgspec.Struct, frozen=True):
    """A credential with the name it is shown by, and the resource its login is on if there is one."""

    id: UUID
    username: str
    domain: str
    name: str
    resource_id: UUID | None

    @property
    def login(self) -> str:
        """The login in words."""
        return f"{self.domain}\\{self.username}" if self.domain else self.username


def find_credential(tx: ReadTx, wanted: CredentialWanted, identity_id: UUID) -> CredentialFound:
    """The one that is meant; of several of one name, the one that this person may ask for.

    Raises Forbidden for one that there is not or that the API key is not for, in the words of one that no policy
    gives, so that nobody learns which logins the vault has (SEC-12); and Invalid where none is named, or the person
    may ask for several of the name.
    """
    c = credential.c
    if wanted.id is not None:
        match = c.id == wanted.id
    elif wanted.username:
        match = c.login_key == login_key(wanted.username, wanted.domain or "")
    elif wanted.name:
        match = c.name == wanted.name
    else:
        raise Invalid("credentialId, credentialUsername or credentialName is needed", field="credentialId")
    query = (
        sa.select(c.id, c.username, c.domain, SHOWN_NAME.label("name"), managed_user.c.resource_id)
        .outerjoin(managed_user, managed_user.c.credential_id == c.id)
        .where(match, c.deleted_at.is_(None))
    )
    if wanted.allowed is not None:
        query = query.where(c.id.in_(sorted(wanted.allowed)))
    found = tx.rows(CredentialFound, query.limit(2))
    if len(found) > 1:
        giving = policies_of(tx, identity_id, key_policies=wanted.key_policies, type=PolicyType.CREDENTIAL)
        own = credential_pairs(giving).subquery()
        found = tx.rows(CredentialFound, query.where(c.id.in_(sa.select(own.c.credential_id))).limit(2))
    if not found:
        denied = none_gives(WANTED_CREDENTIAL)
        raise Forbidden(denied.reason, missing=denied.missing)
    if len(found) > 1:
        raise Invalid("several credentials have this name: ask by id or by login", field="credentialName")
    return found[0]
