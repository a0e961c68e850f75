"""A plain body for each operation that reads one, in a database where each of them succeeds."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pyotp

from account_calls import NEW_PASSWORD, application, local_user, new_key
from certificates import make_ca, make_client
from credential_samples import credential_samples
from estate import Estate, made
from identities_world import PASSWORD, Caller, signed_in
from locum.identities.caller import Role
from passkey_steps import ALONE, MINE, SECOND, after_password, enrol, options
from rule_samples import rule_samples
from software_authenticator import SoftwareAuthenticator

CLIENT = make_client(make_ca())
KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJd4bpWcqLdPYGLTkPCsc6qYhVvfmBnhXyMzOCE5Cwbi"


@dataclass
class Sample:
    """A plain body that succeeds. `hostile`: fields that may be set elsewhere, and not by this operation."""

    body: Any
    who: Caller
    ids: dict[str, str] = field(default_factory=dict)
    hostile: tuple[str, ...] = ()


def _of_accounts(admin: Caller, ada: Caller, ids: dict[str, str], robot: str) -> dict[str, Sample]:
    return {
        "ManagedAccount.DeleteMultipleAsync": Sample([{"id": ids["eve"]}], admin),
        "ManagedAccount.CreateLocalUserAsync": Sample(
            local_user("new"), admin, hostile=("certificateSerialNumber",)
        ),
        "ManagedAccount.UpdateLocalUserAsync": Sample(
            {"id": ids["eve"], "name": "eve 2"}, admin, hostile=("certificateSerialNumber",)
        ),
        "ManagedAccount.ChangeLocalUserPasswordAsync": Sample(
            {"passwordOld": PASSWORD, "passwordNew": NEW_PASSWORD}, ada
        ),
        "ManagedAccount.ResetLocalUserPasswordAsync": Sample(
            {"passwordNew": NEW_PASSWORD},
            admin,
            {"managedAccountId": ids["eve"]},
            hostile=("username", "passwordOld"),
        ),
        "ManagedAccount.CreateApplicationUser": Sample({"name": "new"}, admin),
        "ManagedAccount.UpdateApplicationUserAsync": Sample({"id": robot, "name": "robot 2"}, admin),
        "ManagedAccount.AddMultipleReviewerAsync": Sample([{"id": ids["eve"]}], admin),
        "ManagedAccount.DeleteMultipleReviewerAsync": Sample([{"id": ids["ann"]}], admin),
    }


async def _of_sign_ins(estate: Estate) -> dict[str, Sample]:
    admin, ada, callers, ids = estate.admin, estate.ada, estate.callers, estate.ids
    nobody = callers.nobody()
    callers.world.person("typist")
    factor = callers.world.person("factor")
    codes = callers.bearing(signed_in(callers.api, factor.id).token)
    device, another = SoftwareAuthenticator(), SoftwareAuthenticator()
    passkey_id = (await enrol(ada, device))["passkey"]["id"]
    new = {"name": "spare", "credential": another.create(await options(ada, MINE))}
    callers.world.person("fresh", enrolled=False)
    fresh = await after_password(callers, "fresh")
    seed = made(await fresh.post("/api/locum/v1/SecondFactor/Totp"))["sharedKey"]
    half = await after_password(callers, "ada")
    second = device.get(await options(half, SECOND))
    alone = device.get(await options(nobody, ALONE))
    signing = {"login": "typist", "password": PASSWORD}
    return {
        "SignIn.Body": Sample(signing, nobody),
        "SignIn.Form": Sample(signing, nobody),
        "SignIn.Passkey": Sample(alone, nobody),
        "SecondFactor.ConfirmTotp": Sample({"code": pyotp.TOTP(seed).now()}, fresh),
        "SecondFactor.Passkey": Sample(second, half),
        "SecondFactor.RenewRecoveryCodes": Sample({"code": factor.totp.now()}, codes),
        "SecondFactor.Require": Sample({"requirement": "Required"}, admin, {"identityId": ids["eve"]}),
        "Passkey.Create": Sample(new, ada),
        "Passkey.Rename": Sample({"name": "other"}, ada, {"passkeyId": passkey_id}),
    }


async def samples(estate: Estate) -> dict[str, Sample]:
    """One for each operation that reads a body, in a database where each of them succeeds."""
    admin, ada, callers, ids = estate.admin, estate.ada, estate.callers, estate.ids
    robot = await application(admin, "inventory", CLIENT.serial)
    proof = {
        "login": "inventory",
        "password": await new_key(admin, robot),
        "certificateSerialNumber": CLIENT.serial,
    }
    key_id = (await estate.get(admin, f"/api/locum/v1/Application/{robot}/ApiKey"))[0]["id"]
    role_id = await estate.role("names", ["policies:name:modify"], policyIds=[ids["admins"]])
    ann = callers.person("ann", Role.USER, Role.REVIEWER)
    ids["ann"] = (await estate.get(ann, "/api/locum/v1/SignIn/Current"))["identityId"]
    policy = await estate.get(admin, f"/api/v1/AccessControlPolicy/{ids['admins']}")
    profile = (await estate.get(admin, "/api/v1/ConnectionProfile"))[0]["id"]
    policy_lists = {"managedAccountIds": [ids["eve"]], "activityIds": [ids["Linux sudo"]]}
    role = {"name": "new", "target": "policies", "permissions": ["policies:name:modify"]}
    return {
        **await _of_sign_ins(estate),
        "AppUserToken.Post": Sample(proof, callers.nobody()),
        "SignInPolicy.Put": Sample({"idleMinutes": 12}, admin),
        "SshUserCa.Trust": Sample({"trusted": True}, admin, {"managedResourceId": ids["web01"]}),
        "SshKey.Create": Sample({"name": "laptop", "publicKey": KEY}, ada),
        **_of_accounts(admin, ada, ids, robot),
        **{name: Sample(body, admin, of) for name, (body, of) in (await rule_samples(estate)).items()},
        **{name: Sample(body, admin, of) for name, (body, of) in (await credential_samples(estate)).items()},
        "ApiKey.Create": Sample({"name": "second"}, admin, {"applicationId": robot}),
        "ApiKey.Put": Sample({"name": "renamed"}, admin, {"apiKeyId": key_id}),
        "ManagedResource.Post": Sample({"host": {"name": "db01"}, "ipAddress": "192.0.2.20"}, admin),
        "ConnectionProfile.SetSshKeyUse": Sample({"sshKeyUse": "any"}, admin, {"connectionProfileId": profile}),
        "AccessControlPolicy.Post": Sample({"name": "new", **policy_lists}, admin),
        "AccessControlPolicy.Put": Sample(
            {"id": policy["id"], "name": "renamed"}, admin, {"accessControlPolicyId": policy["id"]}
        ),
        "ActivitySession.CreateAsync": Sample(
            {"activityId": ids["Linux sudo"], "managedResourceId": ids["web01"]}, ada
        ),
        "Role.Create": Sample(role, admin),
        "Role.Change": Sample({"description": "changed"}, admin, {"roleId": role_id}),
    }
