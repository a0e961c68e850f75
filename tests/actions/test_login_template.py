"""Login-name templates: every mask and function, nested, and nothing beyond the grammar (ACT-03, SEC-18)."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from locum.actions.login_template import DEEPEST, MASKS, parse
from locum.kit.errors import Invalid

VALUES = {
    "samaccountname": "adalovelace",
    "sessionid": "0a1b2c3d",
    "domain": "EXAMPLE",
    "email": "ada@example.org",
    "firstname": "Ada",
    "lastname": "Lovelace",
}


def filled(template: str, **values: str) -> str:
    return parse(template).fill({**VALUES, **values})


@pytest.mark.parametrize("mask", sorted(MASKS))
def test_every_mask_is_replaced_in_any_case(mask: str) -> None:
    for spelling in (mask, mask.upper()):
        assert parse(f"<%{spelling}%>").fill({mask: "it"}) == "<it>"
        assert parse(f"<%{spelling}%>").fill({}) == "<>"
    assert parse(f"x%{mask}%").masks == {mask}


@pytest.mark.parametrize(
    ("template", "login"),
    [
        ("plain", "plain"),
        ("adm-%samaccountname%", "adm-adalovelace"),
        ("%domain%\\%samaccountname%", "EXAMPLE\\adalovelace"),
        ("%first(%samaccountname%,3)/first%", "ada"),
        ("%first(%samaccountname%,0)/first%", ""),
        ("%first(%samaccountname%,99)/first%", "adalovelace"),
        ("%substr(%samaccountname%,3)/substr%", "lovelace"),
        ("%substr(%samaccountname%,-4)/substr%", "lace"),
        ("%substr(%samaccountname%,11)/substr%", ""),
        ("%substr(%samaccountname%,99)/substr%", ""),
        ("%substr(%samaccountname%,-99)/substr%", ""),
        ("%replace(%email%,@,-at-)/replace%", "ada-at-example.org"),
        ("%replace(%email%,,x)/replace%", "ada@example.org"),
        ("%replace(%samaccountname%,a,)/replace%", "dlovelce"),
        ("%trim(%samaccountname%,8)/trim%", "ada"),
        ("%trim(%samaccountname%,11)/trim%", ""),
        ("%trim(%samaccountname%,12)/trim%", ""),
        ("%trim(%samaccountname%,0)/trim%", "adalovelace"),
        ("%first(%firstname%,1)/first%%lastname%", "ALovelace"),
        ("%first(%replace(%email%,@,)/replace%-%sessionid%,30)/first%", "adaexample.org-0a1b2c3d"),
        ("%substr(%trim(%first(%samaccountname%,8)/first%,2)/trim%,1)/substr%", "dalov"),
        ("%replace(%email%,%domain%,%firstname%)/replace%", "ada@example.org"),
        ("%FIRST(%SAMAccountName%, 2)/First%", "ad"),
        ("a(b)c", "a(b)c"),
        ("%first(a(b)c,3)/first%", "a(b"),
    ],
)
def test_what_a_template_says(template: str, login: str) -> None:
    assert filled(template) == login


@pytest.mark.parametrize(
    ("template", "words"),
    [
        ("", "1 to 256 characters"),
        ("x" * 257, "1 to 256 characters"),
        ("%", "neither a mask nor a function"),
        ("100%", "neither a mask nor a function"),
        ("%%", "no mask %%"),
        ("%nothing%", "no mask %nothing%"),
        ("%samaccountname", "neither a mask nor a function"),
        ("%eval(x,1)/eval%", "no function eval"),
        ("%first(x,1)/trim%", r"must end with \)/first%"),
        ("%first(x,1)first%", "neither a mask nor a function"),
        ("%first(x,1", r"must end with \)/first%"),
        ("%first(x)/first%", "takes 1 after its text"),
        ("%first(x,1,2)/first%", "takes 1 after its text"),
        ("%replace(x,1)/replace%", "takes 2 after its text"),
        ("%first(x,-1)/first%", "whole number"),
        ("%first(x,1.5)/first%", "whole number"),
        ("%first(x,)/first%", "whole number"),
        ("%first(x,٣)/first%", "whole number"),
        ("%trim(x,99999)/trim%", "whole number"),
        ("%first(x,%samaccountname%)/first%", "whole number"),
        ("%substr(x,--1)/substr%", "whole number"),
        ("%first(" * (DEEPEST + 1) + "x" + ",1)/first%" * (DEEPEST + 1), "nested 8 deep"),
    ],
)
def test_what_is_no_template(template: str, words: str) -> None:
    with pytest.raises(Invalid, match=words) as refused:
        parse(template)
    assert refused.value.field == "loginAccountNameFormat"


@given(st.text(max_size=60))
def test_any_text_is_understood_or_refused(source: str) -> None:
    with suppress(Invalid):
        assert parse(source).source == source


@given(st.text("%(),/first-1 samaccountname", max_size=40))
def test_text_like_a_template_is_understood_or_refused(source: str) -> None:
    with suppress(Invalid):
        parse(source).fill(VALUES)


@given(st.text(max_size=60))
def test_a_value_is_never_read_as_a_template(value: str) -> None:
    assert parse("<%samaccountname%>").fill({"samaccountname": value}) == f"<{value}>"
    assert parse("%trim(%email%,0)/trim%").fill({"email": value}) == value


@given(st.text(max_size=20), st.integers(0, 30))
def test_the_functions_agree_with_each_other(text: str, n: int) -> None:
    values = {"email": text}
    first = parse(f"%first(%email%,{n})/first%").fill(values)
    rest = parse(f"%substr(%email%,{n})/substr%").fill(values)
    assert first + rest == text
    trimmed = parse(f"%trim(%email%,{n})/trim%").fill(values)
    last = parse(f"%substr(%email%,-{n})/substr%").fill(values) if n else ""
    if n <= len(text):
        assert trimmed + last == text
    else:
        assert trimmed == last == ""
