"""Custom fields: what a profile may ask for, and what counts as an answer."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from locum.activities.custom_fields import LONGEST, CustomField, FieldType, checked_fields, filled_in
from locum.kit.errors import Invalid

CHANGE = CustomField(number=1, name="change", label="Change number", type=FieldType.INTEGER, required=True)
SITE = CustomField(number=2, name="site", type=FieldType.OPTIONS, options=["Berlin", "Bonn"])
WORD = CustomField(number=3, name="word", type=FieldType.STRING)


def test_what_fits_is_kept_under_the_field_s_name() -> None:
    given = {"CHANGE": " 42 ", "Site": "BONN", "word": "x" * LONGEST, "other": "y"}
    assert filled_in([CHANGE, SITE, WORD], given) == {"change": "42", "site": "Bonn", "word": "x" * LONGEST}
    assert filled_in([SITE, WORD], {"site": "", "word": None}) == {}
    assert filled_in([], {"x": "y"}) == {}


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({}, "“Change number” is required"),
        ({"change": " "}, "is required"),
        ({"change": "4x"}, "“Change number” must be a whole number"),
        ({"change": "1.5"}, "whole number"),
        ({"change": "٤٢"}, "whole number"),
        ({"change": "1", "site": "Paris"}, "“site” must be one of Berlin, Bonn"),
        ({"change": "1", "word": "x" * (LONGEST + 1)}, "at most 12 characters"),
    ],
)
def test_what_does_not_fit_is_named(given: dict[str, str], words: str) -> None:
    with pytest.raises(Invalid, match=words) as told:
        filled_in([CHANGE, SITE, WORD], given)
    assert told.value.field == "customFields"


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ([CHANGE, CHANGE], "each once"),
        ([CustomField(number=0, name="x")], "each once"),
        ([CustomField(number=4, name="x")], "each once"),
        ([CustomField(number=n, name=f"x{n}") for n in (1, 2, 3, 3)], "at most 3"),
        ([CustomField(number=1, name="x"), CustomField(number=2, name="X")], "one name"),
        ([CustomField(number=1, name="")], "begins with a letter"),
        ([CustomField(number=1, name="%sessionid%")], "begins with a letter"),
        ([CustomField(number=1, name="x", type=FieldType.OPTIONS)], "no options"),
        ([CustomField(number=1, name="x", length=13)], "length"),
        ([CustomField(number=1, name="x", length=-1)], "length"),
    ],
)
def test_fields_that_nobody_could_fill_in(fields: list[CustomField], words: str) -> None:
    with pytest.raises(Invalid, match=words):
        checked_fields(fields)


def test_they_stand_in_the_order_of_their_numbers() -> None:
    assert checked_fields([WORD, CHANGE, SITE]) == [CHANGE, SITE, WORD]


@given(st.dictionaries(st.text(max_size=8), st.none() | st.text(max_size=20), max_size=4))
def test_nothing_else_is_kept(given: dict[str, str | None]) -> None:
    """Whatever is sent: what is kept is a value of a field, and fits it."""
    try:
        kept = filled_in([CHANGE, SITE, WORD], given)
    except Invalid:
        return
    assert kept.keys() <= {"change", "site", "word"}
    assert int(kept["change"]) is not None
    assert kept.get("site", "Bonn") in SITE.options
    assert len(kept.get("word", "")) <= LONGEST
