"""Decides again about a session that waited, for approvers or for its start: what held then may not hold now."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from uuid import UUID

from locum.kit.db import ReadTx
from locum.policies.decide import Denied, Facts, NeedsApproval, decide
from locum.policies.facts import Asked, gather
from locum.sessions import transition
from locum.sessions.model import AccessSession


def refusal(tx: ReadTx, session: AccessSession, at: dt.datetime) -> str | None:
    """Why its own policy would not give this session now, were it to start at `at`; None: it would.

    Notes, ticket and answers are those it was asked for with; a question that nobody asks any more counts for nothing.
    Addresses are not asked about: those of its connections will be. What its approvers allowed needs no other yes.
    """
    given = session.custom_fields or {}
    facts = _facts(tx, session, at)
    asked = {field.name for one in facts.policies if one.id == session.policy_id for field in one.rules.fields}
    answers = tuple((name, value) for name, value in given.items() if name in asked)
    decision = decide(replace(facts, answers=answers, approved=session.workflow_id is not None))
    if isinstance(decision, Denied):
        return f"not allowed any more: {decision.reason}"
    if isinstance(decision, NeedsApproval):
        return f"not allowed any more: the access policy “{decision.policy.name}” asks for approval by now"
    return None


def _facts(tx: ReadTx, session: AccessSession, at: dt.datetime) -> Facts:
    asked = Asked(
        session.identity_id,
        session.activity_id,
        session.resource_id,
        session.credential_id,
        wanted_policy_id=session.policy_id,
        note=session.note or "",
        ticket=session.ticket or "",
        at=at,
    )
    return gather(tx, asked)


def refusal_at_start(tx: ReadTx, session_id: UUID) -> str | None:
    """The same for a session that starts now."""
    return refusal(tx, transition.get(tx, session_id), tx.now)
