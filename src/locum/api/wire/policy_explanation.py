"""Why somebody may or may not, as the wire has it."""

from __future__ import annotations

import datetime as dt
from uuid import UUID

from locum.api.wire.base import In, Line, Name, Out
from locum.kit.ids import NIL


class ExplainQuery(In):
    """Each of the first five is a name or an id: an activity on a resource, or a credential.

    `answers`: a JSON object, the answers to custom fields by name. Without `address` it is not asked from where;
    without `at`, about a start now.
    """

    user: Name
    activity: Name | None = None
    resource: Name | None = None
    credential: Name | None = None
    policy: Name | None = None
    note: Line | None = None
    ticket: Name | None = None
    answers: Line | None = None
    address: Name | None = None
    at: dt.datetime | None = None


class Way(Out):
    """How a policy holds something; `via` is the group by which a person belongs to the collection `name`."""

    name: str = ""
    via: str | None = None


class Considered(Out):
    """A policy that joins all that is asked for; `refusal` is why it does not let the request pass.

    `credential` are the ways to a credential, `activity` and `resource` those to anything else; the other is empty.
    """

    policy_id: UUID = NIL
    policy: str = ""
    priority: int = 0
    person: list[Way] | None = None
    activity: list[Way] | None = None
    resource: list[Way] | None = None
    credential: list[Way] | None = None
    refusal: str | None = None
    missing: str | None = None


class Near(Out):
    """A policy that holds the person; `missing` says what it lacks: activity, resource or both, or the credential."""

    policy_id: UUID = NIL
    policy: str = ""
    missing: list[str] | None = None


class Explanation(Out):
    """`outcome` is "allowed", "needs approval" or "denied"; `policy` decides, `missing` is the rule that is lacking."""

    outcome: str = ""
    reason: str = ""
    missing: str | None = None
    policy: str | None = None
    considered: list[Considered] | None = None
    near: list[Near] | None = None
