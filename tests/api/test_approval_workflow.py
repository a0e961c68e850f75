"""What approvers and requesters see of a request that waits."""

from __future__ import annotations

from uuid import UUID

import pytest
import sqlalchemy as sa

from estate import SESSIONS, Estate, made, problem
from locum.activities.model import connection_profile
from locum.kit.actor import LOCUM
from locum.kit.db import Tx
from locum.policies.decide import Approval
from locum.policies.model import policy
from locum.sessions.approval_workflow import NewTier, add_workflow

pytestmark = pytest.mark.anyio

PATH = "/api/v1/ApprovalWorkflow/Approval"


@pytest.mark.sees_effect("ApprovalWorkflow.GetApprovals")
async def test_rows_are_shown_to_those_concerned(estate: Estate) -> None:
    def put(tx: Tx) -> None:
        kept = add_workflow(tx, LOCUM, name="w", tiers=[NewTier((UUID(estate.ids["root"]),))])
        tx.run(sa.update(connection_profile).values(approval_workflow_id=kept.id))
        tx.run(sa.update(policy).values(approval=Approval.WORKFLOW))

    estate.database.submit_write(put).result()
    session_id = (await estate.ask())["id"]
    (waiting,) = await estate.get(estate.admin, PATH)
    assert (waiting["approvalState"], waiting["approverAccountId"]) == (0, estate.ids["root"])
    assert waiting["activitySession"]["status"] == -1
    row = await estate.get(estate.admin, f"{SESSIONS}/SummaryById/{session_id}")
    assert waiting["activityName"] == row["activityName"]
    assert waiting["managedResourceName"] == row["managedResourceName"]
    assert await estate.get(estate.ada, PATH) == []
    assert (await estate.admin.post(f"{SESSIONS}/{session_id}/Approve?notes=fine")).status_code == 200
    assert await estate.get(estate.admin, PATH) == []
    (said,) = await estate.get(estate.ada, PATH, activitySessionId=session_id)
    assert (said["approvalState"], said["approverNotes"], said["modifiedByUserName"]) == (1, "fine", "root")
    account = said["approverAccount"]
    assert (account["id"], account["name"]) == (estate.ids["root"], "root")
    problem(await estate.eve.get(PATH, activitySessionId=session_id), 404)


@pytest.mark.sees_effect("ApprovalWorkflow.Post", "ApprovalWorkflow.GetAll", "ApprovalWorkflow.Delete")
async def test_workflows_are_made_listed_and_deleted(estate: Estate) -> None:
    path = "/api/v1/ApprovalWorkflow"
    listed = [{"approvalWorkflowApproverAccountId": estate.ids[name]} for name in ("ada", "eve")]
    tiers = [
        {"approvalWorkflowTierApprovers": listed, "requiredApprovalCount": 2, "escalationTimeout": 5},
        {"approvalWorkflowTierApprovers": listed[:1], "escalationApproverAccountId": estate.ids["eve"]},
    ]
    body = {"name": "two", "selfApproval": True, "approvalWorkflowTiers": tiers}
    for who in (estate.ada, estate.callers.application("robot")):
        problem(await who.post(path, body), 403)
    made_one = made(await estate.admin.post(path, body))
    assert await estate.get(estate.admin, path) == [made_one]
    first, second = made_one["approvalWorkflowTiers"]
    assert (first["tierNumber"], first["requiredApprovalCount"], first["escalationTimeout"]) == (1, 2, 5)
    assert sorted(first["approverAccountIds"]) == sorted([estate.ids["ada"], estate.ids["eve"]])
    assert (second["escalationTimeout"], second["escalationApproverAccountId"]) == (10, estate.ids["eve"])
    problem(await estate.admin.post(path, body), 409)
    problem(await estate.admin.post(path, {**body, "name": "none", "approvalWorkflowTiers": []}), 400)
    assert (await estate.admin.http.delete(f"{path}/{made_one['id']}")).status_code == 200
    assert await estate.get(estate.admin, path) == []
    assert estate.audited("approval_workflow.deleted", made_one["id"]) == 1


@pytest.mark.sees_effect("ApprovalWorkflow.Put")
async def test_a_workflow_is_replaced_and_what_waits_is_asked_anew(estate: Estate) -> None:
    path = "/api/v1/ApprovalWorkflow"

    def body(name: str, *approvers: str, **more: object) -> dict[str, object]:
        tiers = [
            {"approvalWorkflowTierApprovers": [{"approvalWorkflowApproverAccountId": estate.ids[who]}], **more}
            for who in approvers
        ]
        return {"name": name, "approvalWorkflowTiers": tiers}

    workflow = made(await estate.admin.post(path, body("w", "eve")))
    other = made(await estate.admin.post(path, body("other", "eve")))

    def use(tx: Tx) -> None:
        tx.run(sa.update(connection_profile).values(approval_workflow_id=UUID(workflow["id"])))
        tx.run(sa.update(policy).values(approval=Approval.WORKFLOW))

    estate.database.submit_write(use).result()
    session_id = (await estate.ask())["id"]
    one = f"{path}/{workflow['id']}"
    new = body("w", "root", "eve", progressionType=1)
    problem(await estate.ada.put(one, new), 403)
    problem(await estate.admin.put(one, body("OTHER", "eve")), 409)
    for wrong in ({"name": "w"}, {**new, "name": " "}, body("w", "eve", progressionType=2)):
        problem(await estate.admin.put(one, wrong), 400)
    problem(await estate.admin.put(f"{path}/{session_id}", new), 404)
    changed = made(await estate.admin.put(one, new))
    assert [tier["progressionType"] for tier in changed["approvalWorkflowTiers"]] == [1, 1]
    listed = await estate.get(estate.admin, path)
    assert {found["id"]: found for found in listed} == {workflow["id"]: changed, other["id"]: other}
    assert (await estate.eve.post(f"{SESSIONS}/{session_id}/Approve")).status_code == 200
    assert (await estate.get(estate.ada, f"{SESSIONS}/{session_id}"))["status"] == -1
    assert (await estate.admin.post(f"{SESSIONS}/{session_id}/Approve")).status_code == 200
    assert (await estate.get(estate.ada, f"{SESSIONS}/{session_id}"))["status"] == 0
    assert estate.audited("approval_workflow.changed", workflow["id"]) == 1


async def test_an_administrator_sets_it_up_over_the_api_alone(estate: Estate) -> None:
    """A workflow, a connection profile that asks it, a group that is asked, and a policy under that profile."""
    listed = {"approvalWorkflowApproverAccountId": estate.ids["eve"]}
    tiers = [{"approvalWorkflowTierApprovers": [listed], "requiredApprovalCount": 1}]
    workflow = made(
        await estate.admin.post("/api/v1/ApprovalWorkflow", {"name": "four eyes", "approvalWorkflowTiers": tiers})
    )
    profile = made(
        await estate.admin.post(
            "/api/v1/ConnectionProfile",
            {"name": "Asked for", "approvalTypeRequired": "Workflow", "approvalWorkflowId": workflow["id"]},
        )
    )
    policy_path = f"/api/v1/AccessControlPolicy/{estate.ids['admins']}"
    made(await estate.admin.put(policy_path, {"activityConfigurationId": profile["id"]}))
    told = await estate.get(
        estate.admin,
        "/api/locum/v1/AccessControlPolicy/Explain",
        user="ada",
        activity="Linux sudo",
        resource="web01",
    )
    assert (told["outcome"], told["policy"]) == ("needs approval", "admins")
    first, second = [(await estate.ask())["id"] for _ in range(2)]
    assert (await estate.get(estate.ada, f"{SESSIONS}/{first}"))["status"] == -1
    told = problem(await estate.ada.post(f"{SESSIONS}/{first}/Approve"), 403)
    assert "whoever asked for one can't approve it" in told["detail"]
    assert (await estate.eve.post(f"{SESSIONS}/{first}/Approve?notes=ok")).status_code == 200
    assert (await estate.eve.post(f"{SESSIONS}/{second}/Deny", "no reason given")).status_code == 200
    assert (await estate.get(estate.ada, f"{SESSIONS}/{first}"))["status"] == 0
    assert (await estate.get(estate.ada, f"{SESSIONS}/{second}"))["status"] == 6
