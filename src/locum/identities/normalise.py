"""PURE: one spelling of a name, so that every variant of it is one identity (SEC-04).

Every door that takes a name (sign-in, SSH, creation, search by exact name) asks this function and no other.
"""

from __future__ import annotations

import unicodedata

from locum.kit.errors import Invalid

NAME_LIMIT = 256

# Control, format, surrogate, private use and unassigned characters: they don't show, or show differently everywhere.
_REFUSED_CATEGORIES = frozenset({"Cc", "Cf", "Cs", "Co", "Cn"})

# Letters and marks that print nothing (Unicode Default_Ignorable_Code_Point outside the categories above).
_INVISIBLE = frozenset(
    chr(point)
    for first, last in (
        (0x034F, 0x034F),
        (0x115F, 0x1160),
        (0x17B4, 0x17B5),
        (0x180B, 0x180F),
        (0x3164, 0x3164),
        (0xFE00, 0xFE0F),
        (0xFFA0, 0xFFA0),
        (0xE0100, 0xE01EF),
    )
    for point in range(first, last + 1)
)

# The iota below a Greek letter becomes a letter of its own in capitals, at a place that depends on the order of the
# other marks, so that two spellings of one name would get two keys.
_IOTA_SUBSCRIPT = "\u0345"


def spelling(name: str) -> str:
    """The name as it is shown: composed (NFC), trimmed, runs of white space as one space.

    Raises Invalid when nothing is left, when it is over 256 characters, or when a character in it can't be seen.
    """
    shown = " ".join(unicodedata.normalize("NFC", name).split())
    if not shown:
        raise Invalid("the name is empty", field="name")
    if len(shown) > NAME_LIMIT:
        raise Invalid(f"the name is longer than {NAME_LIMIT} characters", field="name")
    for character in shown:
        if character in _INVISIBLE or unicodedata.category(character) in _REFUSED_CATEGORIES:
            raise Invalid("the name has a character that can't be seen", field="name")
    if _IOTA_SUBSCRIPT in unicodedata.normalize("NFKD", shown):
        raise Invalid("the name has a Greek letter with iota subscript, which has no one spelling", field="name")
    return shown


def normalise(name: str) -> str:
    """The key of a name: NFKC, upper- then case-folded, trimmed, runs of white space as one space.

    Folding by way of upper case makes `ı` and `i` one, because both are written `I` in capitals. Raises Invalid as
    `spelling` does.
    """
    key = spelling(name)
    # One pass is not enough: folding can make a character that NFKC changes again.
    while (folded := _fold(key)) != key:
        key = folded
    return spelling(key)


def _fold(text: str) -> str:
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).upper().casefold())
    return " ".join(folded.split())
