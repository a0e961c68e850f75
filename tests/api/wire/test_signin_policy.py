"""The rules of signing in on the wire."""

from __future__ import annotations

import msgspec

from locum.api.reading import read, reader_of
from locum.api.wire.enums import SecondFactorRequirement
from locum.api.wire.signin_policy import SecondFactorRuleIn, SignInRules, SignInRulesIn
from locum.identities.policy import SignInPolicy


def test_every_rule_can_be_read_and_set() -> None:
    rules = set(SignInPolicy.__struct_fields__) - {"user_mfa"} | {"second_factor_required"}
    assert set(SignInRules.__struct_fields__) == set(SignInRulesIn.__struct_fields__) == rules


def test_nothing_sent_changes_nothing() -> None:
    assert set(msgspec.structs.asdict(read(reader_of(SignInRulesIn), {})).values()) == {None}


def test_a_requirement_by_name_or_number() -> None:
    for sent in ("NotRequired", "not_required", 2, "2"):
        found = read(reader_of(SecondFactorRuleIn), {"requirement": sent})
        assert found.requirement is SecondFactorRequirement.NOT_REQUIRED
