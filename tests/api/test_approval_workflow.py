"""What approvers and requesters see of a request that waits."""

from __future__ import annotations

from uuid import UUID

import pytest
import sqlalchemy as sa

from estate import SESSIONS, Estate, problem
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
        made = add_workflow(tx, LOCUM, name="w", tiers=[NewTier((UUID(estate.ids["root"]),))])
        tx.run(sa.update(connection_profile).values(approval_workflow_id=made.id))
        tx.run(sa.update(policy).values(approval=Approval.WORKFLOW))

    estate.database.submit_write(put).result()
    session_id = (await estate.ask())["id"]
    (waiting,) = await estate.get(estate.admin, PATH)
    assert (waiting["approvalState"], waiting["approverAccountId"]) == (0, estate.ids["root"])
    assert waiting["activitySession"]["status"] == -1
    assert await estate.get(estate.ada, PATH) == []
    assert (await estate.admin.post(f"{SESSIONS}/{session_id}/Approve?notes=fine")).status_code == 200
    assert await estate.get(estate.admin, PATH) == []
    (said,) = await estate.get(estate.ada, PATH, activitySessionId=session_id)
    assert (said["approvalState"], said["approverNotes"], said["modifiedByUserName"]) == (1, "fine", "root")
    problem(await estate.eve.get(PATH, activitySessionId=session_id), 404)
