"""Makes, changes and deletes mail templates, and says which of them a connection profile's mails have."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from uuid import UUID

import msgspec
import sqlalchemy as sa

from locum.activities.model import MailTemplate, connection_profile, mail_template
from locum.audit import log as audit
from locum.kit.actor import Actor
from locum.kit.db import ReadTx, Tx
from locum.kit.errors import Conflict, NotFound
from locum.kit.ids import new_id
from locum.kit.named import Use, free_name, name_kept, unused
from locum.notices.template import Wording, checked

MOST = 500
_WORD = "mail template"
_ALL = sa.select(*(mail_template.c[name] for name in MailTemplate.__struct_fields__))


class MailKind(StrEnum):
    """Which mails, by the column of a profile: to approvers who are asked, to the requester once it is approved, or
    once it is not."""

    TO_APPROVERS = "notify_approvers_workflow_email_template_id"
    APPROVED = "approved_workflow_email_template_id"
    NOT_APPROVED = "approval_workflow_email_template_id"


class _Found(msgspec.Struct, frozen=True):
    subject: str
    text: str


def templates(tx: ReadTx) -> list[MailTemplate]:
    """Every mail template, by name."""
    return tx.rows(MailTemplate, _ALL.order_by(mail_template.c.name_key))


def template_of(tx: ReadTx, template_id: UUID, *, hold: bool = False) -> MailTemplate:
    """One mail template; with `hold` its row is held until commit. Raises NotFound."""
    one = _ALL.where(mail_template.c.id == template_id)
    found = tx.first(MailTemplate, one.with_for_update() if hold else one)
    if found is None:
        raise NotFound("there is no mail template with this id")
    return found


def wording_of(tx: ReadTx, profile_id: UUID, kind: MailKind) -> Wording | None:
    """What mails of that kind say under a profile; None where its id is no template's, so that the standard holds."""
    t, c = mail_template.c, connection_profile.c
    mine = sa.select(t.subject, t.text).join(connection_profile, c[kind] == t.id).where(c.id == profile_id)
    found = tx.first(_Found, mine)
    return None if found is None else Wording(found.subject, found.text)


def add_template(
    tx: Tx, actor: Actor, *, name: str | None, description: str | None, wording: Wording
) -> MailTemplate:
    """A template that profiles may have. Raises Invalid, and Conflict for a taken name."""
    count = tx.scalar(sa.select(sa.func.count()).select_from(mail_template))
    if count is not None and count >= MOST:
        raise Conflict(f"there are {MOST} mail templates already")
    template_id, kept = new_id(), checked(wording)
    named = free_name(tx, mail_template, name, _WORD)
    with name_kept(_WORD):
        tx.add(
            mail_template,
            id=template_id,
            **named,
            description=description or None,
            subject=kept.subject,
            text=kept.text,
            created_at=tx.now,
            modified_at=tx.now,
        )
    _audit(tx, actor, "mail_template.created", template_id, named["name"])
    return template_of(tx, template_id)


def change_template(
    tx: Tx, actor: Actor, template_id: UUID, name: str | None, given: Mapping[str, str | None]
) -> MailTemplate:
    """Change what is given: description, subject, text. Mails that are queued stay as they are. NotFound besides."""
    held = template_of(tx, template_id, hold=True)
    kept = checked(Wording(given.get("subject", held.subject) or "", given.get("text", held.text) or ""))
    description = given.get("description", held.description) or None
    values = {"description": description, "subject": kept.subject, "text": kept.text}
    if name is not None:
        values |= free_name(tx, mail_template, name, _WORD, but=template_id)
    changed = sorted(
        field for field, value in values.items() if field != "name_key" and value != getattr(held, field)
    )
    if not changed:
        return held
    with name_kept(_WORD):
        tx.run(
            sa.update(mail_template).where(mail_template.c.id == template_id).values(**values, modified_at=tx.now)
        )
    after = template_of(tx, template_id)
    _audit(tx, actor, "mail_template.changed", template_id, after.name, fields=", ".join(changed))
    return after


def delete_template(tx: Tx, actor: Actor, template_id: UUID) -> None:
    """Raises NotFound, and Conflict, naming them, while connection profiles have it; deleted profiles don't count."""
    held = template_of(tx, template_id, hold=True)
    c = connection_profile.c
    columns = tuple(sa.case((c.is_deleted, None), else_=c[kind]) for kind in MailKind)
    with unused(tx, template_id, _WORD, (Use("connection profile", c.name, columns),)):
        tx.run(sa.delete(mail_template).where(mail_template.c.id == template_id))
    _audit(tx, actor, "mail_template.deleted", template_id, held.name)


def _audit(tx: Tx, actor: Actor, action: str, template_id: UUID, name: str, **more: str) -> None:
    audit.record(
        tx, actor, action, object_kind="mail_template", object_id=template_id, detail={"name": name, **more}
    )
