"""Every case, white-space and Unicode variant of a name is one identity (SEC-04)."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from locum.identities.normalise import NAME_LIMIT, normalise, spelling
from locum.kit.errors import Invalid

letters = st.characters(exclude_categories=("Cc", "Cf", "Cs", "Co", "Cn"))
names = st.text(letters, min_size=1, max_size=40)
spaces = st.text(alphabet=" \t\n\u00a0\u2003\u3000", min_size=1, max_size=4)


def key_or_none(name: str) -> str | None:
    try:
        return normalise(name)
    except Invalid:
        return None


@given(names)
def test_normalising_twice_changes_nothing(name: str) -> None:
    key = key_or_none(name)
    assume(key is not None)
    assert normalise(str(key)) == key


@given(names)
def test_the_shown_spelling_has_the_same_key(name: str) -> None:
    key = key_or_none(name)
    assume(key is not None)
    assert normalise(spelling(name)) == key


@given(names)
def test_case_variants_are_one(name: str) -> None:
    composed = unicodedata.normalize("NFC", name)
    key = key_or_none(composed)
    assume(key is not None)
    for variant in (
        composed.upper(),
        composed.lower(),
        composed.title(),
        composed.swapcase(),
        composed.casefold(),
    ):
        assert normalise(variant) == key


@given(names)
def test_unicode_forms_are_one(name: str) -> None:
    key = key_or_none(name)
    assume(key is not None)
    for form in ("NFC", "NFD", "NFKC", "NFKD"):
        assert normalise(unicodedata.normalize(form, name)) == key  # type: ignore[arg-type]


@given(st.lists(st.text(alphabet="abcÄßıİΣς", min_size=1, max_size=6), min_size=1, max_size=4), spaces, spaces)
def test_white_space_variants_are_one(words: list[str], around: str, between: str) -> None:
    assert normalise(around + between.join(words) + around) == normalise(" ".join(words))


@pytest.mark.parametrize(
    "variant",
    [
        "ADA Lovelace",
        " ada lovelace ",
        "ada\tlovelace",
        "ａｄａ　ｌｏｖｅｌａｃｅ",
        "Ada\u00a0Lovelace",
        "𝐀𝐝𝐚 Lovelace",
    ],
)
def test_known_variants(variant: str) -> None:
    assert normalise(variant) == "ada lovelace"


def test_dotless_and_sharp_letters_meet_their_capitals() -> None:
    assert normalise("admın") == normalise("ADMIN") == "admin"
    assert normalise("straße") == normalise("STRASSE")


@pytest.mark.parametrize(
    "name",
    [
        "",
        "   ",
        "\t\n",
        "\u200b",
        "ad\u200bmin",
        "ad\x00min",
        "adm\u202ein",
        "a\u3164b",
        "a\ufe0fb",
        "a\ud800",
        "\ue000",
        "\u1fb7",
        "\u03b1\u0345",
        "x" * (NAME_LIMIT + 1),
        "\ufdfa" * 20,
    ],
)
def test_names_that_are_refused(name: str) -> None:
    with pytest.raises(Invalid) as refused:
        normalise(name)
    assert refused.value.field == "name"


def test_the_longest_name_passes() -> None:
    assert normalise("x" * NAME_LIMIT) == "x" * NAME_LIMIT


def test_different_names_stay_different() -> None:
    assert len({normalise(name) for name in ("ada", "ada l", "adal", "eda")}) == 4
