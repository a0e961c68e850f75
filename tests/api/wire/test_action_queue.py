"""Queues of actions on the wire."""

from __future__ import annotations

from enum import IntEnum

import pytest

from contract.comparison import load, model_differences
from locum.api.wire.action_queue import (
    ActionFailureReason,
    ActionJob,
    ActionJobType,
    ActionQueue,
    ActionQueueAction,
    ActionQueueSearchResult,
    ActionQueueStatusFilter,
    DayOfWeek,
    RecurrenceType,
)


@pytest.mark.parametrize("shape", [ActionQueue, ActionQueueAction, ActionQueueSearchResult])
def test_it_has_the_fields_of_the_contract(shape: type) -> None:
    assert model_differences(shape) == []


def test_a_job_has_seven_more() -> None:
    ours = "attempts lastError lastRunId lastRunStatus lastRunTimeUtc recurrence running"
    assert sorted(model_differences(ActionJob)) == [
        f"SbPAM.Models.ActionJob: field {name} is not in the contract" for name in ours.split()
    ]


@pytest.mark.parametrize(
    "enum", [ActionFailureReason, ActionJobType, ActionQueueStatusFilter, DayOfWeek, RecurrenceType]
)
def test_names_and_numbers_are_the_contracts(enum: type[IntEnum]) -> None:
    fact = load("models")[enum.__contract__]["enum"]  # type: ignore[attr-defined]
    assert {m.name.replace("_", "").lower(): m.value for m in enum} == {n.lower(): v for n, v in fact.items()}
