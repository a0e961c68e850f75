"""Keys of names: every spelling that a person may take for the same is the same."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from locum.kit.errors import Invalid
from locum.kit.names import checked_name, name_key


@pytest.mark.parametrize("spelling", ["Linux sudo", " linux_SUDO ", "LINUX SUDO", "ｌｉｎｕｘ sudo"])
def test_spellings_of_one_name(spelling: str) -> None:
    assert name_key(spelling) == "linux sudo"


@given(st.text(max_size=50))
def test_the_key_of_a_key_is_itself(name: str) -> None:
    assert name_key(name_key(name)) == name_key(name)


@given(st.text(max_size=50))
def test_case_does_not_matter(name: str) -> None:
    assert name_key(name.upper()) == name_key(name.upper().lower().upper())


@pytest.mark.parametrize("name", ["", "   ", None, "a\x00b", "a\x1b[31m", "a\u202eb", "a\u200bb", "x" * 257])
def test_unfit_names_are_refused_and_not_echoed(name: str | None) -> None:
    with pytest.raises(Invalid) as refusal:
        checked_name(name, field="name")
    assert refusal.value.field == "name"
    if name and name.strip():
        assert name not in refusal.value.detail


def test_a_name_that_grows_when_folded_is_refused() -> None:
    with pytest.raises(Invalid, match="256"):
        checked_name("ß" * 200, field="name")
