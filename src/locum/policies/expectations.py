"""PURE: what policies are expected to say, and policies written in a file, for tests that run before anybody asks.

A file of expectations is TOML: `[[expect]]` tables with a question, its outcome, and if wanted the policy that decides
or the rule that is lacking. With `[[policy]]` tables besides, the questions are put to these; else to a server.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec

from locum.activities.access_windows import AccessWindow, checked_window
from locum.activities.ip_rules import IpRule, RuleType, check_rules
from locum.kit.errors import Invalid
from locum.policies.decide import (
    WANTED_CREDENTIAL,
    WANTED_RESOURCE,
    Approval,
    Denied,
    Facts,
    NeedsApproval,
    Origin,
    PolicyFact,
    ProfileRules,
    decide,
)

YEARS = range(2000, 2200)
Outcome = Literal["allowed", "needs approval", "denied"]
_APPROVALS = {"allow": Approval.ALLOW, "deny": Approval.DENY, "workflow": Approval.WORKFLOW}


class Question(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """May `user` do `activity` on `resource`, or know the secret of `credential`? Each is a name or an id.

    `policy` is the one that is asked for. A credential may also be called by its login, as `domain\\username`.
    `answers`: to custom fields, by name; policies in a file have none. Without `address` it is not asked from where.
    `at` is an instant with its offset; without it a server is asked about now, and a file not about times.
    """

    user: str
    activity: str | None = None
    resource: str | None = None
    credential: str | None = None
    policy: str | None = None
    note: str = ""
    ticket: str = ""
    answers: dict[str, str] = {}
    address: str | None = None
    at: Annotated[dt.datetime, msgspec.Meta(tz=True)] | None = None


def as_builtins(asked: Question) -> dict[str, Any]:
    """A question without what an expectation has besides, as JSON takes it."""
    named = {name: getattr(asked, name) for name in Question.__struct_fields__}
    simple: dict[str, Any] = msgspec.to_builtins(named)
    return simple


def about(asked: Question) -> str:
    """What is asked for, in words."""
    if asked.credential is not None:
        return f"the credential {asked.credential}"
    return f"{asked.activity}, {asked.resource}"


def check_target(asked: Question) -> None:
    """Raises Invalid unless it is an activity on a resource, or a credential, that is asked for."""
    if asked.credential is None:
        for field, given in (("activity", asked.activity), ("resource", asked.resource)):
            if given is None:
                raise Invalid(f"{field} is needed, or a credential instead of both", field=field)
    elif asked.activity is not None or asked.resource is not None:
        raise Invalid("ask for an activity on a resource, or for a credential, not for both", field="credential")


def checked_at(asked: Question) -> dt.datetime | None:
    """When the question is about. Raises Invalid for a time that calendars have trouble with."""
    if asked.at is not None and asked.at.year not in YEARS:
        raise Invalid(f"at must lie between {YEARS.start} and {YEARS.stop}", field="at")
    return asked.at


class Said(msgspec.Struct, frozen=True):
    """What policies say to a question."""

    outcome: Outcome
    policy: str | None
    missing: str | None
    reason: str


class Expectation(Question, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A question and its outcome. `decided_by` is the policy that lets it pass, `missing` the rule that is lacking."""

    outcome: Outcome
    decided_by: str | None = None
    missing: str | None = None


class WrittenPolicy(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A policy as a file has it: of activities on resources, or of credentials. Members are names, of groups too.

    In `groups` a secret vault is one more group that holds credentials.
    `allow_from`, `deny_from` and `windows` are what its connection profile would say: addresses, ranges and networks.
    """

    name: str
    users: list[str] = []
    activities: list[str] = []
    resources: list[str] = []
    credentials: list[str] = []
    priority: int = 0
    approval: Literal["allow", "deny", "workflow"] = "allow"
    notes_required: bool = False
    ticket_required: bool = False
    disabled: bool = False
    allow_from: list[str] = []
    deny_from: list[str] = []
    windows: list[AccessWindow] = []


class Expectations(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A whole file. `groups` says who or what is in a group of that name."""

    expect: list[Expectation] = []
    policy: list[WrittenPolicy] = []
    groups: dict[str, list[str]] = {}


def read(text: str) -> Expectations:
    """Parse a file. Raises Invalid with what is wrong and where."""
    try:
        found = msgspec.toml.decode(text, type=Expectations)
    except msgspec.MsgspecError as error:
        raise Invalid(f"this is not a file of expectations: {error}") from None
    if not found.expect:
        raise Invalid("the file expects nothing: it has no [[expect]] table")
    for number, asked in enumerate(found.expect, 1):
        try:
            check_target(asked)
        except Invalid as wrong:
            raise Invalid(f"expectation {number}, of “{asked.user}”: {wrong.detail}") from None
    for one in found.policy:
        try:
            _check_members(one)
            _rules(one)
        except Invalid as wrong:
            raise Invalid(f"the policy “{one.name}”: {wrong.detail}") from None
    return found


def from_file(written: Expectations) -> Callable[[Question], Said]:
    """The policies of a file, to be asked. They know no platforms and no locked accounts."""

    def ask(asked: Question) -> Said:
        check_target(asked)
        members = _members(asked, written.groups)
        joined = tuple(
            PolicyFact(
                id=UUID(int=number),
                name=one.name,
                priority=one.priority,
                approval=_APPROVALS[one.approval],
                notes_required=one.notes_required,
                ticket_required=one.ticket_required,
                is_disabled=one.disabled,
                profile_id=UUID(int=0),
                record=True,
                max_session_minutes=0,
                workflow_id=UUID(int=0),  # the file does not say whose approval
                rules=_rules(one),
            )
            for number, one in enumerate(written.policy)
            if all(not names.isdisjoint(_keys(getattr(one, word))) for word, names in members.items())
        )
        wanted = next(
            (n for n, one in enumerate(written.policy) if _key(one.name) == _key(asked.policy or "")), -1
        )
        facts = Facts(
            identity_locked=False,
            activity_fits_platform=True,
            policies=joined,
            wanted_policy_id=UUID(int=wanted & (2**128 - 1)) if asked.policy else None,
            note=asked.note,
            ticket=asked.ticket,
            origin=Origin(asked.address) if asked.address else None,
            at=checked_at(asked),
            wanted=WANTED_CREDENTIAL if asked.credential is not None else WANTED_RESOURCE,
        )
        decision = decide(facts)
        if isinstance(decision, Denied):
            return Said("denied", None, decision.missing, decision.reason)
        outcome: Outcome = "needs approval" if isinstance(decision, NeedsApproval) else "allowed"
        return Said(outcome, decision.policy.name, None, f"the access policy “{decision.policy.name}” says so")

    return ask


def difference(expected: Expectation, said: Said) -> str | None:
    """What is other than expected, in one line, or None."""
    case = f"{expected.user}, {about(expected)}"
    if said.outcome != expected.outcome:
        return f"{case}: {said.outcome}, not {expected.outcome}: {said.reason}"
    if expected.decided_by is not None and _key(expected.decided_by) != _key(said.policy or ""):
        return f"{case}: {said.outcome} by “{said.policy}”, not by “{expected.decided_by}”"
    if expected.missing is not None and expected.missing != said.missing:
        return f"{case}: denied for want of {said.missing}, not of {expected.missing}"
    return None


def _check_members(written: WrittenPolicy) -> None:
    if written.credentials and (written.activities or written.resources):
        raise Invalid("it gives activities on resources, or credentials, not both")


def _members(asked: Question, groups: dict[str, list[str]]) -> dict[str, set[str]]:
    """Which names a policy must have one of, by the word for its members."""
    wanted = {"users": asked.user}
    if asked.credential is not None:
        wanted |= {"credentials": asked.credential}
    else:
        wanted |= {"activities": asked.activity or "", "resources": asked.resource or ""}
    return {word: _names(name, groups) for word, name in wanted.items()}


def _rules(written: WrittenPolicy) -> ProfileRules:
    """What the profile of a written policy asks. Raises Invalid."""
    addresses = [
        IpRule(one, allowed, _kind(one))
        for listed, allowed in ((written.allow_from, True), (written.deny_from, False))
        for one in listed
    ]
    check_rules(addresses)
    windows = [checked_window(window) for window in written.windows]
    return ProfileRules(name=written.name, addresses=tuple(addresses), windows=tuple(windows))


def _kind(address: str) -> RuleType:
    return RuleType.CIDR if "/" in address else RuleType.RANGE if "-" in address else RuleType.STANDARD


def _key(name: str) -> str:
    return " ".join(name.split()).casefold()


def _keys(names: list[str]) -> set[str]:
    return {_key(name) for name in names}


def _names(name: str, groups: dict[str, list[str]]) -> set[str]:
    """By which names something is meant: its own, those of its groups, and of the groups of those."""
    found = {_key(name)}
    while more := {_key(g) for g, inside in groups.items() if not found.isdisjoint(_keys(inside))} - found:
        found |= more
    return found
