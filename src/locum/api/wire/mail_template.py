"""Mail templates. The contract has a model of the name and no operation; ours has plain text, as mails here have."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from msgspec import UNSET, Meta, UnsetType, field

from locum.api.wire.base import NEVER, In, Line, Name, Out, Time
from locum.kit.ids import NIL

Subject = Annotated[str, Meta(max_length=200)]
Text = Annotated[str, Meta(max_length=10_000)]


class MailTemplate(Out):
    """A wording under a name."""

    id: UUID = NIL
    name: str = ""
    description: str | None = None
    subject: str = ""
    text: str = ""
    created_date_time_utc: Time = NEVER
    modified_date_time_utc: Time = NEVER


class MailTemplateIn(In):
    """What is absent stays."""

    name: Name | None = None
    description: Line | UnsetType | None = UNSET
    subject: Subject | UnsetType = UNSET
    text: Text | UnsetType = UNSET


class MailWordingIn(In):
    subject: Subject
    text: Text


class MailPreview(Out):
    """A mail as it would be, line by line."""

    subject: str = ""
    lines: list[str] = field(default_factory=list)
