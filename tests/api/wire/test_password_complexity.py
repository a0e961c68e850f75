"""PasswordComplexity on the wire."""

from __future__ import annotations

import msgspec
import pytest

from contract.comparison import model_differences
from locum.api.reading import read, reader_of
from locum.api.wire.base import encoder
from locum.api.wire.enums import CharacterTypeFlags
from locum.api.wire.password_complexity import PasswordComplexity, PasswordComplexityIn
from locum.kit.errors import Invalid


@pytest.mark.parametrize("shape", [PasswordComplexity, PasswordComplexityIn])
def test_it_has_the_fields_of_the_contract(shape: type) -> None:
    assert model_differences(shape) == []


@pytest.mark.parametrize("sent", [3, "3", "Lowercase, UPPERCASE", "uppercase,lowercase,lowercase"])
def test_flags_come_as_a_sum_or_as_names(sent: object) -> None:
    given = read(reader_of(PasswordComplexityIn), {"mustStartWith": sent})
    assert given.must_start_with == CharacterTypeFlags.LOWERCASE | CharacterTypeFlags.UPPERCASE
    assert (
        msgspec.json.decode(encoder.encode(PasswordComplexity(must_start_with=given.must_start_with)))[
            "mustStartWith"
        ]
        == 3
    )


@pytest.mark.parametrize("sent", [32, -1, "33", "letters", "Lowercase,letters", "", 1.5, True, [], {}])
def test_other_flags_are_refused(sent: object) -> None:
    with pytest.raises(Invalid):
        read(reader_of(PasswordComplexityIn), {"mustStartWith": sent})
