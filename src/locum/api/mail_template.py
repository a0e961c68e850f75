"""/api/locum/v1/MailTemplate: what the mails of sessions under a connection profile say."""

from __future__ import annotations

from uuid import UUID

from msgspec import UNSET

from locum.activities import mail_templates as room
from locum.activities import model
from locum.api.context import Call
from locum.api.guards import ADMIN
from locum.api.operations import operation
from locum.api.wire.base import In, at
from locum.api.wire.mail_template import MailPreview, MailTemplate, MailTemplateIn, MailWordingIn
from locum.kit.db import ReadTx, Tx
from locum.kit.permissions import Permission
from locum.notices.template import EXAMPLE, Wording, checked, rendered


class TemplateId(In):
    mail_template_id: UUID


@operation(
    "MailTemplate.GetAll",
    "GET /api/locum/v1/MailTemplate",
    who=ADMIN,
    permission=Permission.CATALOG_PROFILE_READ,
    summary="Every mail template, by name",
)
def get_templates(tx: ReadTx, call: Call[None, None, None]) -> list[MailTemplate]:
    return [shown(row) for row in room.templates(tx)]


@operation(
    "MailTemplate.GetById",
    "GET /api/locum/v1/MailTemplate/{mailTemplateId}",
    who=ADMIN,
    permission=Permission.CATALOG_PROFILE_READ,
    problems=(404,),
    summary="One mail template",
)
def get_template(tx: ReadTx, call: Call[TemplateId, None, None]) -> MailTemplate:
    return shown(room.template_of(tx, call.params.mail_template_id))


@operation(
    "MailTemplate.Post",
    "POST /api/locum/v1/MailTemplate",
    who=ADMIN,
    permission=Permission.CATALOG_PROFILE_CHANGE,
    problems=(400, 409),
    audit="mail_template.created",
    status=201,
    summary="Make a mail template; no mail has its words until a connection profile names it",
)
def create_template(tx: Tx, call: Call[None, None, MailTemplateIn]) -> MailTemplate:
    given = _given(call.body)
    wording = Wording(given.get("subject") or "", given.get("text") or "")
    made = room.add_template(
        tx, call.caller.actor, name=call.body.name, description=given.get("description"), wording=wording
    )
    return shown(made)


@operation(
    "MailTemplate.Put",
    "PUT /api/locum/v1/MailTemplate/{mailTemplateId}",
    who=ADMIN,
    permission=Permission.CATALOG_PROFILE_CHANGE,
    problems=(400, 404, 409),
    audit="mail_template.changed",
    summary="Change a mail template for mails queued from now on; what is absent stays",
)
def put_template(tx: Tx, call: Call[TemplateId, None, MailTemplateIn]) -> MailTemplate:
    template_id, body = call.params.mail_template_id, call.body
    return shown(room.change_template(tx, call.caller.actor, template_id, body.name, _given(body)))


@operation(
    "MailTemplate.Delete",
    "DELETE /api/locum/v1/MailTemplate/{mailTemplateId}",
    who=ADMIN,
    permission=Permission.CATALOG_PROFILE_CHANGE,
    problems=(404, 409),
    audit="mail_template.deleted",
    summary="Delete a mail template that no connection profile has",
)
def delete_template(tx: Tx, call: Call[TemplateId, None, None]) -> None:
    room.delete_template(tx, call.caller.actor, call.params.mail_template_id)


@operation(
    "MailTemplate.Preview",
    "POST /api/locum/v1/MailTemplate/Preview",
    who=ADMIN,
    permission=Permission.CATALOG_PROFILE_READ,
    problems=(400,),
    summary="A wording, kept or not, as a mail with examples for its placeholders; nothing is kept or sent",
)
def preview(tx: ReadTx, call: Call[None, None, MailWordingIn]) -> MailPreview:
    subject, lines = rendered(checked(Wording(call.body.subject, call.body.text)), EXAMPLE)
    return MailPreview(subject=subject, lines=lines)


def shown(row: model.MailTemplate) -> MailTemplate:
    """A mail template as the wire has it."""
    return MailTemplate(
        id=row.id,
        name=row.name,
        description=row.description,
        subject=row.subject,
        text=row.text,
        created_date_time_utc=at(row.created_at),
        modified_date_time_utc=at(row.modified_at),
    )


def _given(body: MailTemplateIn) -> dict[str, str | None]:
    """What the body says, in the room's words."""
    given = {name: getattr(body, name) for name in ("description", "subject", "text")}
    return {name: value for name, value in given.items() if value is not UNSET}
