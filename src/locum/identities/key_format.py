"""PURE: how an API key is spelled, so that it can be told from other text without the database.

Form: `locum_ak_`, 43 base-62 digits of randomness, 6 base-62 digits of the CRC-32 of all before them; as a pattern
`locum_ak_[0-9A-Za-z]{49}`. Scanners of leaked secrets rely on it: it does not change.
"""

from __future__ import annotations

import re
import string
import zlib

PREFIX = "locum_ak_"
PATTERN = re.compile(r"locum_ak_[0-9A-Za-z]{49}")

_DIGITS = string.digits + string.ascii_uppercase + string.ascii_lowercase
_RANDOM_DIGITS = 43
_CHECK_DIGITS = 6


def spelled(random_bits: int) -> str:
    """The key with these 256 random bits."""
    body = PREFIX + _base62(random_bits, _RANDOM_DIGITS)
    return body + _checksum(body)


def well_formed(text: str) -> bool:
    """Whether `text` has the form of a key, checksum included."""
    return PATTERN.fullmatch(text) is not None and _checksum(text[:-_CHECK_DIGITS]) == text[-_CHECK_DIGITS:]


def _checksum(body: str) -> str:
    return _base62(zlib.crc32(body.encode()), _CHECK_DIGITS)


def _base62(number: int, length: int) -> str:
    digits = []
    for _ in range(length):
        number, digit = divmod(number, len(_DIGITS))
        digits.append(_DIGITS[digit])
    return "".join(reversed(digits))
