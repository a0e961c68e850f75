"""How a key is spelled. What a scanner relies on does not change, so one key stands here in full."""

from __future__ import annotations

from locum.identities.key_format import PATTERN, PREFIX, spelled, well_formed

# No installation's key: its random bits count from 0 to 31.
EXAMPLE = "locum_ak_003aUlTJC7tjlCTQj2uNU3MFagCXG9LRKRcwGkBIDlf1jPkvn"


def test_the_spelling_of_given_bits() -> None:
    assert spelled(int.from_bytes(range(32), "big")) == EXAMPLE
    assert well_formed(EXAMPLE)


def test_the_smallest_and_the_greatest_number_take_the_same_room() -> None:
    for bits in (0, 2**256 - 1):
        key = spelled(bits)
        assert len(key) == len(PREFIX) + 49
        assert PATTERN.fullmatch(key)
        assert well_formed(key)
    assert spelled(0).startswith(PREFIX + "0" * 43)


def test_every_digit_is_checked() -> None:
    for place in range(len(EXAMPLE)):
        other = "x" if EXAMPLE[place] != "x" else "y"
        assert not well_formed(EXAMPLE[:place] + other + EXAMPLE[place + 1 :])


def test_only_a_whole_key_is_one() -> None:
    for text in ("", PREFIX, EXAMPLE[:-1], EXAMPLE + "0", f" {EXAMPLE}", f"{EXAMPLE}\n", EXAMPLE.upper()):
        assert not well_formed(text)
