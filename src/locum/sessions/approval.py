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
from locum.sessions.approval_mail import tell_approvers, tell_requester
from locum.sessions.approval_model import (
    Approval,
    AskedTier,
    Tier,
    approval,
    approval_tier,
    approval_tier_approver,
    asked_tier,
)
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
    asked_together,
    next_step,
    window,
)
from locum.sessions.lifecycle import Status
from locum.sessions.model import AccessSession, access_session
from locum.sessions.redecide import refusal

LONGEST_WAIT = dt.timedelta(hours=24)
"""How long a request without an end waits for its approvers."""


def ask_for_approval(tx: Tx, session_id: UUID) -> None:
    """(1) The session was written down as waiting for its workflow's first tier: ask it, and those that go with it."""
    session = transition.get(tx, session_id)
    assert session.workflow_id is not None
    tiers = tiers_of(tx, session.workflow_id)
    _ask(tx, session, tiers, tiers[0].number)


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
    """(2) An approver's yes or no, in every tier that asks them now.

    Raises NotFound for whoever is not asked about it now, and Conflict for a second word or a request that waits no
    longer.
    """
    assert actor.id is not None
    session = _current(tx, transition.get(tx, session_id, hold=True))
    asked = {tier.tier_id: tier for tier in asked_of(tx, session_id)}
    rows = [row for row in approvals_of(tx, session_id) if row.approver_id == actor.id]
    mine = [row for row in rows if row.tier_id in asked]
    if not rows or (session.status == Status.APPROVAL_REQUIRED and not mine):
        raise NotFound("no such session")
    if session.status != Status.APPROVAL_REQUIRED:
        raise Conflict("this request does not wait for approval any more")
    mine = [row for row in mine if actor.id in _listed(tx, asked[row.tier_id])]
    if not mine:
        raise NotFound("no such session")
    open_rows = [row for row in mine if row.state is State.PENDING]
    if not open_rows:
        raise Conflict("you have decided about this request already")
    if session.start_until is not None and tx.now >= session.start_until:
        raise Conflict("this request does not wait for approval any more")
    tx.run(
        sa.update(approval)
        .where(approval.c.id.in_([row.id for row in open_rows]))
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
    for row in open_rows:
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
    session = _current(tx, session)
    while session.status == Status.APPROVAL_REQUIRED:
        assert session.workflow_id is not None
        tiers = tiers_of(tx, session.workflow_id)
        match next_step(_asked(tx, session, tiers), tx.now):
            case StillAsked(look_at):
                return look_at
            case Escalate(number):
                _escalate(tx, session, next(tier for tier in tiers if tier.number == number))
            case NextTier(number):
                _ask(tx, session, tiers, number)
            case Granted():
                _grant(tx, session)
            case Refused():
                _end(tx, session, Status.APPROVAL_DENIED, "an approver has denied it")
            case GivenUp(reason):
                _end(tx, session, Status.APPROVAL_FAILED, reason)
        session = transition.get(tx, session.id)
    return None


def asked_of(tx: ReadTx, session_id: UUID) -> list[AskedTier]:
    """The tiers that a request waits for now."""
    c = asked_tier.c
    columns = [c[name] for name in AskedTier.__struct_fields__]
    return tx.rows(AskedTier, sa.select(*columns).where(c.session_id == session_id).order_by(c.tier_number))


def _current(tx: Tx, session: AccessSession) -> AccessSession:
    """The session, asked anew from the first tier if its workflow has other tiers by now than those it waits for.

    What was said before is kept and counts no longer: it was said to other rules.
    """
    if session.status != Status.APPROVAL_REQUIRED:
        return session
    assert session.workflow_id is not None
    tiers = tiers_of(tx, session.workflow_id)
    if not tiers or {tier.tier_id for tier in asked_of(tx, session.id)} <= {tier.id for tier in tiers}:
        return session
    transition.say(tx, session.id, "the approval workflow has changed: everybody is asked anew")
    _ask(tx, session, tiers, tiers[0].number)
    return transition.get(tx, session.id)


def approvals_of(tx: ReadTx, session_id: UUID) -> list[Approval]:
    """All that was asked about one request, first things first."""
    c = approval.c
    columns = [c[name] for name in Approval.__struct_fields__]
    return tx.rows(Approval, sa.select(*columns).where(c.session_id == session_id).order_by(c.created_at, c.id))


def _rule(tier: Tier) -> TierRule:
    after = None if tier.escalation_id is None else dt.timedelta(minutes=tier.escalation_minutes)
    return TierRule(tier.number, tier.required, after, tier.progression)


def _asked(tx: ReadTx, session: AccessSession, tiers: list[Tier]) -> Asked:
    known = {tier.id for tier in tiers}
    rows = [row for row in approvals_of(tx, session.id) if row.tier_id in known]
    able = people_behind(tx, [row.approver_id for row in rows])
    assert session.tier_number is not None
    assert session.tier_since is not None
    return Asked(
        tiers=tuple(_rule(tier) for tier in tiers),
        current=session.tier_number,
        since=session.tier_since,
        escalated=frozenset(tier.tier_number for tier in asked_of(tx, session.id) if tier.escalated),
        until=session.start_until or session.scheduled_end,
        votes=tuple(Vote(row.tier_number, row.state, row.approver_id in able) for row in rows),
    )


def _listed(tx: ReadTx, asked: AskedTier) -> set[UUID]:
    """Who may decide in this tier now: groups may have changed since it was asked."""
    c = approval_tier_approver.c
    ids = tx.scalars(sa.select(c.approver_id).where(c.tier_id == asked.tier_id))
    if asked.escalated:
        escalation = sa.select(approval_tier.c.escalation_id).where(approval_tier.c.id == asked.tier_id)
        ids += [found for found in tx.scalars(escalation) if found is not None]
    return people_behind(tx, ids)


def _ask(tx: Tx, session: AccessSession, tiers: list[Tier], first: int) -> None:
    """Make the tier of that number, and those that go with it, the ones that are asked."""
    numbers = {rule.number for rule in asked_together(tuple(_rule(tier) for tier in tiers), first)}
    together = [tier for tier in tiers if tier.number in numbers]
    tx.run(
        sa.update(access_session)
        .where(access_session.c.id == session.id)
        .values(tier_number=first, tier_since=tx.now, modified_at=tx.now)
    )
    tx.run(sa.delete(asked_tier).where(asked_tier.c.session_id == session.id))
    tx.add_all(
        asked_tier,
        [
            {"session_id": session.id, "tier_id": tier.id, "tier_number": tier.number, "escalated": False}
            for tier in together
        ],
    )
    everybody: set[UUID] = set()
    for tier in together:
        c = approval_tier_approver.c
        listed = tx.scalars(sa.select(c.approver_id).where(c.tier_id == tier.id))
        people = _add(tx, session, tier, listed, Voice.NORMAL)
        everybody |= people
        text = f"waiting for approval {tier.number}: {tier.required} of {len(people)} approvers"
        transition.say(tx, session.id, text)
        _record_asked(tx, session, "approval.asked", tier, people)
    tell_approvers(tx, session, everybody)


def _escalate(tx: Tx, session: AccessSession, tier: Tier) -> None:
    assert tier.escalation_id is not None
    c = asked_tier.c
    tx.run(sa.update(asked_tier).where(c.session_id == session.id, c.tier_id == tier.id).values(escalated=True))
    tx.run(sa.update(access_session).where(access_session.c.id == session.id).values(modified_at=tx.now))
    people = _add(tx, session, tier, [tier.escalation_id], Voice.ESCALATED)
    transition.say(
        tx, session.id, f"nobody has answered in {tier.escalation_minutes} minutes: {len(people)} more are asked"
    )
    _record_asked(tx, session, "approval.escalated", tier, people)
    tell_approvers(tx, session, people, escalated_after=tier.escalation_minutes)


def _record_asked(tx: Tx, session: AccessSession, action: str, tier: Tier, people: set[UUID]) -> None:
    detail = {"tier": tier.number, "approvers": len(people)}
    audit.record(tx, LOCUM, action, object_kind="session", object_id=session.id, detail=detail)


def _add(tx: Tx, session: AccessSession, tier: Tier, ids: list[UUID], voice: Voice) -> set[UUID]:
    """Ask those behind `ids` who are not asked in this tier yet; answers whom."""
    people = people_behind(tx, ids)
    people -= {row.approver_id for row in approvals_of(tx, session.id) if row.tier_id == tier.id}
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
    return people


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
    tell_requester(tx, session, "approved", start=start, end=end)


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
    tell_requester(tx, session, "denied" if outcome is Status.APPROVAL_DENIED else "given up", reason=reason)
