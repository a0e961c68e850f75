"""What callers may send and what it becomes."""

from __future__ import annotations

import datetime as dt
from contextlib import suppress
from typing import Annotated, Any
from uuid import UUID

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from api_sample import Colour, PartIn, Server, ThingIn
from locum.api.reading import SECRET_MAX_LENGTH, FieldErrors, RawBody, read, reader_of
from locum.api.wire.base import In, Name
from locum.kit.errors import Invalid, StartError
from locum.vault.secret import Secret

ID = UUID("0190a1b2-c3d4-7e5f-8a9b-0c1d2e3f4a5b")
THING = reader_of(ThingIn)


def thing(**fields: Any) -> ThingIn:
    found = read(THING, fields)
    assert isinstance(found, ThingIn)
    return found


def errors(**fields: Any) -> dict[str, list[str]]:
    with pytest.raises(FieldErrors) as caught:
        read(THING, fields)
    return caught.value.errors


# -- names


@given(st.lists(st.booleans(), min_size=40, max_size=40))
def test_names_match_in_any_case_at_every_level(upper: list[bool]) -> None:
    def spelled(name: str) -> str:
        return "".join(c.upper() if u else c.lower() for c, u in zip(name, upper, strict=False))

    found = thing(
        **{
            spelled("ownerId"): str(ID),
            spelled("part"): {spelled("name"): "p", spelled("size"): 3},
            spelled("parts"): [{spelled("name"): "q", spelled("size"): 4}],
        }
    )
    assert found.owner_id == ID
    assert found.part == PartIn(name="p", size=3)
    assert found.parts == [PartIn(name="q", size=4)]


def test_unknown_fields_are_ignored_whatever_they_hold() -> None:
    assert thing(name="x", createdBy={"deep": [{}]}, _ValueSet=None, extra="\x00").name == "x"


def test_a_view_with_garbled_nested_objects_works() -> None:
    found = thing(Name="x", part="@{name=p; size=3}", platform="System.Object[]", id=17)
    assert (found.name, found.part) == ("x", None)


# -- absent


@pytest.mark.parametrize("nothing", [str(UUID(int=0)), "", None])
def test_an_empty_or_zero_id_is_absent(nothing: str | None) -> None:
    assert thing(ownerId=nothing).owner_id is None
    assert thing(ids=[nothing, str(ID)]).ids == [ID]


def test_null_is_absent_where_it_cannot_be_kept() -> None:
    found = thing(enabled=None, count=None, colour=None, name=None)
    assert (found.enabled, found.count, found.colour, found.name) == (False, 7, Colour.RED, None)


def test_a_required_field_must_be_there_and_not_null() -> None:
    assert errors(part={}) == {"part.name": ["is required"]}
    assert errors(part={"name": None}) == {"part.name": ["must not be null"]}


@pytest.mark.parametrize("unset", ["", "0001-01-01T00:00:00", "0001-01-01T00:00:00Z"])
def test_an_unset_date_is_absent(unset: str) -> None:
    assert thing(start=unset).start is None


def test_a_zero_id_in_a_path_is_an_id() -> None:
    class Id(In):
        id: UUID

    assert read(reader_of(Id, nil_is_absent=False), {"id": str(UUID(int=0))}).id.int == 0


# -- kinds


@pytest.mark.parametrize("sent", [1, "1", "LightBlue", "lightblue", "LIGHT_BLUE", " LightBlue "])
def test_an_enum_is_a_number_a_numeric_string_or_a_name(sent: int | str) -> None:
    assert thing(colour=sent).colour is Colour.LIGHT_BLUE


@pytest.mark.parametrize("sent", [-1, "-1", "any"])
def test_negative_members(sent: int | str) -> None:
    assert thing(colour=sent).colour is Colour.ANY


@pytest.mark.parametrize("sent", [2, "2", "Green", "", True, 1.0, [], {}])
def test_other_enum_values_are_refused(sent: Any) -> None:
    assert errors(colour=sent) == {"colour": ["is not one of the values of its list"]}


@pytest.mark.parametrize("sent", [str(ID), str(ID).upper(), ID.hex])
def test_ids(sent: str) -> None:
    assert thing(ownerId=sent).owner_id == ID


@pytest.mark.parametrize("sent", ["x", str(ID)[:-1], str(ID) + "0", f"urn:uuid:{ID}", f" {ID}", 7, [str(ID)], {}])
def test_malformed_ids(sent: Any) -> None:
    assert errors(ownerId=sent) == {"ownerId": ["must be a GUID"]}


@pytest.mark.parametrize(
    ("sent", "wanted"),
    [
        ("2026-03-04T05:06:07Z", dt.datetime(2026, 3, 4, 5, 6, 7, tzinfo=dt.UTC)),
        ("2026-03-04T05:06:07.1234567Z", dt.datetime(2026, 3, 4, 5, 6, 7, 123456, tzinfo=dt.UTC)),
        ("2026-03-04T05:06:07", dt.datetime(2026, 3, 4, 5, 6, 7, tzinfo=dt.UTC)),
        ("2026-03-04T05:06:07+02:00", dt.datetime(2026, 3, 4, 3, 6, 7, tzinfo=dt.UTC)),
    ],
)
def test_dates_become_utc(sent: str, wanted: dt.datetime) -> None:
    assert thing(start=sent).start == wanted


@pytest.mark.parametrize(
    "sent", ["yesterday", 1772600767, "2026-13-01T00:00:00Z", "9999-12-31T23:59:59-12:00", []]
)
def test_malformed_dates(sent: Any) -> None:
    assert list(errors(start=sent)) == ["start"]


def test_numbers_come_as_text_too_and_stay_in_32_bits() -> None:
    assert thing(count="-5").count == -5
    assert errors(count=2**31) == {"count": [f"must lie between {-(2**31)} and {2**31 - 1}"]}
    for sent in (1.5, "1.5", True, "", "1" * 5000):
        assert list(errors(count=sent)) == ["count"]


def test_truth_is_a_word_or_a_value() -> None:
    assert thing(enabled="True").enabled is True
    assert thing(enabled=True).enabled is True
    for sent in (1, "1", "yes", []):
        assert list(errors(enabled=sent)) == ["enabled"]


def test_secrets_come_wrapped_and_bounded() -> None:
    found = thing(password="hunter-3f").password
    assert found == Secret("hunter-3f")
    assert "hunter" not in repr(thing(password="hunter-3f"))
    assert list(errors(password="x" * (SECRET_MAX_LENGTH + 1))) == ["password"]


def test_bounds_of_numbers_and_text() -> None:
    class Bounded(In):
        size: Annotated[int, msgspec.Meta(ge=1, le=9)]
        word: Annotated[str, msgspec.Meta(min_length=2, max_length=3)]

    reader = reader_of(Bounded)
    assert read(reader, {"size": 9, "word": "abc"}) == Bounded(size=9, word="abc")
    for size, word in ((0, "abc"), (10, "abc"), (1, "a"), (1, "abcd")):
        with pytest.raises(FieldErrors):
            read(reader, {"size": size, "word": word})


# -- errors


def test_every_error_is_reported_with_its_place() -> None:
    assert errors(name="x" * 257, count="many", parts=[{"name": "a"}, {"size": "b"}]) == {
        "name": ["must have at most 256 characters"],
        "count": ["must be a whole number"],
        "parts[1].size": ["must be a whole number"],
        "parts[1].name": ["is required"],
    }


def test_no_message_echoes_a_value() -> None:
    canary = "canary-77e1"
    wrong = dict.fromkeys(("colour", "ownerId", "enabled", "count", "start", "parts", "ids"), canary)
    found = errors(**wrong)
    assert found.keys() == wrong.keys()
    assert canary not in str(found)


def test_a_null_byte_is_refused() -> None:
    assert errors(name="a\x00b") == {"name": ["must not contain a null byte"]}
    assert errors(password="a\x00b") == {"password": ["must not contain a null byte"]}


@pytest.mark.parametrize("body", [[], "x", 1, None, True])
def test_a_body_must_be_an_object(body: Any) -> None:
    with pytest.raises(FieldErrors, match="must be an object"):
        read(THING, body)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)


@given(st.dictionaries(st.sampled_from([*(f.encode_name for f in msgspec.structs.fields(ThingIn))]), json_values))
def test_any_json_is_read_or_refused(body: dict[str, Any]) -> None:
    with suppress(FieldErrors):
        assert isinstance(read(THING, body), ThingIn)


# -- what stops the start


def test_text_without_a_limit_stops_the_start() -> None:
    class Loose(In):
        name: str

    with pytest.raises(StartError, match="name is text without a length limit"):
        reader_of(Loose)
    with pytest.raises(StartError, match="length limit"):
        reader_of(list[str])


def test_a_type_no_input_can_have_stops_the_start() -> None:
    class Odd(In):
        what: dict[str, Name]

    with pytest.raises(StartError, match="what has a type"):
        reader_of(Odd)


# -- raw bodies


@pytest.mark.parametrize(
    ("sent", "wanted"),
    [
        (b"123456", "123456"),
        (b'"123456"', "123456"),
        (b" NA\r\n", "NA"),
        (b"0", "0"),
        (b"", ""),
        (b'"a\\"b"', 'a"b'),
    ],
)
def test_a_raw_body_is_text_a_number_or_a_json_string(sent: bytes, wanted: str) -> None:
    assert RawBody(sent).text() == wanted


@pytest.mark.parametrize("sent", [b'"open', b"\xff\xfe", b"a\x00b", b'"a\\u0000b"'])
def test_a_raw_body_that_is_no_text(sent: bytes) -> None:
    with pytest.raises(Invalid):
        RawBody(sent).text()


@given(st.binary(max_size=64))
def test_any_bytes_are_text_or_refused(sent: bytes) -> None:
    with suppress(Invalid):
        assert "\x00" not in RawBody(sent).text()


def test_what_was_read_reaches_the_handler(server: Server) -> None:
    answer = server.call(
        "PUT",
        f"/api/v1/Thing/{ID}",
        {
            "NAME": "n",
            "Colour": "lightBLUE",
            "OWNERID": str(UUID(int=0)),
            "Enabled": True,
            "PASSWORD": "four",
            "part": {"NAME": "p"},
            "parts": [{"name": "a", "SIZE": "2"}],
            "createdBy": str(ID),
            "id": "ignored",
        },
    )
    assert answer.status == 200
    shown = answer.json
    assert (shown["name"], shown["colour"], shown["ownerId"], shown["enabled"]) == ("n", 1, None, True)
    assert (shown["partName"], shown["partSizes"], shown["secretLength"], shown["count"]) == ("p", [2], 4, 7)
