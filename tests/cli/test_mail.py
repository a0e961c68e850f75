"""`locum mail test`, and mails of a real server: from a request to the approver's mailbox and back."""

from __future__ import annotations

import time
from pathlib import Path

from installation import USER_PASSWORD, Installation
from mail_server import PASSWORD, SENDER, USER, mail_server


def test_from_a_request_to_the_mailbox(tmp_path: Path) -> None:
    made = Installation(tmp_path / "data")
    made.prepare()
    unset = made.locum("mail", "test", "bob@example.org")
    assert (unset.returncode, unset.stderr) == (2, "locum: mail is not set up: see --mail-server of locum serve\n")
    with mail_server(tmp_path / "mail") as post:
        env = {
            "LOCUM_MAIL_SERVER": f"localhost:{post.server.port}",
            "LOCUM_MAIL_CA": str(post.ca),
            "LOCUM_MAIL_FROM": SENDER,
            "LOCUM_MAIL_USER": USER,
            "LOCUM_MAIL_PASSWORD_FILE": str(post.server.password_file),
            "LOCUM_PUBLIC_URL": f"https://{made.https}/",
        }
        made.start(env=env)
        assert made.healthy(), made.log()
        tested = made.locum("mail", "test", "bob@example.org")
        taken = f"localhost:{post.server.port} has taken a mail to bob@example.org\n"
        assert (tested.returncode, tested.stdout) == (0, taken), tested.stderr
        session = _ask_for_approval(made)
        deadline = time.monotonic() + 60
        while len(post.taken) < 2:
            assert time.monotonic() < deadline, made.log()
            time.sleep(0.05)
        mail = post.taken[1]
        assert mail["To"] == "approver@example.org"
        link = f"https://{made.https}/api/v1/ApprovalWorkflow/Approval?activitySessionId={session}"
        assert link in mail.get_content().splitlines()
        while not (listed := made.admin().call("GET", "/api/v1/Email"))[0]["wasSent"]:
            assert time.monotonic() < deadline, made.log()
        assert [one["toAddress"] for one in listed] == ["approver@example.org"]
        assert made.stop() == 0
    assert PASSWORD not in made.log()
    assert "mail is not set up" not in made.log()


def _ask_for_approval(made: Installation) -> str:
    """Alice asks where an approver with an address has to say yes; the session's id."""
    admin = made.admin()

    def person(name: str, **more: str) -> str:
        body = {"managedAccountView": {"name": name, **more},
                "localUserPasswordChangeRequest": {"passwordNew": USER_PASSWORD}}  # fmt: skip
        return str(admin.call("POST", "/api/v1/ManagedAccount/CreateLocalUser", body)["id"])

    alice, approver = person("alice"), person("approver", email="approver@example.org")
    credential = admin.call("POST", "/api/v1/Credential", {"username": "x", "password": "x", "type": 0})["id"]
    resource = admin.call("POST", "/api/v1/ManagedResource", {
        "name": "web01", "ipAddress": "192.0.2.7", "serviceAccountId": credential,
    })["id"]  # fmt: skip
    tier = {"approvalWorkflowTierApprovers": [{"approvalWorkflowApproverAccountId": approver}]}
    workflow = admin.call("POST", "/api/v1/ApprovalWorkflow", {"name": "w", "approvalWorkflowTiers": [tier]})["id"]
    profile = admin.call("POST", "/api/v1/ConnectionProfile", {
        "name": "Asked for", "approvalTypeRequired": "Workflow", "approvalWorkflowId": workflow,
    })["id"]  # fmt: skip
    activity = next(a["id"] for a in admin.call("GET", "/api/v1/Activity") if a["name"] == "Linux sudo")
    policy = admin.call("POST", "/api/v1/AccessControlPolicy", {
        "name": "all", "managedAccountIds": [alice], "managedResourceIds": [resource], "activityIds": [activity],
    })["id"]  # fmt: skip
    admin.call("PUT", f"/api/v1/AccessControlPolicy/{policy}", {"activityConfigurationId": profile})
    asked = {"activityId": activity, "managedResourceId": resource}
    return str(made.user().call("POST", "/api/v1/ActivitySession", asked)["id"])
