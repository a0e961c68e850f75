"""An activity as a file. The contract has none: its product takes add-ons in a form of its own."""

from __future__ import annotations

from msgspec import field

from locum.api.wire.base import Document, In, Line, Name, Out


class FileParameter(Out):
    """What a step is told, by the name of its kind's parameter."""

    name: str = ""
    value: str = ""


class FileAction(Out):
    """One step, by the name of its kind."""

    kind: str = ""
    name: str | None = None
    parameters: list[FileParameter] = field(default_factory=list)
    continue_on_fail: bool = False
    timeout: int = 60


class ActivityFile(Out):
    """Everything an activity does, without ids, so that it can be kept, read and brought elsewhere."""

    format: str = ""
    version: int = 0
    name: str = ""
    description: str | None = None
    platform: str = ""
    type: str = ""
    login: str = ""
    login_template: str | None = None
    requester_format: str = ""
    create_account: bool = True
    delete_account: bool = True
    before: list[FileAction] = field(default_factory=list)
    during: list[FileAction] = field(default_factory=list)
    after: list[FileAction] = field(default_factory=list)


class FileParameterIn(In):
    name: Name
    value: Document


class FileActionIn(In):
    kind: Name
    name: Name | None = None
    parameters: list[FileParameterIn] = field(default_factory=list)
    continue_on_fail: bool = False
    timeout: int = 60


class ActivityFileIn(In):
    """What is absent is as with an activity made by hand."""

    format: Name
    version: int
    platform: Name
    name: Name | None = None
    description: Line | None = None
    type: Name = "interactive"
    login: Name = "activity_identity"
    login_template: Name | None = None
    requester_format: Name = "sam_account_name"
    create_account: bool = True
    delete_account: bool = True
    before: list[FileActionIn] = field(default_factory=list)
    during: list[FileActionIn] = field(default_factory=list)
    after: list[FileActionIn] = field(default_factory=list)
