"""Credential groups."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from locum.api.wire.base import NEVER, In, Line, Name, Out, Time, later
from locum.kit.ids import NIL


class CredentialJoin(Out):
    __contract__ = "SbPAM.Models.CredentialJoin"

    credential_id: UUID = NIL
    credential: Annotated[None, later("SbPAM.Models.Credential")] = None
    credential_group_id: UUID = NIL
    credential_group: Annotated[None, later("SbPAM.Models.CredentialGroup")] = None


class CredentialGroup(Out):
    """`credential_join` is null in lists."""

    __contract__ = "SbPAM.Models.CredentialGroup"

    id: UUID = NIL
    name: str | None = None
    description: str | None = None
    credential_join: list[CredentialJoin] | None = None
    node_id: UUID = NIL
    created_date_time_utc: Time = NEVER
    modified_date_time_utc: Time = NEVER


class CredentialGroupIn(In):
    """What is absent or null stays as it is."""

    __contract__ = "SbPAM.Models.CredentialGroup"

    name: Name | None = None
    description: Line | None = None


class MemberView(Out):
    """A credential, by its user name, or a resource: what a group or an override policy lists."""

    id: UUID = NIL
    name: str = ""
    domain: str = ""


class MembersChanged(Out):
    """How many of the ids made a difference."""

    count: int = 0
