"""The live operation table against contract/, and the burn-down."""

from __future__ import annotations

from typing import Any

import pytest
from scripts.burndown import measure

from contract.comparison import load, unexplained
from locum.api.app import all_routes
from locum.api.openapi import document


@pytest.fixture(scope="module")
def live() -> dict[str, Any]:
    return document(all_routes())


def test_every_difference_has_a_reason(live: dict[str, Any]) -> None:
    assert unexplained(live) == []


def test_marks_name_operations_that_exist(capsys: pytest.CaptureFixture[str]) -> None:
    found = measure()
    with capsys.disabled():
        print("\n" + "\n".join(found.lines()))
    assert found.unknown == frozenset()


def test_the_facts_are_complete() -> None:
    operations, models = load("operations"), load("models")
    assert (len(operations), len(models)) == (224, 485)
    named = {f["ref"] for m in models.values() for f in m.get("fields", []) if "ref" in f}
    assert named <= models.keys()


def test_every_deviation_has_a_reason() -> None:
    deviations = load("deviations")
    entries = [deviations["statuses"], *deviations["extra"], *deviations.get("deviation", [])]
    assert all(len(entry["reason"]) > 20 for entry in entries)
