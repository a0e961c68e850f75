"""PURE: the wording of a mail, with a closed set of placeholders, which stand for text and never for one of them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from locum.kit.errors import Invalid
from locum.notices.format import LONGEST_LINE, LONGEST_SUBJECT, one_line

LONGEST_TEXT = 10_000
EXAMPLE: Mapping[str, tuple[str, ...]] = {
    "who": ("Alice Adams",),
    "activity": ("Linux sudo",),
    "kind": ("Resource",),
    "thing": ("web01",),
    "note": ("restart nginx",),
    "ticket": ("CHG-4711",),
    "starts": ("2026-03-02 09:00 UTC",),
    "ends": ("2026-03-02 10:00 UTC",),
    "answer_by": ("2026-03-02 09:30 UTC",),
    "waited": ("10",),
    "outcome": ("approved",),
    "reason": ("the change has been put off",),
    "said": ("Bob Brown says: until ten at the latest",),
    "session": ("01a20893-f1e6-7462-9c59-90d949168d29",),
    "link": ("https://pam.example.org/…",),
}
"""Every placeholder there is, with what may stand there."""

_PLACEHOLDER = re.compile(r"\{([^{}]*)\}")


@dataclass(frozen=True, slots=True)
class Wording:
    """A subject, and the lines of a text. A line whose placeholders all stand for nothing is left out."""

    subject: str
    text: str


def checked(wording: Wording) -> Wording:
    """The wording as it is kept. Raises Invalid for what no mail can have, and for a placeholder there is not."""
    subject = wording.subject.strip()
    text = wording.text.replace("\r\n", "\n").strip("\n")
    for field, value, longest in (("subject", subject, LONGEST_SUBJECT), ("text", text, LONGEST_TEXT)):
        if not value.strip():
            raise Invalid(f"{field} must not be empty", field=field)
        if len(value) > longest:
            raise Invalid(f"{field} must have at most {longest} characters", field=field)
        _check_braces(field, value)
    if any(c != " " and not one_line(c) for c in subject):
        raise Invalid("subject must be one line of visible characters", field="subject")
    for line in text.split("\n"):
        if len(line) > LONGEST_LINE:
            raise Invalid(f"a line of text must have at most {LONGEST_LINE} characters", field="text")
    return Wording(subject, text)


def rendered(wording: Wording, facts: Mapping[str, tuple[str, ...]]) -> tuple[str, list[str]]:
    """The subject and the lines of one mail. A fact that is not given, or has no lines, is nothing."""
    subject, lines = _filled(wording.subject, facts), []
    for line in wording.text.split("\n"):
        names = _PLACEHOLDER.findall(line)
        if not names or any(facts.get(name) for name in names):
            lines += _filled(line, facts).split("\n")
    return one_line(subject, LONGEST_SUBJECT), [one_line(line) for line in lines]


def _filled(text: str, facts: Mapping[str, tuple[str, ...]]) -> str:
    return _PLACEHOLDER.sub(lambda found: "\n".join(one_line(one) for one in facts.get(found[1], ())), text)


def _check_braces(field: str, value: str) -> None:
    unknown = next((name for name in _PLACEHOLDER.findall(value) if name not in EXAMPLE), None)
    if unknown is not None:
        known = ", ".join(f"{{{name}}}" for name in EXAMPLE)
        raise Invalid(f"{field} has a placeholder there is not; there are {known}", field=field)
    rest = _PLACEHOLDER.sub("", value)
    if "{" in rest or "}" in rest:
        raise Invalid(f"{field} has a brace that is no placeholder's", field=field)
