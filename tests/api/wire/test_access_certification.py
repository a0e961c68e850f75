"""Certifications on the wire."""

from __future__ import annotations

import pytest

from contract.comparison import model_differences
from locum.api.reading import FieldErrors, read, reader_of
from locum.api.wire.access_certification import (
    AccessCertificationDenial,
    AccessCertificationTaskRowDetail,
    AccessCertificationTaskRowReview,
    AccessCertificationTaskSummary,
    RowReviewIn,
    TaskIn,
)
from locum.kit.ids import new_id

OURS = {
    AccessCertificationDenial: {"reason"},
    AccessCertificationTaskRowDetail: {"notes"},
    AccessCertificationTaskRowReview: set(),
    AccessCertificationTaskSummary: {"deadlineDateTimeUtc", "openRows", "selectedPolicyIds"},
}


@pytest.mark.parametrize("model", OURS)
def test_they_have_the_fields_of_the_contract_and_these(model: type) -> None:
    told = {f"{model.__contract__}: field {name} is not in the contract" for name in OURS[model]}  # type: ignore[attr-defined]
    assert set(model_differences(model)) == told


def test_a_word_needs_its_row_and_is_one_of_those_there_are() -> None:
    reader = reader_of(RowReviewIn)
    word = read(reader, {"id": str(new_id()), "status": "denied", "notes": "x"})
    assert word.status == 3
    for wrong in ({"status": 2}, {"id": str(new_id())}, {"id": str(new_id()), "status": 4}):
        with pytest.raises(FieldErrors):
            read(reader, wrong)


def test_a_deadline_without_a_zone_is_utc() -> None:
    read_in = read(reader_of(TaskIn), {"deadlineDateTimeUtc": "2030-01-01T00:00:00"})
    assert read_in.deadline_date_time_utc.isoformat() == "2030-01-01T00:00:00+00:00"
