"""Actions on the wire."""

from __future__ import annotations

import msgspec
import pytest

from contract.comparison import model_differences
from locum.api.wire.action import (
    Action,
    ActionIn,
    ActionParameter,
    ActionParameterIn,
    ActionTemplate,
    ActionTemplateParameter,
)
from locum.api.wire.base import encoder


@pytest.mark.parametrize(
    "shape", [Action, ActionIn, ActionParameter, ActionParameterIn, ActionTemplate, ActionTemplateParameter]
)
def test_it_has_the_fields_of_the_contract(shape: type) -> None:
    assert model_differences(shape) == []


def test_odd_names_are_as_the_contract_spells_them() -> None:
    sent = msgspec.json.decode(encoder.encode(ActionTemplateParameter()))
    assert {"shouldSerialize_ValueSet", "_ValueSet"} <= set(sent)
