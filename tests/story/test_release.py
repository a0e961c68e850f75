"""A credential of a real host, lent and taken back: its secret opens the host while it is lent, and no longer after."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from demo.client import Client, Refused
from demo.hosts import Host

from installation import ADMIN, ENDED, Installation
from live_logins import PASSWORD, PASSWORD_PART, linux_login
from live_release import ACTIVE, DISABLE, ONCE, SESSIONS, LiveRelease, Terms, release

WITH_A_CLOCK = [sys.executable, str(Path(__file__).with_name("crashing_locum.py"))]
LEASES = "/api/locum/v1/Lease"
WAITS_FOR_APPROVAL = -1


def refused(call: Callable[..., Any], *arguments: Any) -> int:
    with pytest.raises(Refused) as refusal:
        call(*arguments)
    return refusal.value.status


def needs_approval(made: LiveRelease) -> None:
    """By the administrator."""
    admin = made.kept.admin
    people = admin.call("GET", "/api/v1/ManagedAccount/Search")["data"]
    (approver,) = [row["id"] for row in people if row["name"] == ADMIN]
    tier = {"approvalWorkflowTierApprovers": [{"approvalWorkflowApproverAccountId": approver}]}
    body = {"name": "four eyes", "approvalWorkflowTiers": [{**tier, "requiredApprovalCount": 1}]}
    workflow = admin.call("POST", "/api/v1/ApprovalWorkflow", body)["id"]
    body = {"name": "Asked for", "approvalTypeRequired": "Workflow", "approvalWorkflowId": workflow}
    profile = admin.call("POST", "/api/v1/ConnectionProfile", body)["id"]
    admin.call("PUT", f"/api/v1/AccessControlPolicy/{made.policy}", {"activityConfigurationId": profile})


def test_a_person_is_lent_a_secret_and_gives_it_back(
    rotating: Installation, linux_host: Host, tmp_path: Path
) -> None:
    rotating.start()
    made = release(rotating, linux_login(linux_host, tmp_path, PASSWORD_PART), Terms())
    needs_approval(made)
    user = rotating.user()
    session = made.ask(user)
    assert user.call("GET", f"{SESSIONS}/{session}")["status"] == WAITS_FOR_APPROVAL
    assert refused(made.secret, user, session) == 403
    made.kept.admin.call("POST", f"{SESSIONS}/{session}/Approve?notes=for+the+release")
    assert user.wait_for_session(session, {ACTIVE, *ENDED})["status"] == ACTIVE
    assert refused(made.secret, made.kept.admin, session) == 404
    made.read(user, session)
    made.begin_end(user, session)
    ended = user.wait_for_session(session, ENDED)
    assert refused(made.secret, user, session) == 403
    made.check(ended)
    assert made.seen == {PASSWORD}
    made.check_nothing_left()


def test_its_time_is_over_and_the_account_is_off_again(
    rotating: Installation, linux_host: Host, tmp_path: Path
) -> None:
    """The account is on for as long as the session, with a secret that nobody knew before and nobody keeps."""
    clock = rotating.data / "clock"
    rotating.start(WITH_A_CLOCK, {"LOCUM_CLOCK": str(clock)})
    login = linux_login(linux_host, tmp_path, PASSWORD_PART)
    made = release(rotating, login, Terms(on_checkout=True, post_session=DISABLE, by_deadline=True))
    assert not login.lets_in(PASSWORD_PART, PASSWORD)
    user = rotating.user()
    session = made.ask(user)
    assert user.wait_for_session(session, {ACTIVE, *ENDED})["status"] == ACTIVE
    assert login.is_on()
    made.read(user, session)
    assert PASSWORD not in made.seen
    made.begin_end(user, session)
    ended = user.wait_for_session(session, ENDED)
    assert "time is over" in ended["statusDescription"]
    made.check(ended)
    made.check_nothing_left()


def test_an_application_checks_it_out_and_in(rotating: Installation, linux_host: Host, tmp_path: Path) -> None:
    rotating.start()
    made = release(rotating, linux_login(linux_host, tmp_path, PASSWORD_PART), Terms(post_session=DISABLE))
    _, robot = rotating.application(made.kept.admin)
    _, other = rotating.application(made.kept.admin, "other")
    check_out = f"/api/locum/v1/Credential/{made.kept.credential}/CheckOut"
    lease = robot.call("POST", check_out, {"minutes": 5})["id"]
    assert refused(other.call, "POST", check_out, {"minutes": 5}) == 409
    until(robot, lease, "active")
    secret = robot.call("GET", f"{LEASES}/{lease}/Secret")["password"]
    assert made.kept.login.lets_in(PASSWORD_PART, secret)
    made.seen.add(secret)
    robot.call("POST", f"{LEASES}/{lease}/CheckIn")
    assert refused(robot.call, "GET", f"{LEASES}/{lease}/Secret") == 409
    until(robot, lease, "ended")
    made.check_target()
    made.check_nothing_left("lease.revealed", *(action for action in ONCE if action.startswith("lease.")))


def until(caller: Client, lease: str, state: str) -> None:
    deadline = time.monotonic() + 60
    while (seen := caller.call("GET", f"{LEASES}/{lease}"))["state"] != state:
        assert time.monotonic() < deadline, seen
        time.sleep(0.05)
