"""A request that needs approval, from asking to a yes, a no or nobody's answer (A.14, APR-01..APR-04).

Steps: (1) `ask_for_approval` asks the first tier, in the transaction of the request; (2) `decide` takes an approver's
word; (3) `settle` asks `approval_rules` (PURE) what that makes of the request, and does it; (4) the worker's `consult`
does the same when time has passed. (2) to (4) hold the session's row, so that two approvers count both, once.
"""

from __future__ import annotations

import datetime as dt
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from locum.audit import log as audit
from locum.identities.model import PEOPLE, identity, identity_member
from locum.kit import jobs
from locum.kit.actor import LOCUM, Actor
from locum.kit.db import ReadTx, Tx
from locum.kit.errors import Conflict, Forbidden, NotFound
from locum.kit.ids import new_id
from locum.kit.jobs import Job
from locum.policies.workflow_model import Workflow, approval_workflow
from locum.sessions import transition
from locum.sessions.approval_model import Approval, Tier, approval, approval_tier, approval_tier_approver
from locum.sessions.approval_rules import (
    Asked,
    Escalate,
    GivenUp,
    Granted,
    NextTier,
    Refused,
    State,
    StillAsked,
    TierRule,
    Voice,
    Vote,
    next_step,
    window,
)
from locum.sessions.lifecycle import Status
from locum.sessions.model import AccessSession, access_session
from locum.sessions.redecide import refusal

LONGEST_WAIT = dt.timedelta(hours=24)
"""How long a request without an end waits for its approvers."""


def ask_for_approval(tx: Tx, session_id: UUID) -> None:
    """(1) The session was written down as waiting for its workflow's first tier: ask that tier."""
    session = transition.get(tx, session_id)
    assert session.workflow_id is not None
    tiers = tiers_of(tx, session.workflow_id)
    _ask(tx, session, tiers[0])


def first_tier(
    tx: ReadTx, workflow_id: UUID, *, start: dt.datetime, asked_end: dt.datetime | None
) -> dict[str, Any]:
    """The columns of a session that waits for this workflow. Raises Forbidden where there is none to wait for."""
    c = approval_workflow.c
    there = tx.scalar(sa.select(c.id).where(c.id == workflow_id, c.deleted_at.is_(None)))
    tiers = tiers_of(tx, workflow_id) if there else []
    if not tiers:
        raise Forbidden("this needs an approval, and its approval workflow is gone", missing="approval workflow")
    return {
        "status": Status.APPROVAL_REQUIRED,
        "workflow_id": workflow_id,
        "tier_number": tiers[0].number,
        "tier_since": tx.now,
        "start_until": asked_end or start + LONGEST_WAIT,
    }


def get_workflow(tx: ReadTx, workflow_id: UUID) -> Workflow:
    """One approval workflow that is not deleted. Raises NotFound."""
    columns = [approval_workflow.c[name] for name in Workflow.__struct_fields__]
    c = approval_workflow.c
    found = tx.first(Workflow, sa.select(*columns).where(c.id == workflow_id, c.deleted_at.is_(None)))
    if found is None:
        raise NotFound("there is no approval workflow with this id")
    return found


def tiers_of(tx: ReadTx, workflow_id: UUID) -> list[Tier]:
    """In the order in which they are asked."""
    c = approval_tier.c
    columns = [c[name] for name in Tier.__struct_fields__]
    return tx.rows(Tier, sa.select(*columns).where(c.workflow_id == workflow_id).order_by(c.number))


def people_behind(tx: ReadTx, ids: list[UUID]) -> set[UUID]:
    """Who of these identities, and of the members of those that are groups, may decide now: one statement.

    Whoever is locked or deleted may not.
    """
    members = sa.select(identity.c.id).where(identity.c.id.in_(ids)).cte("members", recursive=True)
    members = members.union(
        sa.select(identity_member.c.member_id).join(members, identity_member.c.group_id == members.c.id)
    )
    i = identity.c
    return set(
        tx.scalars(
            sa.select(i.id)
            .join(members, members.c.id == i.id)
            .where(i.kind.in_(PEOPLE), i.locked.is_(False), i.deleted_at.is_(None))
        )
    )


def decide(tx: Tx, actor: Actor, session_id: UUID, state: State, notes: str | None) -> AccessSession:
    """(2) An approver's yes or no.

    Raises NotFound for whoever is not asked about it now, and Conflict for a second word or a request that waits no
    longer.
    """
    assert actor.id is not None
    session = transition.get(tx, session_id, hold=True)
    rows = [row for row in approvals_of(tx, session_id) if row.approver_id == actor.id]
    mine = [row for row in rows if row.tier_number == session.tier_number]
    if not rows or (session.status == Status.APPROVAL_REQUIRED and not mine):
        raise NotFound("no such session")
    if session.status != Status.APPROVAL_REQUIRED:
        raise Conflict("this request does not wait for approval any more")
    (row,) = mine
    if actor.id not in _listed(tx, session, row):
        raise NotFound("no such session")
    if row.state is not State.PENDING:
        raise Conflict("you have decided about this request already")
    if session.start_until is not None and tx.now >= session.start_until:
        raise Conflict("this request does not wait for approval any more")
    tx.run(
        sa.update(approval)
        .where(approval.c.id == row.id)
        .values(
            state=state,
            notes=notes,
            decided_by_name=actor.name,
            decided_from=actor.address,
            decided_at=tx.now,
        )
    )
    word = "approved" if state is State.APPROVED else "denied"
    transition.say(tx, session.id, f"{word} by {actor.name}")
    audit.record(
        tx,
        actor,
        f"approval.{word}",
        object_kind="session",
        object_id=session.id,
        detail={"tier": row.tier_number, "notes": notes},
    )
    settle(tx, session)
    jobs.schedule(tx, transition.JOB, session.id, due_at=tx.now)
    return transition.get(tx, session.id)


def consult(tx: Tx, held: Job, session_id: UUID) -> dt.datetime | None:
    """(4) The worker's look. When to look again, or None where the request waits no longer."""
    jobs.hold(tx, held)
    return settle(tx, transition.get(tx, session_id, hold=True))


def settle(tx: Tx, session: AccessSession) -> dt.datetime | None:
    """(3) Do what is to be done about a request whose row is held. Answers as `consult`."""
    while session.status == Status.APPROVAL_REQUIRED:
        assert session.workflow_id is not None
        tiers = {tier.number: tier for tier in tiers_of(tx, session.workflow_id)}
        match next_step(_asked(tx, session, tiers), tx.now):
            case StillAsked(look_at):
                return look_at
            case Escalate():
                _escalate(tx, session, tiers[session.tier_number or 0])
            case NextTier(number):
                _ask(tx, session, tiers[number])
            case Granted():
                _grant(tx, session)
            case Refused():
                _end(tx, session, Status.APPROVAL_DENIED, "an approver has denied it")
            case GivenUp(reason):
                _end(tx, session, Status.APPROVAL_FAILED, reason)
        session = transition.get(tx, session.id)
    return None


def approvals_of(tx: ReadTx, session_id: UUID) -> list[Approval]:
    """All that was asked about one request, first things first."""
    c = approval.c
    columns = [c[name] for name in Approval.__struct_fields__]
    return tx.rows(Approval, sa.select(*columns).where(c.session_id == session_id).order_by(c.created_at, c.id))


def _asked(tx: ReadTx, session: AccessSession, tiers: dict[int, Tier]) -> Asked:
    rows = approvals_of(tx, session.id)
    able = people_behind(tx, [row.approver_id for row in rows])
    rules = tuple(
        TierRule(
            tier.number,
            tier.required,
            None if tier.escalation_id is None else dt.timedelta(minutes=tier.escalation_minutes),
        )
        for tier in tiers.values()
    )
    assert session.tier_number is not None
    assert session.tier_since is not None
    return Asked(
        tiers=rules,
        current=session.tier_number,
        since=session.tier_since,
        escalated=session.tier_escalated,
        until=session.start_until or session.scheduled_end,
        votes=tuple(Vote(row.tier_number, row.state, row.approver_id in able) for row in rows),
    )


def _listed(tx: ReadTx, session: AccessSession, row: Approval) -> set[UUID]:
    """Who may decide in this tier now: groups may have changed since it was asked."""
    c = approval_tier_approver.c
    ids = tx.scalars(sa.select(c.approver_id).where(c.tier_id == row.tier_id))
    escalation = sa.select(approval_tier.c.escalation_id).where(approval_tier.c.id == row.tier_id)
    if session.tier_escalated:
        ids += [found for found in tx.scalars(escalation) if found is not None]
    return people_behind(tx, ids)


def _ask(tx: Tx, session: AccessSession, tier: Tier) -> None:
    """Make `tier` the one that is asked."""
    tx.run(
        sa.update(access_session)
        .where(access_session.c.id == session.id)
        .values(tier_number=tier.number, tier_since=tx.now, tier_escalated=False, modified_at=tx.now)
    )
    c = approval_tier_approver.c
    asked = _add(tx, session, tier, tx.scalars(sa.select(c.approver_id).where(c.tier_id == tier.id)), Voice.NORMAL)
    text = f"waiting for approval {tier.number}: {tier.required} of {asked} approvers"
    transition.say(tx, session.id, text)
    audit.record(
        tx,
        LOCUM,
        "approval.asked",
        object_kind="session",
        object_id=session.id,
        detail={"tier": tier.number, "approvers": asked},
    )


def _escalate(tx: Tx, session: AccessSession, tier: Tier) -> None:
    assert tier.escalation_id is not None
    tx.run(sa.update(access_session).where(access_session.c.id == session.id).values(tier_escalated=True))
    asked = _add(tx, session, tier, [tier.escalation_id], Voice.ESCALATED)
    transition.say(
        tx, session.id, f"nobody has answered in {tier.escalation_minutes} minutes: {asked} more are asked"
    )
    audit.record(
        tx,
        LOCUM,
        "approval.escalated",
        object_kind="session",
        object_id=session.id,
        detail={"tier": tier.number, "approvers": asked},
    )


def _add(tx: Tx, session: AccessSession, tier: Tier, ids: list[UUID], voice: Voice) -> int:
    """Ask those behind `ids` who are not asked in this tier yet; answers how many."""
    people = people_behind(tx, ids)
    people -= {row.approver_id for row in approvals_of(tx, session.id) if row.tier_number == tier.number}
    assert session.workflow_id is not None
    if not get_workflow(tx, session.workflow_id).self_approval:
        people.discard(session.identity_id)
        # Who asks for somebody else must not approve it either.
        if session.created_by is not None:
            people.discard(session.created_by)
    tx.add_all(
        approval,
        [
            {
                "id": new_id(),
                "session_id": session.id,
                "tier_id": tier.id,
                "tier_number": tier.number,
                "approver_id": person,
                "voice": Voice.REQUESTER if person == session.identity_id else voice,
                "state": State.PENDING,
                "created_at": tx.now,
            }
            for person in sorted(people)
        ],
    )
    return len(people)


def _grant(tx: Tx, session: AccessSession) -> None:
    length = session.scheduled_end - session.scheduled_start
    start, end = window(session.scheduled_start, length, session.asked_end, tx.now)
    reason = "it was approved too late" if end <= start else refusal(tx, session, start)
    if reason is not None:
        _end(tx, session, Status.APPROVAL_FAILED, reason)
        return
    transition.move(tx, session, Status.PENDING, scheduled_start=start, scheduled_end=end, start_until=None)
    transition.say(tx, session.id, "approved")
    audit.record(tx, LOCUM, "session.approved", object_kind="session", object_id=session.id)


def _end(tx: Tx, session: AccessSession, outcome: Status, reason: str) -> None:
    """Nothing was done on a target yet, so there is nothing to take away."""
    transition.move(tx, session, outcome, actual_end=tx.now, status_description=reason)
    transition.say(tx, session.id, f"not approved: {reason}")
    audit.record(
        tx,
        LOCUM,
        "session.ended",
        object_kind="session",
        object_id=session.id,
        detail={"outcome": outcome.name, "reason": reason},
    )
