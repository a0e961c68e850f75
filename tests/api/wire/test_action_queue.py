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

_STEP = ["SbPAM.Models.ActionQueueAction: field kind"]
_OURS = "attempts lastError lastRunId lastRunStatus lastRunTimeUtc recurrence running"
_JOB = [f"SbPAM.Models.ActionJob: field {name}" for name in _OURS.split()]


@pytest.mark.parametrize(
    ("shape", "ours"),
    [
        (ActionQueue, _STEP),
        (ActionQueueAction, _STEP),
        (ActionQueueSearchResult, ["SbPAM.Models.ActionQueueSearchResult: field classification"]),
        (ActionJob, [*_JOB, *_STEP]),
    ],
)
def test_it_has_the_fields_of_the_contract_and_ours(shape: type, ours: list[str]) -> None:
    assert sorted(model_differences(shape)) == [f"{field} is not in the contract" for field in ours]


@pytest.mark.parametrize(
    "enum", [ActionFailureReason, ActionJobType, ActionQueueStatusFilter, DayOfWeek, RecurrenceType]
)
def test_names_and_numbers_are_the_contracts(enum: type[IntEnum]) -> None:
    fact = load("models")[enum.__contract__]["enum"]  # type: ignore[attr-defined]
    assert {m.name.replace("_", "").lower(): m.value for m in enum} == {n.lower(): v for n, v in fact.items()}
