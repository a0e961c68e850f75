"""A body sets what it is for and nothing else (SEC-16): every operation that reads one, with every field there is.

Each operation runs twice, on two copies of one database: with its plain body, and with that body and the fields of the
contract's model, of our views and of every table's columns besides. Afterwards both databases hold the same.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID
from zlib import crc32

import pyotp
import pytest
import sqlalchemy as sa
from msgspec import inspect as types

from account_calls import NEW_PASSWORD, application, local_user, new_key
from action_samples import SETTABLE_ACTIONS, action_samples
from certificates import make_ca, make_client
from certification_samples import SETTABLE_CERTIFICATIONS, certification_samples
from contract.comparison import load
from credential_samples import SETTABLE_CREDENTIALS, credential_samples
from database_copies import Copies
from estate import Estate, made
from identities_world import PASSWORD, Caller, signed_in
from locum.api.app import all_routes
from locum.api.context import Api
from locum.api.operations import Route
from locum.audit.model import audit_event
from locum.identities.caller import Role
from locum.identities.passwords import PasswordHasher
from locum.identities.tokens import Tokens
from locum.kit.db import Database, metadata
from passkey_steps import ALONE, MINE, SECOND, after_password, enrol, options
from policy_samples import SETTABLE_POLICIES, policy_samples
from profile_samples import SETTABLE_PROFILES, profile_samples
from resource_samples import resource_samples
from rule_samples import SETTABLE_RULES, rule_samples
from software_authenticator import SoftwareAuthenticator
from whole_database import whole

pytestmark = [pytest.mark.anyio, pytest.mark.timeout(300)]  # every operation is called, many times


def all_structs(info: types.Type) -> Iterator[tuple[str, set[str]]]:
    if isinstance(info, types.Metadata):
        yield from all_structs(info.type)
    elif isinstance(info, types.UnionType):
        for one in info.types:
            yield from all_structs(one)
    elif isinstance(info, types.ListType):
        yield from all_structs(info.item_type)
    elif isinstance(info, types.StructType):
        yield info.cls.__name__, {one.encode_name for one in info.fields}
        for one in info.fields:
            yield from all_structs(one.type)


PARTS = 3
CLIENT = make_client(make_ca())
KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJd4bpWcqLdPYGLTkPCsc6qYhVvfmBnhXyMzOCE5Cwbi"
READERS = {
    route.operation.name: route
    for route in all_routes()
    if route.body_type is not None and not route.body_raw and any(all_structs(types.type_info(route.body_type)))
}
SHOWS_ONLY = {"MailTemplate.Preview"}  # what it answers comes of its body, and nothing is kept

# What the caller of each body may set, and by that what nothing else may: a new field must be put here by somebody.
SETTABLE = {
    "SshUserCaTrustIn": "trusted", "LegacyAlgorithmsIn": "allowed",
    "SignInBody": "login password",
    "MfaRegister": "code",
    "SignInRulesIn": "secondFactorRequired idleMinutes longestHours revealApiKeys passwordLength passwordUnique"
    " passwordLowercase passwordUppercase passwordDigit passwordSymbol passwordHistory passwordDays",
    "SecondFactorRuleIn": "requirement",
    "AppUserTokenIn": "login password certificateSerialNumber",
    "PasskeyIn": "name credential",
    "RegistrationIn": "response",
    "AttestationResponse": "clientDataJSON attestationObject",
    "PasskeyName": "name",
    "AssertionIn": "id response",
    "AssertionResponse": "clientDataJSON authenticatorData signature userHandle",
    "ManagedAccountOrGroupIdIn": "id",
    "CreateLocalUserRequestIn": "managedAccountView localUserPasswordChangeRequest changePasswordNextLogin",
    "ManagedAccountViewIn": "name displayName samAccountName department userPrincipalName email"
    " certificateSerialNumber",
    "LocalUserPasswordChangeRequestIn": "managedAccountId username passwordOld passwordNew",
    "NewApiKeyIn": "name expiresAt operations policies credentials addresses maxUses overlapMinutes",
    "ApiKeyIn": "name expiresAt operations policies credentials addresses maxUses",
    "ManagedUserIn": "managedResourceId managedType verificationScheduleId passwordComplexityPolicyId",
    "ManagedDatabaseIn": "name server port type trustServerCertificate encrypted",
    "RotateAccountsIn": "ids", "DependantIn": "name resourceId kind parameters",
    "DependantChangeIn": "name resourceId parameters",
    "FileIn": "path pattern unit",
    "CheckOutIn": "minutes exclusive note ticket", "ExtendIn": "minutes",
    "ManagedResourceIn": "name type host managedDatabase platformId displayName ipAddress serviceAccountId portSsh"
    " acceptThumbprintOnFirstDiscovery",
    "ManagedResourceViewIn": "id name displayName dnsHostName ipAddress platformId serviceAccountId portSsh"
    " acceptThumbprintOnFirstDiscovery sshTrustActionType",
    "HostIn": "name dnsHostName",
    "SshKeyUseIn": "sshKeyUse",
    "ActivitySessionRequestIn": "managedAccountId managedResourceId managedResourceName activityId activityName"
    " accessPolicyId startDateTimeUtc endDateTimeUtc note ticket customFields"
    " credentialId credentialDomain credentialUsername credentialName",
    "NameAndIdIn": "name",
    "RoleIn": "name description target permissions policyIds activityIds managedAccountIds managedResourceIds"
    " credentialIds",
    "LiveSessionRequestIn": "activitySessionIds lockMessage lockTitle locked lockActivity lockResource lockUser",
    "NewSshKey": "name publicKey endsWithSignIn", **SETTABLE_RULES, **SETTABLE_ACTIONS, **SETTABLE_POLICIES,
    **SETTABLE_CREDENTIALS, **SETTABLE_PROFILES, **SETTABLE_CERTIFICATIONS,
}  # fmt: skip


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


async def _of_rules(estate: Estate, profile: str) -> dict[str, Sample]:
    found = {
        **await rule_samples(estate),
        **await action_samples(estate),
        **await credential_samples(estate),
        **await policy_samples(estate),
        **await certification_samples(estate),
        **profile_samples(
            profile, (await estate.restriction("canary"))["id"], (await estate.mail_template("canary"))["id"]
        ),
        **resource_samples(estate.ids["web01"]),
    }
    return {name: Sample(body, estate.admin, of) for name, (body, of) in found.items()}


async def samples(estate: Estate) -> dict[str, Sample]:
    """One for each operation that reads a body, in a database where each of them succeeds."""
    admin, ada, callers, ids = estate.admin, estate.ada, estate.callers, estate.ids
    nobody = callers.nobody()
    callers.world.person("typist")
    robot = await application(admin, "inventory", CLIENT.serial)
    key = await new_key(admin, robot)
    proof = {"login": "inventory", "password": key, "certificateSerialNumber": CLIENT.serial}
    key_id = (await estate.get(admin, f"/api/locum/v1/Application/{robot}/ApiKey"))[0]["id"]
    role_id = await estate.role("names", ["policies:name:modify"], policyIds=[ids["admins"]])
    ann = callers.person("ann", Role.USER, Role.REVIEWER)
    ids["ann"] = (await estate.get(ann, "/api/locum/v1/SignIn/Current"))["identityId"]
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
    policy = await estate.get(admin, f"/api/v1/AccessControlPolicy/{ids['admins']}")
    profile = (await estate.get(admin, "/api/v1/ConnectionProfile"))[0]["id"]
    policy_lists = {"managedAccountIds": [ids["eve"]], "activityIds": [ids["Linux sudo"]]}
    role = {"name": "new", "target": "policies", "permissions": ["policies:name:modify"]}
    signing = {"login": "typist", "password": PASSWORD}
    asked = {"activityId": ids["Linux sudo"], "managedResourceId": ids["web01"]}
    held = await estate.ask()
    login = {"name": held["loginAccountName"], "id": estate.account(held["loginAccountName"])}
    return {
        "SignIn.Body": Sample(signing, nobody),
        "SignIn.Form": Sample(signing, nobody),
        "SignIn.Passkey": Sample(alone, nobody),
        "AppUserToken.Post": Sample(proof, nobody),
        "SecondFactor.ConfirmTotp": Sample({"code": pyotp.TOTP(seed).now()}, fresh),
        "SecondFactor.Passkey": Sample(second, half),
        "SecondFactor.RenewRecoveryCodes": Sample({"code": factor.totp.now()}, codes),
        "SecondFactor.Require": Sample({"requirement": "Required"}, admin, {"identityId": ids["eve"]}),
        "SignInPolicy.Put": Sample({"idleMinutes": 12}, admin),
        "Passkey.Create": Sample(new, ada),
        "Passkey.Rename": Sample({"name": "other"}, ada, {"passkeyId": passkey_id}),
        "SshKey.Create": Sample({"name": "laptop", "publicKey": KEY}, ada),
        **_of_accounts(admin, ada, ids, robot),
        **await _of_rules(estate, profile),
        "ApiKey.Create": Sample({"name": "second"}, admin, {"applicationId": robot}),
        "ApiKey.Put": Sample({"name": "renamed"}, admin, {"apiKeyId": key_id}),
        "ConnectionProfile.SetSshKeyUse": Sample({"sshKeyUse": "any"}, admin, {"connectionProfileId": profile}),
        "AccessControlPolicy.Post": Sample({"name": "new", **policy_lists}, admin),
        "AccessControlPolicy.Put": Sample(
            {"id": policy["id"], "name": "renamed"}, admin, {"accessControlPolicyId": policy["id"]}
        ),
        "ActivitySession.CreateAsync": Sample(asked, ada),
        "ActivitySession.CreateActivitySessionGroupAsync": Sample([asked], ada),
        "ActivitySession.UpdateSessionLoginAccountAsync": Sample(
            login, callers.bearing(key), {"sessionId": held["id"]}
        ),
        "ActivitySession.LockAsync": Sample({"activitySessionIds": [held["id"]], "locked": True}, admin),
        "Role.Create": Sample(role, admin),
        "Role.Change": Sample({"description": "changed"}, admin, {"roleId": role_id}),
    }


async def perform(api: Api, route: Route, sample: Sample, body: Any) -> tuple[int, str]:
    """The status, and the answer where it is a refusal."""
    proof = sample.who.http.headers.get("authorization")
    caller = Caller(api, proof.removeprefix("Bearer ") if proof else None)
    app = caller.http._transport.app  # type: ignore[attr-defined]

    async def with_certificate(scope: dict[str, object], receive: object, send: object) -> None:
        scope["extensions"] = {"tls": {"client_cert_der": CLIENT.der}}
        await app(scope, receive, send)

    caller.http._transport.app = with_certificate  # type: ignore[attr-defined]
    path = re.sub(r"{(\w+)}", lambda found: sample.ids[found[1]], route.operation.paths[0])
    answer = await caller.http.request(route.operation.method, path, json=body)
    await caller.http.aclose()
    return answer.status_code, answer.text if answer.is_error else ""


class Hostile:
    """Every name that stands for something somewhere, with a value of its type."""

    def __init__(self, some_id: str, yes: bool) -> None:
        values = {
            "uuid": some_id, "date-time": "2001-02-03T04:05:06Z", "boolean": yes, "integer": 7777, "string": "hostile",
        }  # fmt: skip
        self.some_id, self.values = some_id, values
        self.models = {name: self._model(model) for name, model in load("models").items()}
        self.fields: dict[str, Any] = {name: v for model in self.models.values() for name, v in model.items()}
        for route in all_routes():
            self.fields |= {
                name: values[_kind(info)] for name, info in fields_of(types.type_info(route.answer_type))
            }
        for table in metadata.sorted_tables:
            for column in table.columns:
                head, *rest = column.name.split("_")
                self.fields[head + "".join(map(str.title, rest))] = values[_column_kind(column)]
        self.fields["id"] = some_id

    def _model(self, model: dict[str, Any]) -> dict[str, Any]:
        """The fields of a model of the contract."""
        made: dict[str, Any] = {}
        for fact in model.get("fields", []):
            kind = str(fact["format"] if fact.get("format") in self.values else fact.get("type"))
            value = 1 if "ref" in fact and kind == "integer" else self.values.get(kind, {"id": self.some_id})
            made[fact["name"]] = [value] if fact.get("array") else value
        return made

    def besides(self, info: types.Type, body: Any, more: tuple[str, ...]) -> Any:
        """The body with all that it may not set, at every depth."""
        if isinstance(info, types.Metadata):
            return self.besides(info.type, body, more)
        if isinstance(info, types.UnionType):
            return self.besides(next(one for one in info.types if not isinstance(one, types.NoneType)), body, more)
        if isinstance(info, types.ListType):
            return [self.besides(info.item_type, one, more) for one in body]
        if not isinstance(info, types.StructType):
            return body
        settable = {name.lower() for name in SETTABLE[info.cls.__name__].split() if name not in more}
        inner = {f.encode_name: f.type for f in info.fields}
        every = self.fields | self.models.get(info.cls.__contract__, {})
        added = {name: value for name, value in every.items() if name.lower() not in settable}
        return added | {
            name: self.besides(inner[name], value, more) for name, value in body.items() if name in inner
        }


def fields_of(info: types.Type) -> Iterator[tuple[str, types.Type]]:
    """Every field of a shape and of those within."""
    if isinstance(info, types.Metadata):
        yield from fields_of(info.type)
    elif isinstance(info, types.UnionType):
        for one in info.types:
            yield from fields_of(one)
    elif isinstance(info, types.ListType):
        yield from fields_of(info.item_type)
    elif isinstance(info, types.StructType):
        for one in info.fields:
            yield one.encode_name, one.type
            yield from fields_of(one.type)


def _kind(info: types.Type) -> str:
    if isinstance(info, types.Metadata):
        return _kind(info.type)
    if isinstance(info, types.UnionType):
        return _kind(info.types[0])
    kinds = {
        types.UUIDType: "uuid",
        types.BoolType: "boolean",
        types.IntType: "integer",
        types.EnumType: "integer",
    }
    return "date-time" if isinstance(info, types.CustomType) else kinds.get(type(info), "string")


def _column_kind(column: sa.Column[Any]) -> str:
    try:
        python = column.type.python_type
    except NotImplementedError:
        return "string"
    return {UUID: "uuid", bool: "boolean", int: "integer", dt.datetime: "date-time"}.get(python, "string")


def comparable(database: Database, known: str) -> dict[str, list[str]]:
    """All rows without what differs between two runs by nature: new ids, hashes, the time of day."""
    rows = {table: sorted(str(_plain_row(row, known)) for row in kept) for table, kept in whole(database).items()}
    actions = sa.select(audit_event.c.action).order_by(audit_event.c.id)
    return {**rows, "audited": database.submit_read(lambda tx: tx.scalars(actions)).result()}


def _plain_row(row: dict[str, Any], known: str) -> dict[str, Any]:
    return {name: _plain(name, value, known) for name, value in row.items()}


def _plain(name: str, value: Any, known: str) -> Any:
    if isinstance(value, dt.datetime):
        return value.date() if value.year < 2010 else "a time"
    if isinstance(value, bytes):
        return "bytes"
    if name == "login_name":
        return str(value).partition("-")[0]
    if isinstance(value, UUID | str | list):
        text = re.sub(r"^ssh-ed25519 \S+$", "a key", re.sub(r"\$argon2\S+", "a hash", str(value)))
        return re.sub(r"[0-9a-f]{8}-[0-9a-f-]{27}", lambda one: one[0] if one[0] in known else "a new id", text)
    return value


def test_every_body_has_a_sample_and_its_fields_are_named() -> None:
    declared: dict[str, set[str]] = {}
    named = {name: set(fields.split()) for name, fields in SETTABLE.items()}
    for route in READERS.values():
        declared |= dict(all_structs(types.type_info(route.body_type)))
    assert {name: fields - {"id"} for name, fields in declared.items()} == {
        name: fields - {"id"} for name, fields in named.items()
    }, "a body has a field that SETTABLE does not know: may a caller set it?"


@pytest.mark.parametrize("part", [0, *(pytest.param(n, marks=pytest.mark.full) for n in range(1, PARTS))])
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_sec_16_a_body_sets_what_it_is_for_and_nothing_else(
    estate: Estate, tmp_path: Path, hasher: PasswordHasher, issuer: Tokens, part: int
) -> None:
    """A third of the operations in `make test`, the same ones each time; all of them in `make test-full`."""
    plain = await samples(estate)
    assert plain.keys() == READERS.keys(), f"without a sample: {READERS.keys() - plain.keys()}"
    known = str(whole(estate.database))
    hostile = [Hostile(estate.ids["root"], yes) for yes in (True, False)]
    before = comparable(estate.database, known)
    copies = Copies(estate, tmp_path, hasher, issuer)
    for name, sample in plain.items():
        if crc32(name.encode()) % PARTS != part:
            continue
        route, results = READERS[name], []
        info = types.type_info(route.body_type)
        for body in (sample.body, *(h.besides(info, sample.body, sample.hostile) for h in hostile)):
            async with copies.one() as api:
                status = await perform(api, route, sample, body)
                results.append((status, comparable(api.db, known)))
        assert results[0][0][0] == route.operation.status, (name, results[0][0])
        assert (results[0][1] == before) is (name in SHOWS_ONLY), name
        for result in results[1:]:
            assert result[0] == results[0][0], name
            for table, rows in result[1].items():
                assert rows == results[0][1][table], (name, table)
