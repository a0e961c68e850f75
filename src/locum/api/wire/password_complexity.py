"""Password complexities."""

from __future__ import annotations

from uuid import UUID

from msgspec import UNSET, UnsetType

from locum.api.wire.base import NEVER, In, Line, Name, Out, Time
from locum.api.wire.enums import CharacterTypeFlags, PasswordComplexityType
from locum.kit.ids import NIL


class PasswordComplexity(Out):
    __contract__ = "SbPAM.Models.PasswordComplexity"

    id: UUID = NIL
    name: str | None = None
    description: str | None = None
    lower_case: bool = False
    upper_case: bool = False
    special_character: bool = False
    space: bool = False
    numeric: bool = False
    must_end_with: CharacterTypeFlags = CharacterTypeFlags.NONE
    must_start_with: CharacterTypeFlags = CharacterTypeFlags.NONE
    length: int = 0
    max_consecutive: int = 0
    chars_to_exclude: str | None = None
    node_id: UUID = NIL
    created_date_time_utc: Time = NEVER
    modified_date_time_utc: Time = NEVER
    type: PasswordComplexityType = PasswordComplexityType.PASSWORD


class PasswordComplexityIn(In):
    """What is absent stays as it is, and is off or free in a new one."""

    __contract__ = "SbPAM.Models.PasswordComplexity"

    name: Name | None = None
    description: Line | None = None
    lower_case: bool | UnsetType = UNSET
    upper_case: bool | UnsetType = UNSET
    special_character: bool | UnsetType = UNSET
    space: bool | UnsetType = UNSET
    numeric: bool | UnsetType = UNSET
    must_end_with: CharacterTypeFlags | UnsetType = UNSET
    must_start_with: CharacterTypeFlags | UnsetType = UNSET
    length: int | UnsetType = UNSET
    max_consecutive: int | UnsetType = UNSET
    chars_to_exclude: Name | UnsetType | None = UNSET
    type: PasswordComplexityType | UnsetType = UNSET
