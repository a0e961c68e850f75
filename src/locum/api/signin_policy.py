"""The installation's rules of signing in, and which person needs a second factor."""

from __future__ import annotations

from uuid import UUID

import msgspec

from locum.api.context import Call
from locum.api.guards import ADMIN, PASSWORD_CHANGE
from locum.api.operations import operation
from locum.api.wire.base import In
from locum.api.wire.enums import SecondFactorRequirement
from locum.api.wire.signin_policy import (
    PasswordRules,
    SecondFactorRule,
    SecondFactorRuleIn,
    SignInRules,
    SignInRulesIn,
)
from locum.identities import api_keys, people, policy
from locum.identities.factor_choice import SecondFactor
from locum.identities.policy import SignInPolicy
from locum.kit.db import ReadTx, Tx
from locum.kit.permissions import Permission


class IdentityId(In):
    identity_id: UUID


_FACTOR = {
    SecondFactorRequirement.DEFAULT: None,
    SecondFactorRequirement.REQUIRED: SecondFactor.REQUIRED,
    SecondFactorRequirement.NOT_REQUIRED: SecondFactor.NOT_REQUIRED,
}


@operation(
    "SignInPolicy.Get",
    "GET /api/locum/v1/SignInPolicy",
    who=ADMIN,
    permission=Permission.SIGNIN_POLICY_READ,
    summary="The rules of signing in: second factor, times, passwords, revealing API keys",
)
def get_policy(tx: ReadTx, call: Call[None, None, None]) -> SignInRules:
    return _shown(policy.load(tx))


@operation(
    "SignInPolicy.Put",
    "PUT /api/locum/v1/SignInPolicy",
    who=ADMIN,
    permission=Permission.SIGNIN_POLICY_MANAGE,
    problems=(400, 409),
    audit="signin_policy.changed",
    summary="Change some of the rules; what is left out stays",
)
def put_policy(tx: Tx, call: Call[None, None, SignInRulesIn]) -> SignInRules:
    """AUTH-22, 23. `revealApiKeys` goes off for good: what was kept to be revealed is erased with it."""
    wanted = msgspec.structs.asdict(call.body)
    required = wanted.pop("second_factor_required")
    mfa = None if required is None else "required" if required else "optional"
    after = policy.change(tx, call.caller.actor, user_mfa=mfa, **wanted)
    if not after.reveal_api_keys:
        api_keys.erase_sealed(tx, call.api.vault)
    return _shown(after)


@operation(
    "SignInPolicy.Password",
    "GET /api/locum/v1/SignInPolicy/Password",
    who=PASSWORD_CHANGE,
    summary="What a new password of one's own must be like",
)
def get_password_rules(tx: ReadTx, call: Call[None, None, None]) -> PasswordRules:
    return PasswordRules.from_row(policy.load(tx))


@operation(
    "SecondFactor.Requirement",
    "GET /api/locum/v1/SecondFactor/{identityId}/Requirement",
    who=ADMIN,
    permission=Permission.ACCOUNTS_FACTOR_MANAGE,
    problems=(404,),
    summary="Whether one person needs a second factor, or what the installation's rule says",
)
def second_factor_rule(tx: ReadTx, call: Call[IdentityId, None, None]) -> SecondFactorRule:
    """AUTH-04, 13."""
    said = people.local(tx, call.params.identity_id).second_factor
    (requirement,) = (one for one, factor in _FACTOR.items() if factor == said)
    return SecondFactorRule(identity_id=call.params.identity_id, requirement=requirement)


@operation(
    "SecondFactor.Require",
    "PUT /api/locum/v1/SecondFactor/{identityId}/Requirement",
    who=ADMIN,
    permission=Permission.ACCOUNTS_FACTOR_MANAGE,
    problems=(404,),
    audit="second_factor.required",
    summary="Say whether one person needs a second factor, or leave it to the installation's rule",
)
def require_second_factor(tx: Tx, call: Call[IdentityId, None, SecondFactorRuleIn]) -> SecondFactorRule:
    """AUTH-04, 13. It counts from the person's next sign-in on."""
    requirement = call.body.requirement
    people.require_factor(tx, call.caller.actor, call.params.identity_id, _FACTOR[requirement])
    return SecondFactorRule(identity_id=call.params.identity_id, requirement=requirement)


def _shown(rules: SignInPolicy) -> SignInRules:
    fields = msgspec.structs.asdict(rules)
    required = fields.pop("user_mfa") == "required"
    return SignInRules(second_factor_required=required, **fields)
