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
    """May `user` do `activity` on `resource`? Each is a name or an id; `policy` is the one that is asked for.

    `answers`: to custom fields, by name; policies in a file have none. Without `address` it is not asked from where.
    `at` is an instant with its offset; without it a server is asked about now, and a file not about times.
    """

    user: str
    activity: str
    resource: str
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
    """A policy as a file has it. Members are names, of groups too.

    `allow_from`, `deny_from` and `windows` are what its connection profile would say: addresses, ranges and networks.
    """

    name: str
    users: list[str] = []
    activities: list[str] = []
    resources: list[str] = []
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
    for one in found.policy:
        try:
            _rules(one)
        except Invalid as wrong:
            raise Invalid(f"the policy “{one.name}”: {wrong.detail}") from None
    return found


def from_file(written: Expectations) -> Callable[[Question], Said]:
    """The policies of a file, to be asked. They know no platforms and no locked accounts."""

    def ask(asked: Question) -> Said:
        user, doing, where = (
            _names(name, written.groups) for name in (asked.user, asked.activity, asked.resource)
        )
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
            if not user.isdisjoint(_keys(one.users))
            and not doing.isdisjoint(_keys(one.activities))
            and not where.isdisjoint(_keys(one.resources))
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
        )
        decision = decide(facts)
        if isinstance(decision, Denied):
            return Said("denied", None, decision.missing, decision.reason)
        outcome: Outcome = "needs approval" if isinstance(decision, NeedsApproval) else "allowed"
        return Said(outcome, decision.policy.name, None, f"the access policy “{decision.policy.name}” says so")

    return ask


def difference(expected: Expectation, said: Said) -> str | None:
    """What is other than expected, in one line, or None."""
    about = f"{expected.user}, {expected.activity}, {expected.resource}"
    if said.outcome != expected.outcome:
        return f"{about}: {said.outcome}, not {expected.outcome}: {said.reason}"
    if expected.decided_by is not None and _key(expected.decided_by) != _key(said.policy or ""):
        return f"{about}: {said.outcome} by “{said.policy}”, not by “{expected.decided_by}”"
    if expected.missing is not None and expected.missing != said.missing:
        return f"{about}: denied for want of {said.missing}, not of {expected.missing}"
    return None


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
