"""Actions on the wire."""

from __future__ import annotations

import msgspec
import pytest

from contract.comparison import load, model_differences
from locum.api.wire.action import (
    Action,
    ActionClassification,
    ActionIn,
    ActionParameter,
    ActionParameterIn,
    ActionParameterType,
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


@pytest.mark.parametrize("enum", [ActionClassification, ActionParameterType])
def test_names_and_numbers_are_the_contracts(enum: type[ActionClassification | ActionParameterType]) -> None:
    fact = load("models")[enum.__contract__]["enum"]
    assert {m.name.replace("_", "").lower(): m.value for m in enum} == {n.lower(): v for n, v in fact.items()}
