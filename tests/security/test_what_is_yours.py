"""What is somebody else's: ids that are not yours, and secrets nobody gets back."""

from __future__ import annotations

import re
from collections.abc import Iterator
from uuid import UUID, uuid4

import pytest
import sqlalchemy as sa
from msgspec import inspect as types

from account_calls import application
from certification_samples import certified
from contract.access import ACCESS
from ended_shell import ended_terminal
from estate import ACCOUNTS, CREDENTIALS, NIL, POLICIES, SERVICE_PASSWORD, SESSIONS, Estate, made, problem
from identities_world import PASSWORD, Caller
from locum.api.app import all_routes
from locum.api.operations import Route
from locum.identities.roles import GRANTABLE, Target
from locum.kit.db import Tx
from locum.recordings.format import Event
from locum.sessions.lifecycle import Status
from locum.sessions.model import access_session
from locum.sessions.password import PASSWORD_PURPOSE
from locum.vault.secret import Secret
from passkey_steps import MINE as PASSKEYS
from passkey_steps import enrol
from policy_samples import groups
from recorded import keep
from rule_samples import rules
from software_authenticator import SoftwareAuthenticator
from whole_database import AUDIT, whole

pytestmark = [pytest.mark.anyio, pytest.mark.timeout(300)]  # every operation is called, many times

SSH_KEYS = "/api/locum/v1/SshKey"

WITH_ID = {r.operation.name: r for r in all_routes() if "{" in r.operation.paths[0]}
LOGIN = {"username": "other", "password": SERVICE_PASSWORD}
DEPENDANT = {"name": "app", "resourceId": NIL, "parameters": {"path": "/etc/a", "pattern": "{secret}"}}
# Where the id is looked at after the body.
BODIES = {
    "Passkey.Rename": {"name": "mine"},
    "Lease.Extend": {"minutes": 5},
    "Dependant.Change": DEPENDANT,
    "ActivitySession.ExtendAsync": 5,
    "ActivitySession.DenyAsync": "no",
}
REVEALS = {  # whose answer is a secret
    "Lease.Secret",
    "Credential.CiscoEnablePassword",
    "Credential.DownloadSshKey",
    "Credential.GetCredentialSshCertificateAsync",
    "Credential.GetSshCertificateByDomainUserAsync",
    "Credential.GetSshCertificateByUserAsync",
    "Credential.GetUserSshCertificateAsync",
    "Secret.Copy",
    "Secret.Export",
    "Secret.Reveal",
}
NAMES = {"name", "userName", "domainName", "vaultName"}  # which are no ids
PUBLIC = {  # whose variable is a status, not an id
    "ActivitySession.GetSessionSummaryByStatusAsync",
    "ActivitySession.GetSessionSummaryByStatusForUserAsync",
}
KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJd4bpWcqLdPYGLTkPCsc6qYhVvfmBnhXyMzOCE5Cwbi"


def target(route: Route, some_id: str) -> str:
    return re.sub(r"\{\w+\}", some_id, route.operation.paths[0])


async def owned(estate: Estate) -> dict[str, str]:
    """Something of every kind that has an id, and belongs to Ada or to the installation. By the id's name."""
    session = await estate.ask(note="canary-note")
    session_id = session["id"]
    estate.become(session_id, Status.ACTIVE)
    estate.database.submit_write(with_password, estate, UUID(session_id)).result()
    ended = (await estate.ask(note="canary-note"))["id"]
    recorded = estate.connect(ended)
    keep(estate.callers.api, recorded, Event(0.0, "o", b"canary-output"))
    estate.become(ended, Status.ACTIVE, Status.CANCELLING, Status.COMPLETE)
    robot = await application(estate.admin, "inventory")
    key = made(await estate.admin.post(f"/api/locum/v1/Application/{robot}/ApiKey", {}), 201)
    ssh_key = made(await estate.ada.post(SSH_KEYS, {"name": "laptop", "publicKey": KEY}), 201)
    profiles = await estate.get(estate.admin, "/api/v1/ConnectionProfile")
    dependant = await estate.dependant()
    user_id = await with_every_secret(estate)
    leased = made(await estate.admin.post(f"/api/locum/v1/Credential/{estate.ids['locum']}/CheckOut"), 201)
    rotated = made(await estate.admin.post(f"/api/locum/v1/Credential/{estate.ids['locum']}/Rotate"), 201)
    activity = await estate.get(estate.admin, f"/api/v1/Activity/{estate.ids['Linux sudo']}")
    tier = {"approvalWorkflowTierApprovers": [{"approvalWorkflowApproverAccountId": estate.ids["ada"]}]}
    workflow = {"name": "canary-workflow", "approvalWorkflowTiers": [tier]}
    return {
        **await rules(estate, "canary"),
        "activityId": estate.ids["Linux sudo"],
        "actionGroupId": activity["startActionGroupId"],
        "approvalWorkflowId": made(await estate.admin.post("/api/v1/ApprovalWorkflow", workflow))["id"],
        "sessionId": session_id,
        "actionQueueId": session["startActionQueueId"],
        "actionJobId": session_id,
        "connectionId": recorded,
        "passkeyId": (await enrol(estate.ada, SoftwareAuthenticator()))["passkey"]["id"],
        "terminalId": await ended_terminal(estate),
        "signInId": (await estate.get(estate.ada, "/api/locum/v1/SignIn/Current"))["id"],
        "sshKeyId": ssh_key["id"],
        "credentialId": estate.ids["locum"],
        "userId": user_id,
        **dict.fromkeys(("userName", "domainName", "vaultName"), "shared-name"),
        "leaseId": leased["id"],
        "rotationId": rotated["id"],
        "dependantId": dependant,
        **dict.fromkeys(("managedAccountId", "identityId", "id"), estate.ids["ada"]),
        "applicationId": robot,
        "apiKeyId": key["apiKey"]["id"],
        "roleId": await estate.role("names", ["policies:name:modify"], policyIds=[estate.ids["admins"]]),
        **await groups(estate, "canary"),
        **await certified(estate, "canary"),
        **dict.fromkeys(("accessControlPolicyId", "accessPolicyId", "policyId"), estate.ids["admins"]),
        "connectionProfileId": profiles[0]["id"],
        "mailTemplateId": (await estate.mail_template("canary-template"))["id"],
        "commandRestrictionId": (await estate.restriction("canary-restriction"))["id"],
        "name": "Sessions",
        **dict.fromkeys(("managedResourceId", "resourceId", "thingId"), estate.ids["web01"]),
    }


def with_password(tx: Tx, estate: Estate, session_id: UUID) -> None:
    """As a session's login in a database has one."""
    secret = estate.callers.api.vault.put(tx, Secret("canary-session-password"), purpose=PASSWORD_PURPOSE)
    one = sa.update(access_session).where(access_session.c.id == session_id)
    tx.run(one.values(password_secret_id=secret))


async def with_every_secret(estate: Estate) -> str:
    """Let the service account have an account, a key and an enable password; answers the account's id.

    A login, its domain and a secret vault have the same name, as the variables of one path get the same value.
    """
    mine = estate.ids["locum"]
    made(await estate.admin.put(f"{CREDENTIALS}/{mine}", {"enablePassword": "canary-enable"}))
    generate = f"{CREDENTIALS}/GenerateCredentialSSHCertificate"
    made(await estate.admin.post(f"{generate}/{mine}", {}))
    for domain in ("", "shared-name"):
        login = {"username": "shared-name", "domain": domain, "password": SERVICE_PASSWORD}
        made(await estate.admin.post(f"{generate}/{made(await estate.admin.post(CREDENTIALS, login))['id']}", {}))
    made(await estate.admin.post("/api/v1/ManagedResource", {"name": "shared-name", "type": "SecretVault"}))
    managed = {"managedResourceId": estate.ids["web01"], "managedType": "Manual"}
    return str(made(await estate.admin.put(f"/api/locum/v1/Credential/{mine}/ManagedUser", managed))["userId"])


async def holder_of_other_things(estate: Estate) -> Caller:
    """Every right a custom role can give, over a policy, a person and a credential that are none of Ada's."""
    lists = {
        Target.POLICIES: {"policyIds": [(await estate.policy("elsewhere"))["id"]]},
        Target.CREDENTIALS: {"credentialIds": [made(await estate.admin.post(CREDENTIALS, LOGIN))["id"]]},
        Target.RECORDINGS: {"managedAccountIds": [estate.ids["eve"]]},
    }
    mallory = await estate.holder("mallory", GRANTABLE[Target.POLICIES].permissions, **lists[Target.POLICIES])
    for target in (Target.CREDENTIALS, Target.RECORDINGS):
        made_id = await estate.role(target, GRANTABLE[target].permissions, **lists[target])
        await estate.give(made_id, estate.ids["mallory"])
    return mallory


async def test_sec_12_no_id_of_anothers_opens_anything(estate: Estate) -> None:
    """A stranger's answer for a thing that exists is the answer for one that does not, and nothing changes.

    Every id in the place of every id: what is of another kind must not open anything either. Applications are strangers
    but where the contract lets them have everybody's.
    """
    ids = await owned(estate)
    robot = estate.callers.application("robot")
    strangers = {"eve": estate.eve, "robot": robot, "mallory": await holder_of_other_things(estate)}
    before = whole(estate.database, without=AUDIT | {"sign_in", "job"})
    for name, route in WITH_ID.items():
        for who, stranger in strangers.items():
            if name in PUBLIC or (who == "robot" and "App" in (ACCESS[name].roles or ())):
                continue
            body = BODIES.get(name)
            method = route.operation.method
            unknown = await stranger.http.request(method, target(route, str(uuid4())), json=body)
            assert unknown.status_code in {403, 404}, (name, who)
            for what, some_id in ids.items():
                answer = await stranger.http.request(method, target(route, some_id), json=body)
                told = (answer.status_code, answer.json()["detail"])
                if what in NAMES and told[0] == 400:
                    continue  # it is no id
                assert told == (unknown.status_code, unknown.json()["detail"]), (name, who, what)
                assert "canary" not in answer.text
    assert whole(estate.database, without=AUDIT | {"sign_in", "job"}) == before
    assert (await estate.get(estate.ada, "/api/locum/v1/SignIn/Current"))["id"] == ids["signInId"]


async def test_sec_12_the_owner_meets_every_id(estate: Estate) -> None:
    """Or the matrix would compare nothing with nothing: whoever may gets another answer than for an unknown id."""
    ids, robot = await owned(estate), estate.callers.application("robot")
    for name, route in WITH_ID.items():
        (variable, *_) = re.findall(r"\{(\w+)\}", route.operation.paths[0])
        assert name in PUBLIC or variable in ids, f"{name}: put something with a {variable} into owned()"
        if route.operation.method != "GET" or name in PUBLIC:
            continue
        # The lease is the administrator's, since Ada may know no secret.
        own = ACCESS[name].admits("User") and variable not in {"name", "leaseId", "rotationId", "dependantId"}
        who = estate.ada if own else estate.admin if ACCESS[name].admits("Admin") else robot
        named = {"Credential": ids["credentialId"], "ActivitySession": ids["sessionId"]}
        mine = {**ids, "id": named.get(name.partition(".")[0], ids["id"])}
        answer = await who.get(
            re.sub(r"\{(\w+)\}", lambda found, mine=mine: mine[found[1]], route.operation.paths[0])
        )
        # 400: the account is of the other kind, and 409: the session has ended. For a 404 there would be none.
        assert answer.status_code in {200, 400, 409}, (name, answer.text)
    for path, mine in ((PASSKEYS, "passkeyId"), (SSH_KEYS, "sshKeyId"), ("/api/locum/v1/SignIn", "signInId")):
        assert ids[mine] in [row["id"] for row in await estate.get(estate.ada, path)]


# Every id a person without rights can send in a query or a body, and the test that sends somebody else's.
SENT_IDS = {
    ("AccessControlPolicy.GetActivityCardsWithPolicies", "managedAccountId"): "no_list_of_anothers_access",
    ("AccessControlPolicy.GetActivityCardsWithPolicies", "activityId"): "no_list_of_anothers_access",
    ("AccessControlPolicy.ActivitySessionCandidateResources", "managedAccountId"): "no_list_of_anothers_access",
    ("AccessControlPolicy.ActivitySessionCandidateResources", "activityId"): "no_list_of_anothers_access",
    ("AccessControlPolicy.ActivitySessionCandidateResources", "policyId"): "no_list_of_anothers_access",
    ("AccessControlPolicy.SearchForPolicy", "managedAccountId"): "no_list_of_anothers_access",
    ("ApprovalWorkflow.GetApprovals", "activitySessionId"): "no_approvals_of_anothers",
    ("ActivitySession.CreateAsync", "managedAccountId"): "a_body_cannot_take",
    ("ActivitySession.CreateAsync", "accessPolicyId"): "a_body_cannot_take",
    ("ActivitySession.CreateAsync", "managedResourceId"): "a_body_cannot_take",
    ("ActivitySession.CreateAsync", "activityId"): "a_body_cannot_take",
    ("ActivitySession.CreateAsync", "credentialId"): "a_body_cannot_take",
    ("ActivitySession.CreateActivitySessionGroupAsync", "managedAccountId"): "a_body_cannot_take",
    ("ActivitySession.CreateActivitySessionGroupAsync", "accessPolicyId"): "a_body_cannot_take",
    ("ActivitySession.CreateActivitySessionGroupAsync", "managedResourceId"): "a_body_cannot_take",
    ("ActivitySession.CreateActivitySessionGroupAsync", "activityId"): "a_body_cannot_take",
    ("ActivitySession.CreateActivitySessionGroupAsync", "credentialId"): "a_body_cannot_take",
    ("ActivitySession.GetSessionSummaryByStatusAsync", "userId"): "no_list_shows",
    ("ActivitySession.GetSessionSummaryByStatusAsync", "userGroupId"): "no_list_shows",
    ("ActivitySession.GetHistoricalSessionSummaryAsync", "userId"): "no_list_shows",
    ("ActivitySession.GetHistoricalSessionSummaryAsync", "userGroupId"): "no_list_shows",
    ("ActionQueue.Search", "activitySessionId"): "no_list_shows",
    ("ActionQueue.Search", "managedResourceId"): "no_list_shows",
    ("ManagedAccount.ChangeLocalUserPasswordAsync", "managedAccountId"): "nobody_elses_password",
    ("SshKey.GetAll", "identityId"): "nobody_elses_ssh_keys",
}


def uuids(info: types.Type, name: str = "") -> Iterator[str]:
    """The names of all fields that hold ids, however deep."""
    if isinstance(info, types.Metadata):
        yield from uuids(info.type, name)
    elif isinstance(info, types.UnionType):
        for one in info.types:
            yield from uuids(one, name)
    elif isinstance(info, types.ListType):
        yield from uuids(info.item_type, name)
    elif isinstance(info, types.StructType):
        for field in info.fields:
            yield from uuids(field.type, field.encode_name)
    elif isinstance(info, types.UUIDType):
        yield name


def test_sec_12_every_id_that_can_be_sent_has_a_test() -> None:
    """Ids that only holders of a role can send are bounded by the role; `tests/policies/test_change.py` has those."""
    found = {
        (route.operation.name, name)
        for route in all_routes()
        for sent in (route.query_type, None if route.body_raw else route.body_type)
        if sent is not None and ACCESS[route.operation.name].admits("User")
        for name in uuids(types.type_info(sent))
    }
    assert found == set(SENT_IDS)
    tests = {name for name in globals() if name.startswith("test_sec_12_")}
    assert all(any(word in test for test in tests) for word in SENT_IDS.values())


async def test_sec_12_nobody_elses_password_by_id_or_name(estate: Estate) -> None:
    new = {"passwordOld": PASSWORD, "passwordNew": "another horse battery"}
    for changes in (
        {"managedAccountId": estate.ids["ada"]},
        {"username": "ada"},
        {"MANAGEDACCOUNTID": estate.ids["ada"]},
    ):
        refused = await estate.eve.put(f"{ACCOUNTS}/ChangeLocalUserPassword", {**new, **changes})
        assert problem(refused, 403)["detail"] == "only one's own password can be changed here"
    for name in ("ada", "eve"):
        answer = await estate.callers.nobody().post("/signinBody", {"Login": name, "Password": PASSWORD})
        assert answer.status_code == 200


async def test_sec_12_nobody_elses_ssh_keys_by_query(estate: Estate) -> None:
    await estate.ada.post(SSH_KEYS, {"name": "laptop", "publicKey": KEY})
    unknown = problem(await estate.eve.get(SSH_KEYS, identityId=str(uuid4())), 404)
    for stranger in (estate.eve, estate.callers.application("robot"), await holder_of_other_things(estate)):
        for name in ("identityId", "IDENTITYID"):
            refused = problem(await stranger.get(SSH_KEYS, **{name: estate.ids["ada"]}), 404)
            assert refused["detail"] == unknown["detail"]
    assert len(await estate.get(estate.admin, SSH_KEYS, identityId=estate.ids["ada"])) == 1


async def test_sec_12_no_list_shows_anothers_sessions(estate: Estate) -> None:
    ids = await owned(estate)
    ended = (await estate.ask())["id"]
    estate.become(ended, Status.ACTIVE, Status.CANCELLING, Status.COMPLETE)
    for status in ("Active", "Historical", "Complete"):
        path = f"{SESSIONS}/SummaryByStatus/{status}"
        shown = (await estate.get(estate.ada, path))["recordsTotal"]
        assert shown == (1 if status == "Active" else 2)
        ada = ids["managedAccountId"]
        for params in (
            {},
            {"userId": ada},
            {"userName": "ada"},
            {"filterText": "ada"},
            {"USERID": NIL},
            {"userGroupId": ada},
        ):
            found = await estate.get(estate.eve, path, **params)
            assert found == {"data": [], "recordsTotal": 0}
    queues = "/api/v1/ActionQueue/Search"
    for params in ({"activitySessionId": ended}, {"managedResourceId": ids["managedResourceId"]}):
        assert (await estate.get(estate.ada, queues, **params))["recordsTotal"] in {3, 9}
        assert await estate.get(estate.eve, queues, **params) == {"data": [], "recordsTotal": 0}


async def test_sec_12_no_list_of_anothers_access(estate: Estate) -> None:
    """By somebody else's id nothing is told, and with one's own nothing of what only others have."""
    policies, ada = "/api/v1/AccessControlPolicy", estate.ids["ada"]
    lists = [
        f"{policies}/{name}" for name in ("ActivityCardWithPolicies", "ActivitySessionResources", "PolicySearch")
    ]
    for stranger in (estate.eve, estate.callers.application("robot"), await holder_of_other_things(estate)):
        for path in lists:
            told = {
                problem(await stranger.get(path, MANAGEDACCOUNTID=some_id), 403)["detail"]
                for some_id in (ada, str(uuid4()))
            }
            assert len(told) == 1
        sudo = {"activityId": estate.ids["Linux sudo"]}
        for path, params in ((lists[1], {"policyId": estate.ids["admins"]}), (lists[1], sudo), (lists[0], sudo)):
            assert await estate.get(stranger, path, **params) == {"data": [], "recordsTotal": 0}
        nothing = problem(await stranger.get(lists[2], resourceName="web01"), 400)["detail"]
        assert problem(await stranger.get(lists[2], resourceName="nowhere"), 400)["detail"] == nothing


async def test_sec_12_no_approvals_of_anothers_request(estate: Estate) -> None:
    asked = "/api/v1/ApprovalWorkflow/Approval"
    session_id = (await estate.ask())["id"]
    for stranger in (estate.eve, estate.callers.application("robot")):
        refused = problem(await stranger.get(asked, activitySessionId=session_id), 404)
        unknown = problem(await stranger.get(asked, activitySessionId=str(uuid4())), 404)
        assert refused["detail"] == unknown["detail"]
    assert await estate.get(estate.ada, asked, activitySessionId=session_id) == []


async def test_sec_12_a_body_cannot_take_what_is_anothers(estate: Estate) -> None:
    body = {"activityId": estate.ids["Linux sudo"], "managedResourceId": estate.ids["web01"]}
    for changes in (
        {"managedAccountId": estate.ids["ada"]},
        {"MANAGEDACCOUNTID": estate.ids["ada"]},
        {"accessPolicyId": estate.ids["admins"]},
        {"managedAccount": {"id": estate.ids["ada"]}},
        {"createdBy": estate.ids["ada"]},
    ):
        problem(await estate.eve.post(SESSIONS, {**body, **changes}), 403)
        problem(await estate.eve.post(f"{SESSIONS}/Group", [{**body, **changes}]), 403)
    released = {"name": "secrets", "policyType": "Credential", "credentialIds": [estate.ids["locum"]]}
    made(await estate.admin.post(POLICIES, {**released, "managedAccountIds": [estate.ids["ada"]]}))
    wanted = {"credentialId": estate.ids["locum"]}
    made(await estate.ada.post(SESSIONS, wanted), 201)
    problem(await estate.eve.post(SESSIONS, wanted), 403)
    problem(await estate.eve.post(f"{SESSIONS}/Group", [wanted]), 403)


async def test_sec_24_no_answer_holds_a_secret(estate: Estate) -> None:
    """Every GET there is, by an administrator, over everything there is."""
    ids = await owned(estate)
    seen = 0
    for route in all_routes():
        if route.operation.method != "GET" or "{status}" in route.operation.paths[0]:
            continue
        if route.operation.name in REVEALS:
            continue
        for some_id in ids.values():
            answer = await estate.admin.get(target(route, some_id))
            seen += answer.status_code == 200
            assert SERVICE_PASSWORD not in answer.text
            assert "PRIVATE KEY" not in answer.text
    assert seen > 10
