"""What a template's placeholders stand for is text: never a header, a further line or another placeholder."""

from __future__ import annotations

import pytest

from locum.kit.errors import Invalid
from locum.notices.template import EXAMPLE, Wording, checked, rendered


def test_lines_with_nothing_to_say_are_left_out() -> None:
    wording = Wording("{who}: {ticket}", "Hello,\n\n{who} wants {thing}{note}\nTicket: {ticket}\n{said}\nBye")
    facts = {"who": ("Alice",), "thing": ("web01",), "said": ("Bob says: a", "Carl says: b")}
    lines = ["Hello,", "", "Alice wants web01", "Bob says: a", "Carl says: b", "Bye"]
    assert rendered(wording, facts) == ("Alice:", lines)


@pytest.mark.parametrize(
    "typed", ["a\r\nBcc: x@example.org", "{link}", "{who}{who}", "a\u2028b\x00c", "%s {0.__class__}"]
)
def test_what_people_typed_stays_text(typed: str) -> None:
    subject, lines = rendered(Wording("{note}", "Note: {note}\n{link}"), {"note": (typed,), "link": ("L",)})
    assert len(lines) == 2
    assert lines[1] == "L"
    assert not set("\r\n\x00\u2028") & set(subject + lines[0])
    if "{" in typed:
        assert (subject, lines[0]) == (typed, f"Note: {typed}")


@pytest.mark.parametrize(
    ("subject", "text", "field", "why"),
    [
        ("", "x", "subject", "empty"),
        ("x", " \n ", "text", "empty"),
        ("a\nBcc: x@example.org", "x", "subject", "one line"),
        ("a\rb", "x", "subject", "one line"),
        ("a\u202eb", "x", "subject", "one line"),
        ("{password}", "x", "subject", "{who}, {activity}"),
        ("x", "{who.__class__}", "text", "there is not"),
        ("x", "{}", "text", "there is not"),
        ("x", "{who", "text", "brace"),
        ("x", "{{who}}", "text", "brace"),
        ("x" * 201, "x", "subject", "200"),
        ("x", "x" * 1001, "text", "1000"),
        ("x", "x\n" * 5001, "text", "10000"),
    ],
)
def test_what_no_mail_can_have_is_not_kept(subject: str, text: str, field: str, why: str) -> None:
    with pytest.raises(Invalid, match=why) as refused:
        checked(Wording(subject, text))
    assert refused.value.field == field
    assert "password" not in refused.value.detail


def test_every_placeholder_has_an_example() -> None:
    wording = checked(Wording("A", "\n".join(f"{{{name}}}" for name in EXAMPLE)))
    assert rendered(wording, EXAMPLE)[1] == [line for lines in EXAMPLE.values() for line in lines]
    assert checked(Wording(" a  b ", "\nx\r\ny\n")) == Wording("a  b", "x\ny")
