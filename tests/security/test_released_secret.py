"""Sessions of a credential over the API: asked for by any selector, shown in lists, read by their owner alone."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa

from estate import SESSIONS, Estate, made, problem
from locum.activities.model import connection_profile
from locum.credentials.add import add_credential
from locum.kit.db import Tx
from locum.policies.add import add_policy
from locum.policies.members import Members
from locum.policies.model import PolicyType
from locum.sessions.lease import check_out_for
from locum.sessions.lifecycle import Status
from locum.sessions.transition import get
from locum.vault.secret import Secret
from world import ACTOR

pytestmark = pytest.mark.anyio

SECRET = "canary-released-7f1c"
POLICIES = "/api/v1/AccessControlPolicy"


def keep(estate: Estate) -> tuple[str, str]:
    """A credential and a policy that gives it to Ada."""

    def fill(tx: Tx) -> tuple[str, str]:
        kept = add_credential(
            tx, estate.callers.api.vault, ACTOR, username="deploy", name="release", password=Secret(SECRET)
        )
        members = Members(identities=[UUID(estate.ids["ada"])], credentials=[kept.id])
        policy = add_policy(tx, ACTOR, name="secrets", members=members, policy_type=PolicyType.CREDENTIAL)
        return str(kept.id), str(policy.id)

    return estate.database.submit_write(fill).result()


async def ask(estate: Estate, **body: Any) -> dict[str, Any]:
    return made(await estate.ada.post(SESSIONS, body), 201)


def start(estate: Estate, session_id: str) -> None:
    """As the worker does: a lease, then the session."""
    estate.database.submit_write(lambda tx: check_out_for(tx, get(tx, UUID(session_id)))).result()
    estate.become(session_id, Status.ACTIVE)


@pytest.mark.sees_effect("ActivitySession.CreateAsync", "ActivitySession.CopyPasswordAsync")
async def test_its_owner_reads_the_secret_whatever_the_profile_says(estate: Estate) -> None:
    credential_id, _ = keep(estate)
    nothing = {"managedResourceId": str(UUID(int=0)), "managedResourceName": "", "activityId": str(UUID(int=0))}
    for selector in (
        {"credentialId": credential_id, "activityName": "Credential Release"},
        {"credentialUsername": "deploy", "credentialDomain": ""},
        {"credentialName": "release"},
    ):
        shown = await ask(estate, **selector, **nothing)
        assert (shown["credentialId"], shown["managedResourceId"]) == (credential_id, None)
    estate.database.submit_write(
        lambda tx: tx.run(
            sa.update(connection_profile).values(allow_password_access=False, allow_view_password=False)
        )
    ).result()
    path = f"{SESSIONS}/{shown['id']}"
    problem(await estate.ada.get(f"{path}/Password"), 403)
    start(estate, shown["id"])
    assert await estate.get(estate.ada, f"{path}/CanViewPassword") is True
    assert (await estate.ada.get(f"{path}/Password")).text == SECRET
    assert estate.audited("session.password_shown", shown["id"]) == 1
    log = (await estate.get(estate.ada, f"{path}/Log"))["lines"]
    assert SECRET not in str(log)
    assert log[0]["logMessage"] == "ada asked for Credential Release on release; allowed by secrets"
    rows = (await estate.get(estate.ada, f"{SESSIONS}/MySummaryByStatus/Active"))["data"]
    assert [(row["id"], row["managedResourceName"], row["targetName"]) for row in rows] == [
        (shown["id"], None, "release")
    ]
    assert rows[0]["activityType"] in (3, "CredentialRelease")
    found = await estate.get(estate.admin, f"{SESSIONS}/SummaryByStatus/Active?filterText=deploy")
    assert [row["id"] for row in found["data"]] == [shown["id"]]
    problem(await estate.ada.get(f"{SESSIONS}/Ssh/{shown['id']}"), 404)


async def test_nobody_else_reads_it(estate: Estate) -> None:
    credential_id, _ = keep(estate)
    shown = await ask(estate, credentialId=credential_id)
    start(estate, shown["id"])
    for who in (estate.eve, estate.callers.application("robot")):
        problem(await who.get(f"{SESSIONS}/{shown['id']}/Password"), 404)
        problem(await who.get(f"{SESSIONS}/{shown['id']}/CanViewPassword"), 404)
    problem(await estate.admin.get(f"{SESSIONS}/{shown['id']}/Password"), 404)
    problem(await estate.eve.post(SESSIONS, {"credentialId": credential_id}), 403)
    assert estate.audited("session.password_shown", shown["id"]) == 0


async def test_a_policy_takes_groups_of_credentials(estate: Estate) -> None:
    credential_id, policy_id = keep(estate)
    group = made(await estate.admin.post("/api/v1/CredentialGroup", {"name": "deployers"}))
    body = [{"id": group["id"], "entityType": 1}]
    added = await estate.admin.put(f"{POLICIES}/{policy_id}/Credential", body)
    assert added.json()["item1"] == 1
    rows = (await estate.get(estate.admin, f"{POLICIES}/SearchCredentials/{policy_id}"))["data"]
    assert {row["id"] for row in rows} == {credential_id, group["id"]}
    problem(await estate.admin.http.delete(f"/api/v1/CredentialGroup/{group['id']}"), 409)
    taken = await estate.admin.put(f"{POLICIES}/{policy_id}/Credential/Remove", body)
    assert taken.json()["item1"] == 1
