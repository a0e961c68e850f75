"""Command restrictions. The contract has none (PRX-10 came later)."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from msgspec import UNSET, Meta, UnsetType, field

from locum.api.wire.base import NEVER, In, Line, Name, Out, Time
from locum.kit.ids import NIL


class CommandRule(Out):
    """`action` is `log`, `block`, `block_and_lock` or `terminate`."""

    pattern: str = ""
    action: str = ""
    message: str | None = None
    mail: bool = False


class CommandRestriction(Out):
    """A named group of rules, of which the first that fits a command counts."""

    id: UUID = NIL
    name: str = ""
    description: str | None = None
    active: bool = False
    mail_to: str | None = None
    rules: list[CommandRule] = field(default_factory=list)
    created_date_time_utc: Time = NEVER
    modified_date_time_utc: Time = NEVER


class CommandRuleIn(In):
    pattern: Annotated[str, Meta(max_length=500)]
    action: Name
    message: Line | None = None
    mail: bool = False


class CommandRestrictionIn(In):
    """What is absent stays, or is active and without a mail address."""

    name: Name | None = None
    description: Line | UnsetType | None = UNSET
    active: bool | UnsetType = UNSET
    mail_to: Name | UnsetType | None = UNSET
    rules: list[CommandRuleIn] | UnsetType = UNSET
