"""Mail templates over the API, and what the mail server is handed because of them."""

from __future__ import annotations

from email.message import EmailMessage
from pathlib import Path
from uuid import UUID, uuid4

import pytest
import sqlalchemy as sa

from estate import SESSIONS, Estate, made, problem
from locum.activities.model import connection_profile
from locum.identities.model import identity
from locum.kit import jobs
from locum.kit.actor import LOCUM
from locum.kit.db import Tx
from locum.notices.model import MailSetup
from locum.notices.outbox import MAIL_JOB, announce
from locum.notices.send import Mailer
from locum.policies.decide import Approval
from locum.policies.model import policy
from locum.sessions.approval_workflow import NewTier, add_workflow
from mail_server import SENDER, Post, mail_server

pytestmark = pytest.mark.anyio

PATH = "/api/locum/v1/MailTemplate"
PROFILES = "/api/v1/ConnectionProfile"
HOSTILE = "x\r\nBcc: evil@example.org {link}"


def approval_by_mail(estate: Estate) -> None:
    """Whatever Ada asks for, Root is asked by mail, and she is told."""

    def put(tx: Tx) -> None:
        kept = add_workflow(tx, LOCUM, name="w", tiers=[NewTier((UUID(estate.ids["root"]),))])
        tx.run(sa.update(connection_profile).values(approval_workflow_id=kept.id))
        tx.run(sa.update(policy).values(approval=Approval.WORKFLOW))
        for name in ("root", "ada"):
            mine = sa.update(identity).where(identity.c.id == UUID(estate.ids[name]))
            tx.run(mine.values(email=f"{name}@example.org"))
        announce(tx, MailSetup(SENDER, "https://locum.example", None))

    estate.database.submit_write(put).result()


async def handed_in(estate: Estate, post: Post) -> EmailMessage:
    """The one mail that waits, as the mail server has it."""
    claimed = await estate.database.write(lambda tx: jobs.claim(tx, owner="n", limit=50))
    (held,) = [one for one in claimed if one.kind == MAIL_JOB]
    await Mailer(estate.database, post.server).send(held)
    return post.taken[-1]


@pytest.mark.sees_effect("MailTemplate.Post", "MailTemplate.Put", "MailTemplate.Preview", "ConnectionProfile.Put")
async def test_the_profiles_templates_are_what_mails_say(estate: Estate, tmp_path: Path) -> None:
    approval_by_mail(estate)
    asks = await estate.mail_template(
        "Asks", subject="[PAM] {who}: {note}", text="Dear approver,\n\n{note}\n{ticket}\n{link}"
    )
    yes = await estate.mail_template("Yes", subject="Yes, {activity}", text="From {starts}\nWhy: {reason}\n{said}")
    no = await estate.mail_template("No", subject="No", text="From {starts}\nWhy: {reason}\n{said}")
    (default, *_) = await estate.get(estate.admin, PROFILES)
    of_profile = f"{PROFILES}/{default['id']}"
    named = {
        "notifyApproversWorkflowEmailTemplateId": asks["id"],
        "approvedWorkflowEmailTemplateId": yes["id"],
        "approvalWorkflowEmailTemplateId": no["id"],
    }
    made(await estate.admin.put(of_profile, named))
    with mail_server(tmp_path / "mail") as post:
        first = (await estate.ask(note=HOSTILE))["id"]
        asked = await handed_in(estate, post)
        assert (asked["To"], asked["Bcc"]) == ("root@example.org", None)
        assert asked["Subject"] == "[PAM] ada: x Bcc: evil@example.org {link}"
        link = f"https://locum.example/api/v1/ApprovalWorkflow/Approval?activitySessionId={first}"
        assert asked.get_content().splitlines() == [
            "Dear approver,", "", "x Bcc: evil@example.org {link}", link,
        ]  # fmt: skip
        assert (await estate.admin.post(f"{SESSIONS}/{first}/Approve?notes=fine")).status_code == 200
        approved = await handed_in(estate, post)
        assert (approved["To"], approved["Subject"]) == ("ada@example.org", "Yes, Linux sudo")
        starts, said = approved.get_content().splitlines()
        assert (starts[:5], said) == ("From ", "root says: fine")

        made(await estate.admin.put(f"{PATH}/{asks['id']}", {"subject": "Changed"}))
        second = (await estate.ask())["id"]
        assert (await handed_in(estate, post))["Subject"] == "Changed"
        assert (await estate.admin.post(f"{SESSIONS}/{second}/Deny")).status_code == 200
        denied = await handed_in(estate, post)
        assert denied["Subject"] == "No"
        assert denied.get_content().splitlines() == ["Why: an approver has denied it"]

        nobodys = str(uuid4())
        changed = made(await estate.admin.put(of_profile, {"notifyApproversWorkflowEmailTemplateId": nobodys}))
        assert changed["notifyApproversWorkflowEmailTemplateId"] == nobodys
        await estate.ask()
        assert (await handed_in(estate, post))["Subject"] == "ada asks for Linux sudo on web01"


@pytest.mark.sees_effect("MailTemplate.GetAll", "MailTemplate.GetById", "MailTemplate.Delete")
async def test_one_in_use_stays(estate: Estate) -> None:
    assert await estate.get(estate.admin, PATH) == []
    one, other = await estate.mail_template("One"), await estate.mail_template("Other")
    assert await estate.get(estate.admin, PATH) == [one, other]
    assert await estate.get(estate.admin, f"{PATH}/{one['id']}") == one
    for field in (
        "notifyApproversWorkflowEmailTemplateId",
        "approvedWorkflowEmailTemplateId",
        "approvalWorkflowEmailTemplateId",
    ):
        profile = made(await estate.admin.post(PROFILES, {"name": field, field: one["id"]}))
        refused = problem(await estate.admin.http.delete(f"{PATH}/{one['id']}"), 409)
        assert f"used by connection profile “{field}”" in refused["detail"]
        assert (await estate.admin.http.delete(f"{PROFILES}/{profile['id']}")).status_code == 200
    assert (await estate.admin.http.delete(f"{PATH}/{one['id']}")).status_code == 200
    assert await estate.get(estate.admin, PATH) == [other]
    assert [estate.audited(f"mail_template.{word}", one["id"]) for word in ("created", "deleted")] == [1, 1]
    problem(await estate.admin.get(f"{PATH}/{one['id']}"), 404)
    problem(await estate.admin.post(PATH, {"name": "OTHER", "subject": "x", "text": "x"}), 409)
    problem(await estate.admin.put(f"{PATH}/{one['id']}", {"text": "x"}), 404)


async def test_a_wording_is_looked_at_before_it_is_kept(estate: Estate) -> None:
    wording = {"subject": "{who}", "text": "{note}\nKey: {ticket}"}
    seen = made(await estate.admin.post(f"{PATH}/Preview", wording))
    assert seen == {"subject": "Alice Adams", "lines": ["restart nginx", "Key: CHG-4711"]}
    for wrong in ({"subject": "{secret}"}, {"text": "{who.name}"}, {"subject": "a\nBcc: b@example.org"}):
        problem(await estate.admin.post(f"{PATH}/Preview", {**wording, **wrong}), 400)
        problem(await estate.admin.post(PATH, {"name": "x", **wording, **wrong}), 400)
    problem(await estate.admin.post(PATH, {"name": "x", "subject": "x"}), 400)
    assert await estate.get(estate.admin, PATH) == []
    for who in (estate.ada, estate.callers.application("robot")):
        problem(await who.post(f"{PATH}/Preview", wording), 403)
        problem(await who.get(PATH), 403)
