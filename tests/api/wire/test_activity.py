"""Activities on the wire."""

from __future__ import annotations

from uuid import UUID

import msgspec
import pytest

from contract.comparison import model_differences
from locum.api.wire.activity import Activity, ActivityIn
from locum.api.wire.base import encoder
from locum.api.wire.enums import ActivityLoginType


@pytest.mark.parametrize("shape", [Activity, ActivityIn])
def test_it_has_the_fields_of_the_contract(shape: type) -> None:
    assert model_differences(shape) == []


def test_odd_names_are_as_the_contract_spells_them() -> None:
    sent = msgspec.json.decode(encoder.encode(Activity(preferred_rds_host_id=UUID(int=7))))
    assert sent["preferredRDSHostId"] == str(UUID(int=7))


def test_enums_go_out_as_numbers() -> None:
    sent = msgspec.json.decode(encoder.encode(Activity(login_account=ActivityLoginType.ACTIVITY_IDENTITY)))
    assert sent["loginAccount"] == 2
