"""What approvers and requesters are told by mail (APR-05), in the unit of work that asks or decides."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from uuid import UUID

import msgspec
import sqlalchemy as sa

from locum.activities.mail_templates import MailKind, wording_of
from locum.activities.model import activity
from locum.credentials.model import SHOWN_NAME, credential
from locum.identities.model import identity
from locum.kit.db import ReadTx, Tx
from locum.kit.mail_address import mail_address
from locum.notices.model import MailSetup, mail
from locum.notices.outbox import current_setup, put
from locum.notices.template import Wording, rendered
from locum.resources.model import resource
from locum.sessions import transition
from locum.sessions.approval_model import approval
from locum.sessions.model import AccessSession, LogLevel

ASKED, ESCALATED, DECIDED, OVERDUE = "approval.asked", "approval.escalated", "approval.decided", "session.overdue"


class _Names(msgspec.Struct, frozen=True):
    who: str
    activity: str
    thing: str  # a resource, or a credential that is to be released


class _Person(msgspec.Struct, frozen=True):
    name: str
    email: str | None


class _Said(msgspec.Struct, frozen=True):
    name: str
    notes: str


TO_APPROVERS = Wording(
    "{who} asks for {activity} on {thing}",
    """Your approval is asked for.
Nobody else has answered in {waited} minutes.

Who: {who}
Activity: {activity}
{kind}: {thing}
Note: {note}
Ticket: {ticket}
Starts: {starts}
Ends: {ends}
Answer by: {answer_by}

See it, once you have signed in, and approve or deny it:
{link}""",
)
TO_REQUESTER = Wording(
    "Request {outcome}: {activity} on {thing}",
    """Your request was {outcome}.

Who: {who}
Activity: {activity}
{kind}: {thing}
Note: {note}
Ticket: {ticket}
Starts: {starts}
Ends: {ends}
Because: {reason}
{said}

{link}""",
)
"""What these mails say where the session's connection profile has no template."""


def tell_approvers(
    tx: Tx, session: AccessSession, people: set[UUID], *, escalated_after: int | None = None
) -> None:
    """Queue a mail to each of them who has an address; the session's log says how many have none."""
    setup = current_setup(tx)
    if setup is None or not people:
        return
    facts = {
        **_facts(tx, setup, session),
        **_times(session.scheduled_start, session.scheduled_end),
        "answer_by": (_time(session.start_until),) if session.start_until else (),
        "waited": () if escalated_after is None else (str(escalated_after),),
    }
    wording = wording_of(tx, session.profile_id, MailKind.TO_APPROVERS) or TO_APPROVERS
    topic = ASKED if escalated_after is None else ESCALATED
    _put(tx, setup, topic, session, _addresses(tx, session, people, "approver"), wording, facts)


def tell_requester(
    tx: Tx,
    session: AccessSession,
    outcome: str,
    *,
    reason: str | None = None,
    start: dt.datetime | None = None,
    end: dt.datetime | None = None,
) -> None:
    """Queue a mail to whose session it is: it was approved, with start and end, or for a reason denied or given up."""
    setup = current_setup(tx)
    if setup is None:
        return
    facts = {
        **_facts(tx, setup, session),
        **(_times(start, end) if start is not None and end is not None else {}),
        "outcome": (outcome,),
        "reason": () if reason is None else (reason,),
        "said": tuple(_said(tx, session)),
    }
    kind = MailKind.APPROVED if reason is None else MailKind.NOT_APPROVED
    wording = wording_of(tx, session.profile_id, kind) or TO_REQUESTER
    addresses = _addresses(tx, session, {session.identity_id}, "requester")
    _put(tx, setup, DECIDED, session, addresses, wording, facts)


def tell_overdue(tx: Tx, session_ids: list[UUID]) -> None:
    """Queue one mail for each session that lives past its end, to the address for alarms, and none a second time."""
    setup = current_setup(tx)
    if setup is None or setup.alarm_to is None or not session_ids:
        return
    m = mail.c
    told = set(tx.scalars(sa.select(m.about_id).where(m.about_id.in_(session_ids), m.topic == OVERDUE)))
    for session_id in sorted(set(session_ids) - told):
        # Another node sweeps too: whoever holds the session looks once more.
        session = transition.get(tx, session_id, hold=True)
        if tx.scalar(sa.select(m.id).where(m.about_id == session_id, m.topic == OVERDUE)) is not None:
            continue
        names = _names(tx, session)
        lines = [
            "This session should have ended, and what it was given on its target could not be taken away yet.",
            "Locum goes on trying. The session's log says what is in its way.",
            "",
            *_about(session, names),
            f"Ends: {_time(session.scheduled_end)}",
            "",
            f"{setup.public_url}/api/v1/ActivitySession/{session.id}/Log",
        ]
        subject = f"Alarm: a session on {names.thing} lives past its end"
        put(
            tx, setup, topic=OVERDUE, about_id=session.id, addresses=[setup.alarm_to], subject=subject, lines=lines
        )


def _put(
    tx: Tx,
    setup: MailSetup,
    topic: str,
    session: AccessSession,
    addresses: list[str],
    wording: Wording,
    facts: Mapping[str, tuple[str, ...]],
) -> None:
    subject, lines = rendered(wording, facts)
    put(tx, setup, topic=topic, about_id=session.id, addresses=addresses, subject=subject, lines=lines)


def _facts(tx: ReadTx, setup: MailSetup, session: AccessSession) -> dict[str, tuple[str, ...]]:
    """What the placeholders of any mail about a session stand for."""
    names = _names(tx, session)
    return {
        "who": (names.who,),
        "activity": (names.activity,),
        "kind": (_kind(session),),
        "thing": (names.thing,),
        "note": (session.note,) if session.note else (),
        "ticket": (session.ticket,) if session.ticket else (),
        "session": (str(session.id),),
        "link": (_link(setup, session),),
    }


def _times(start: dt.datetime, end: dt.datetime) -> dict[str, tuple[str, ...]]:
    return {"starts": (_time(start),), "ends": (_time(end),)}


def _kind(session: AccessSession) -> str:
    return "Credential" if session.resource_id is None else "Resource"


def _about(session: AccessSession, names: _Names) -> list[str]:
    lines = [f"Who: {names.who}", f"Activity: {names.activity}", f"{_kind(session)}: {names.thing}"]
    if session.note:
        lines.append(f"Note: {session.note}")
    if session.ticket:
        lines.append(f"Ticket: {session.ticket}")
    return lines


def _said(tx: ReadTx, session: AccessSession) -> list[str]:
    c = approval.c
    noted = sa.select(c.decided_by_name.label("name"), c.notes).where(
        c.session_id == session.id, c.notes.is_not(None)
    )
    return [f"{one.name} says: {one.notes}" for one in tx.rows(_Said, noted.order_by(c.decided_at, c.id))]


def _link(setup: MailSetup, session: AccessSession) -> str:
    return f"{setup.public_url}/api/v1/ApprovalWorkflow/Approval?activitySessionId={session.id}"


def _time(at: dt.datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M} UTC"


def _names(tx: ReadTx, session: AccessSession) -> _Names:
    i, a, r, c = identity.c, activity.c, resource.c, credential.c
    thing = sa.func.coalesce(r.name, SHOWN_NAME)
    joined = (
        sa.join(identity, activity, a.id == session.activity_id)
        .outerjoin(resource, r.id == session.resource_id)
        .outerjoin(credential, c.id == session.credential_id)
    )
    columns = (i.name.label("who"), a.name.label("activity"), thing.label("thing"))
    found = tx.first(_Names, sa.select(*columns).select_from(joined).where(i.id == session.identity_id))
    assert found is not None  # a session's foreign keys say so
    return found


def _addresses(tx: Tx, session: AccessSession, people: set[UUID], kind: str) -> list[str]:
    c = identity.c
    found = tx.rows(_Person, sa.select(c.name, c.email).where(c.id.in_(people)).order_by(c.name_key))
    usable = [address for address in (mail_address(person.email) for person in found) if address is not None]
    if len(usable) < len(found):
        text = f"{_untold(len(found) - len(usable), len(found), kind)} told nothing"
        transition.say(tx, session.id, text, LogLevel.WARN)
    return sorted(set(usable))


def _untold(some: int, of: int, kind: str) -> str:
    if of == 1:
        return f"the {kind} has no mail address and was"
    verbs = ("has", "was") if some == 1 else ("have", "were")
    return f"{some} of {of} {kind}s {verbs[0]} no mail address and {verbs[1]}"
