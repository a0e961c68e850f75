"""Roles on the wire."""

from __future__ import annotations

from contract.comparison import model_differences
from locum.api.reading import read, reader_of
from locum.api.wire.role import RoleIn, RoleMemberDto, RoleView


def test_a_member_has_the_fields_of_the_contract() -> None:
    assert model_differences(RoleMemberDto) == []


def test_what_is_absent_is_told_from_an_empty_list() -> None:
    given = read(reader_of(RoleIn), {"POLICYIDS": [], "description": ""})
    assert (given.policy_ids, given.activity_ids, given.description, given.name) == ([], None, "", None)


def test_views_do_not_share_their_lists() -> None:
    first, second = RoleView(), RoleView()
    first.policy_ids.append(first.id)
    assert second.policy_ids == []
