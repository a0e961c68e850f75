"""Access policies on the wire."""

from __future__ import annotations

from uuid import UUID

import pytest

from contract.comparison import model_differences
from locum.api.reading import read, reader_of
from locum.api.wire.access_control_policy import (
    SimpleAccessControlPolicy,
    SimpleAccessControlPolicyChangeIn,
    SimpleAccessControlPolicyIn,
)
from locum.api.wire.enums import ApprovalType
from locum.kit.ids import NIL


@pytest.mark.parametrize(
    "shape", [SimpleAccessControlPolicy, SimpleAccessControlPolicyIn, SimpleAccessControlPolicyChangeIn]
)
def test_it_has_the_fields_of_the_contract(shape: type) -> None:
    assert model_differences(shape) == []


def test_what_is_absent_allows_and_names_no_profile() -> None:
    given = read(reader_of(SimpleAccessControlPolicyIn), {"name": "p", "activityConfigurationId": str(NIL)})
    assert given.approval_type_required is ApprovalType.ALLOW
    assert given.activity_configuration_id is None


def test_members_are_ids() -> None:
    given = read(reader_of(SimpleAccessControlPolicyIn), {"managedAccountIds": [str(UUID(int=1)), "", str(NIL)]})
    assert given.managed_account_ids == [UUID(int=1)]


def test_a_change_tells_what_is_absent_from_what_is_empty() -> None:
    given = read(reader_of(SimpleAccessControlPolicyChangeIn), {"activityIds": [], "name": None, "priority": 0})
    assert (given.activity_ids, given.managed_account_ids, given.name, given.priority) == ([], None, None, 0)
    assert (given.notes_required, given.approval_type_required) == (None, None)
