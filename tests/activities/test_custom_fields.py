"""Questions that can be asked, and answers that count."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from locum.activities.custom_fields import (
    STRING_LENGTH,
    CustomField,
    DataType,
    check_fields,
    checked_values,
    shown_values,
)
from locum.kit.errors import Invalid
from locum.kit.ids import NIL

TEXT = CustomField(NIL, 1, "change", "Change", None, DataType.STRING, None, True, None)
COUNT = CustomField(NIL, 2, "count", None, None, DataType.INTEGER, None, False, None)
SITE = CustomField(NIL, 3, "site", "Site", None, DataType.OPTIONS, None, False, "Bonn, Rome")
ALL = (TEXT, COUNT, SITE)


def test_three_questions_of_each_type_can_be_asked() -> None:
    check_fields(())
    check_fields(ALL)
    assert SITE.choices == ("Bonn", "Rome")


@pytest.mark.parametrize(
    "changes",
    [
        {"number": 2},
        {"number": 0},
        {"number": 4},
        {"name": "COUNT"},
        {"name": ""},
        {"name": "two words"},
        {"name": "1st"},
        {"name": "a" * 65},
        {"length": 0},
        {"length": 257},
        {"options": "a,b"},
        {"type": DataType.OPTIONS},
        {"type": DataType.OPTIONS, "options": " , "},
    ],
    ids=str,
)
def test_what_can_not_be_asked(changes: dict[str, Any]) -> None:
    with pytest.raises(Invalid):
        check_fields([replace(TEXT, **changes), COUNT, SITE])


def test_not_more_than_three() -> None:
    with pytest.raises(Invalid):
        check_fields([*ALL, replace(TEXT, number=4, name="more")])


def test_answers_are_kept_by_the_fields_name_in_its_order() -> None:
    given_ = [("SITE", " Rome "), ("count", "-007"), (" change ", "CHG1")]
    assert checked_values(ALL, given_) == {"change": "CHG1", "count": "-7", "site": "Rome"}
    assert list(checked_values(ALL, given_)) == ["change", "count", "site"]
    assert checked_values(ALL, [("change", "x"), ("count", " ")]) == {"change": "x"}
    assert checked_values((), ()) == {}


@pytest.mark.parametrize(
    ("answers", "field"),
    [
        ([], "customFields.change"),
        ([("change", "")], "customFields.change"),
        ([("change", "   ")], "customFields.change"),
        ([("change", "x" * (STRING_LENGTH + 1))], "customFields.change"),
        ([("change", "a\nb")], "customFields.change"),
        ([("change", "a\u202eb")], "customFields.change"),
        ([("change", "x"), ("change", "y")], "customFields.change"),
        ([("change", "x"), ("count", "1.5")], "customFields.count"),
        ([("change", "x"), ("count", "٣")], "customFields.count"),
        ([("change", "x"), ("count", "1" * 19)], "customFields.count"),
        ([("change", "x"), ("site", "rome")], "customFields.site"),
        ([("change", "x"), ("site", "Bonn, Rome")], "customFields.site"),
        ([("change", "x"), ("other", "y")], "customFields"),
    ],
    ids=str,
)
def test_wrong_answers_name_their_field(answers: list[tuple[str, str]], field: str) -> None:
    with pytest.raises(Invalid) as error:
        checked_values(ALL, answers)
    assert error.value.field == field


@given(st.text(), st.integers(1, 30))
def test_a_string_is_as_long_as_its_field_and_shows(text: str, length: int) -> None:
    field = replace(TEXT, length=length, required=False)
    try:
        kept = checked_values([field], [("change", text)])
    except Invalid:
        assert len(text.strip()) > length or not text.strip().isprintable()
    else:
        assert kept == ({"change": text.strip()} if text.strip() else {})
        assert len(text.strip()) <= length


def test_they_are_shown_as_they_are_asked_for() -> None:
    assert shown_values({"change": "x"}) == [{"name": "change", "value": "x"}]
    assert shown_values({}) is None
    assert shown_values(None) is None
