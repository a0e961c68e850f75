"""The key by which a thing's name is found: resources, activities, policies (people have `identities.normalise`)."""

from __future__ import annotations

import unicodedata

from locum.kit.errors import Invalid

LONGEST_NAME = 256
_ROUNDS = 3


def name_key(name: str) -> str:
    """NFKC, outer space gone, case folded, `_` the same as a space.

    A direct-connect user name can hold no space and writes `_` for it (PRX-03), so two names that differ only in
    that must not exist side by side; the key is unique in the database.
    """
    key = name
    for _ in range(_ROUNDS):  # folding can make what NFKC or the trimming would still change
        key = unicodedata.normalize("NFKC", key).strip().casefold().replace("_", " ")
    return unicodedata.normalize("NFKC", key).strip()


def checked_name(name: str | None, *, field: str) -> str:
    """A name fit to be shown and found again: not empty, no control characters, at most 256 characters."""
    trimmed = unicodedata.normalize("NFKC", name or "").strip()
    if not trimmed:
        raise Invalid(f"{field} must not be empty", field=field)
    if len(trimmed) > LONGEST_NAME or len(name_key(trimmed)) > LONGEST_NAME:
        raise Invalid(f"{field} must not be longer than {LONGEST_NAME} characters", field=field)
    if any(unicodedata.category(c) in {"Cc", "Cf", "Cs", "Co", "Zl", "Zp"} for c in trimmed):
        raise Invalid(f"{field} must not hold control or invisible characters", field=field)
    return trimmed
