"""Asking for access: names become things, policy decides, and the wish is written down for the worker."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import msgspec
import sqlalchemy as sa

from locum.activities.access_windows import latest_end
from locum.activities.custom_fields import checked_values
from locum.activities.model import ActivityType, Phase, activity
from locum.audit import log as audit
from locum.identities.model import identity
from locum.kit import jobs
from locum.kit.actor import Actor
from locum.kit.db import ReadTx, Tx
from locum.kit.errors import Conflict, Forbidden, Invalid, NotFound
from locum.kit.ids import new_id
from locum.kit.names import name_key
from locum.kit.pause import refuse_if_paused
from locum.policies.decide import Allowed, Decision, Denied, NeedsApproval, Origin, decide
from locum.policies.facts import Asked, gather
from locum.policies.model import policy
from locum.resources.model import resource
from locum.sessions.approval import ask_for_approval, first_tier
from locum.sessions.lifecycle import Status
from locum.sessions.login import login_for
from locum.sessions.model import access_session, search_key
from locum.sessions.planned import Planned, as_json, planned_now
from locum.sessions.session_limit import hold_room_for_session
from locum.sessions.transition import JOB, say
from locum.sessions.wanted_credential import CredentialFound, CredentialWanted, find_credential

SHORTEST = dt.timedelta(seconds=1)
LONGEST_LOGIN = 128  # characters that a session's row shows
FURTHEST_START = dt.timedelta(days=366)


@dataclass(frozen=True, slots=True)
class Request:
    """What somebody asks for. Activity and resource by id, or by name where the id is None (SES-01).

    `credential` instead of a resource: its activity is the built-in one, which need not be named.

    `start` and `end` are UTC; no start means now, no end means as long as the profile allows. `key_policies`: all that
    the API key behind the request is for, None if that does not bound it. `answers`: to the custom fields of the
    connection profile, as (name, value). `group_id`: of those asked for together.
    """

    identity_id: UUID
    activity_id: UUID | None = None
    activity_name: str | None = None
    resource_id: UUID | None = None
    resource_name: str | None = None
    policy_id: UUID | None = None
    policy_name: str | None = None
    note: str = ""
    ticket: str = ""
    start: dt.datetime | None = None
    end: dt.datetime | None = None
    ends_with_connection: bool = False
    key_policies: frozenset[UUID] | None = None
    answers: tuple[tuple[str, str], ...] = ()
    group_id: UUID | None = None
    credential: CredentialWanted | None = None


class _Named(msgspec.Struct, frozen=True):
    id: UUID
    name: str


class _Activity(_Named, frozen=True):
    type: int


class _Resource(_Named, frozen=True):
    @property
    def resource_id(self) -> UUID:
        return self.id


_Target = _Resource | CredentialFound


def request_session(tx: Tx, actor: Actor, asked: Request, *, node: str, most: int | None = None) -> UUID:
    """Decide, and if allowed write the session down as Pending with its work due. Answers its id.

    Raises NotFound for an unknown person, activity, resource, credential or policy, what `refused` makes of the
    decision, Forbidden where the person has `most` sessions in that time already, and Conflict while Locum is paused
    and for a task without steps.
    """
    person = tx.first(_Named, sa.select(identity.c.id, identity.c.name).where(identity.c.id == asked.identity_id))
    if person is None:
        raise NotFound("no such account")
    wanted_activity = _find_activity(tx, asked)
    target = _find_target(tx, asked, wanted_activity)
    start = _start(tx.now, asked)
    # Who asks for somebody else need not be where the other will connect from.
    origin = Origin(actor.address) if actor.id == person.id else None
    decision = _decide(tx, asked, wanted_activity, target, origin=origin, start=start)
    if isinstance(decision, Denied):
        raise refused(decision)
    refuse_if_paused(tx)
    planned = _planned(tx, asked, wanted_activity, decision.policy.profile_id)
    rules = decision.policy.rules
    end = _end(start, asked, decision.policy.max_session_minutes)
    latest = _earlier(asked.end, latest_end(rules.windows, start))
    end = _earlier(end, latest) or end
    hold_room_for_session(tx, most, person.id, start, end)
    waiting = _waiting(tx, decision, start, latest)
    session_id = new_id()
    tx.add(
        access_session,
        id=session_id,
        identity_id=person.id,
        policy_id=decision.policy.id,
        activity_id=wanted_activity.id,
        **_about(target),
        profile_id=decision.policy.profile_id,
        group_id=asked.group_id,
        asked_end=latest,
        record=decision.policy.record,
        ends_with_connection=asked.ends_with_connection,
        node=node,
        login_name=_login(tx, person.id, wanted_activity.id, target, session_id, decision.policy.profile_id),
        planned=as_json(planned),
        created_by=actor.id,
        created_by_name=actor.name,
        created_from=actor.address,
        note=asked.note or None,
        ticket=asked.ticket or None,
        search_key=search_key(asked.note, asked.ticket),
        custom_fields=checked_values(rules.fields, asked.answers) or None,
        scheduled_start=start,
        scheduled_end=end,
        created_at=tx.now,
        modified_at=tx.now,
        **waiting,
    )
    detail = {
        "identity": person.name,
        "activity": wanted_activity.name,
        _word(target): _shown(target),
        "policy": decision.policy.name,
    }
    outcome = "allowed by" if isinstance(decision, Allowed) else "needs approval under"
    words = f"{person.name} asked for {wanted_activity.name} on {target.name}; {outcome} {decision.policy.name}"
    say(tx, session_id, words)
    audit.record(tx, actor, "session.requested", object_kind="session", object_id=session_id, detail=dict(detail))
    if waiting["status"] is Status.APPROVAL_REQUIRED:
        ask_for_approval(tx, session_id)
    due_at = start if waiting["status"] is Status.PENDING else tx.now
    jobs.schedule(tx, JOB, session_id, due_at=due_at, lane=target.resource_id)
    return session_id


def _planned(tx: ReadTx, asked: Request, wanted_activity: _Activity, profile_id: UUID) -> Planned:
    """The activity as it is now. Raises Invalid where somebody would connect to a task, Conflict for one that does
    nothing."""
    planned = planned_now(tx, wanted_activity.id, profile_id)
    if planned.type == ActivityType.TASK_AUTOMATION:
        if asked.ends_with_connection:
            raise Invalid(
                "this activity is a task: it runs by itself; ask for it over the API", field="activityId"
            )
        if not any(action.phase == Phase.DURING for action in planned.actions):
            raise Conflict("this task does nothing yet: its session part has no actions")
    return planned


def _earlier(one: dt.datetime | None, other: dt.datetime | None) -> dt.datetime | None:
    return min((time for time in (one, other) if time is not None), default=None)


def _waiting(
    tx: ReadTx, decision: Allowed | NeedsApproval, start: dt.datetime, asked_end: dt.datetime | None
) -> dict[str, Any]:
    """The columns that say what the session waits for first."""
    if isinstance(decision, Allowed):
        return {"status": Status.PENDING}
    assert decision.policy.workflow_id is not None
    return first_tier(tx, decision.policy.workflow_id, start=start, asked_end=asked_end)


def refused(denied: Denied) -> Forbidden | Invalid:
    """What to raise: Invalid, which names the field, for a wrong or missing answer (CP-02), else Forbidden."""
    if denied.field is not None:
        return Invalid(denied.reason, field=denied.field)
    return Forbidden(denied.reason, missing=denied.missing)


def foreseen_profile(tx: ReadTx, asked: Request, *, address: str | None) -> UUID | None:
    """The connection profile that this request from there would run under now, or None where it would be denied.

    Raises NotFound for an unknown activity, resource or policy.
    """
    found = _find_activity(tx, asked)
    target = _find_target(tx, asked, found)
    decision = _decide(tx, asked, found, target, origin=Origin(address), start=_start(tx.now, asked))
    return None if isinstance(decision, Denied) else decision.policy.profile_id


def _decide(
    tx: ReadTx,
    asked: Request,
    wanted_activity: _Named,
    target: _Target,
    *,
    origin: Origin | None,
    start: dt.datetime,
) -> Decision:
    found = Asked(
        asked.identity_id,
        wanted_activity.id,
        **_about(target),
        wanted_policy_id=_find_policy(tx, asked),
        note=asked.note,
        ticket=asked.ticket,
        key_policies=asked.key_policies,
        answers=asked.answers,
        origin=origin,
        at=start,
    )
    return decide(gather(tx, found))


def _find_target(tx: ReadTx, asked: Request, wanted_activity: _Activity) -> _Target:
    releases = wanted_activity.type == ActivityType.CREDENTIAL_RELEASE
    if asked.credential is None:
        if releases:
            raise Invalid("this activity is for credentials alone", field="credentialId")
        return _find_resource(tx, asked)
    if asked.resource_id is not None or asked.resource_name:
        raise Invalid("a session is of a resource or of a credential, not of both", field="credentialId")
    if not releases:
        raise Invalid("a credential is given by the activity Credential Release alone", field="activityId")
    return find_credential(tx, asked.credential, asked.identity_id)


def _about(target: _Target) -> dict[str, UUID]:
    return {"credential_id" if isinstance(target, CredentialFound) else "resource_id": target.id}


def _word(target: _Target) -> str:
    return "username" if isinstance(target, CredentialFound) else "resource"


def _shown(target: _Target) -> str:
    return target.login if isinstance(target, CredentialFound) else target.name


def _login(
    tx: ReadTx, identity_id: UUID, activity_id: UUID, target: _Target, session_id: UUID, profile_id: UUID
) -> str:
    if isinstance(target, CredentialFound):
        return target.username[:LONGEST_LOGIN]
    return login_for(tx, identity_id, activity_id, target.id, session_id, profile_id)


def _start(now: dt.datetime, asked: Request) -> dt.datetime:
    start = max(asked.start, now) if asked.start else now
    if start > now + FURTHEST_START:
        raise Invalid("startDateTimeUtc lies more than a year ahead", field="startDateTimeUtc")
    return start


def _end(start: dt.datetime, asked: Request, max_minutes: int) -> dt.datetime:
    end = start + dt.timedelta(minutes=max_minutes)
    if asked.end is None:
        return end
    if asked.end < start + SHORTEST:
        raise Invalid("endDateTimeUtc must lie after the start and in the future", field="endDateTimeUtc")
    return min(end, asked.end)


def _find_activity(tx: ReadTx, asked: Request) -> _Activity:
    if asked.activity_id is None and not asked.activity_name and asked.credential is not None:
        match: sa.ColumnElement[bool] = activity.c.type == ActivityType.CREDENTIAL_RELEASE
    elif asked.activity_id is not None:
        match = activity.c.id == asked.activity_id
    elif asked.activity_name:
        match = activity.c.name_key == name_key(asked.activity_name)
    else:
        raise Invalid("activityId or activityName is needed", field="activityId")
    kept = activity.c.is_deleted.is_(False)
    query = sa.select(activity.c.id, activity.c.name, activity.c.type)
    found = tx.first(_Activity, query.where(match, kept))
    if found is None:
        raise NotFound("no such activity")
    return found


def _find_resource(tx: ReadTx, asked: Request) -> _Resource:
    if asked.resource_id is not None:
        match: sa.ColumnElement[bool] = resource.c.id == asked.resource_id
    elif asked.resource_name:
        match = resource.c.name_key == name_key(asked.resource_name)
    else:
        raise Invalid("managedResourceId or managedResourceName is needed", field="managedResourceId")
    found = tx.first(_Resource, sa.select(resource.c.id, resource.c.name).where(match))
    if found is None:
        raise NotFound("no such resource")
    return found


def _find_policy(tx: ReadTx, asked: Request) -> UUID | None:
    if asked.policy_id is not None:
        match: sa.ColumnElement[bool] = policy.c.id == asked.policy_id
    elif asked.policy_name:
        match = policy.c.name_key == name_key(asked.policy_name)
    else:
        return None
    found: UUID | None = tx.scalar(sa.select(policy.c.id).where(match, policy.c.is_deleted.is_(False)))
    if found is None:
        raise NotFound("no such access policy")
    return found
