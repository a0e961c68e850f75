"""The text that holds the root keys: whole or refused, and it tells which key seals, which open and which are gone."""

from __future__ import annotations

import base64
import dataclasses
import hashlib

import pytest

from locum.kit.errors import StartError
from locum.vault.key_text import RootKeys, closed, lines_of, parsed, written
from locum.vault.seal import key_id, new_key
from locum.vault.secret import Secret

ONE, TWO, THREE, FOUR = (Secret(bytes([number]) * 32) for number in range(1, 5))
FULL = RootKeys(ONE, TWO, (THREE, FOUR), ("f" * 32,))
VARIANTS = [RootKeys(ONE), RootKeys(ONE, next=TWO), RootKeys(ONE, retired=(TWO,)), FULL]


def line(state: str, key: Secret) -> str:
    return f"{state} {key_id(key)} {base64.b64encode(key.reveal()).decode()}"


def refused(content: bytes) -> str:
    with pytest.raises(StartError) as caught:
        parsed(content, "SOURCE")
    assert caught.value.detail.startswith("SOURCE ")
    return caught.value.detail


@pytest.mark.parametrize("keys", VARIANTS)
def test_round_trip(keys: RootKeys) -> None:
    assert parsed(written(keys), "x") == keys


def test_the_form_is_what_the_document_says() -> None:
    lines = ["locum-root-keys 2", line("active", ONE), line("next", TWO), line("retired", THREE)]
    lines += [line("retired", FOUR), "dropped " + "f" * 32]
    text = "".join(f"{one}\n" for one in lines)
    assert written(FULL).decode() == f"{text}end {hashlib.sha256(text.encode()).hexdigest()}\n"


@pytest.mark.parametrize("keys", VARIANTS)
def test_every_cut_and_every_changed_byte_is_noticed(keys: RootKeys) -> None:
    whole = written(keys)
    for position in range(len(whole)):
        assert "is not a whole root key file" in refused(whole[:position])
        assert "is not a whole root key file" in refused(
            whole[:position] + bytes([whole[position] ^ 1]) + whole[position + 1 :]
        )


def test_a_line_taken_out_is_noticed() -> None:
    lines = written(FULL).splitlines(keepends=True)
    for number in range(len(lines)):
        refused(b"".join(lines[:number] + lines[number + 1 :]))


def test_the_form_of_the_first_release_is_read() -> None:
    text = f"locum-root-keys 1\n{line('active', ONE)}\n{line('retired', TWO)}\n"
    assert parsed(text.encode(), "x") == RootKeys(ONE, retired=(TWO,))
    for length in range(len(text)):
        if text[: length + 1].count("\n") < 2:
            refused(text[:length].encode())
    refused(text[:-1].encode())


@pytest.mark.parametrize(
    ("lines", "words"),
    [
        (["something else", line("active", ONE)], "not a whole"),
        (["locum-root-keys 2"], "exactly one active key, it holds 0"),
        (["locum-root-keys 2", line("retired", ONE)], "exactly one active key, it holds 0"),
        (["locum-root-keys 2", line("active", ONE), line("active", TWO)], "exactly one active key, it holds 2"),
        (["locum-root-keys 2", line("active", ONE), line("next", TWO), line("next", THREE)], "exactly one"),
        (["locum-root-keys 2", line("active", ONE), line("other", TWO)], "damaged in line 3"),
        (["locum-root-keys 2", line("active", ONE).replace(key_id(ONE), key_id(TWO))], "damaged in line 2"),
        (["locum-root-keys 2", f"active {key_id(ONE)} ?"], "damaged in line 2"),
        (["locum-root-keys 2", f"active {key_id(Secret(b'x'))} eA=="], "damaged in line 2"),
        (["locum-root-keys 2", ""], "damaged in line 2"),
    ],
)
def test_what_is_whole_and_wrong_is_refused(lines: list[str], words: str) -> None:
    found = refused(closed(lines))
    assert words in found
    assert base64.b64encode(ONE.reveal()).decode()[:12] not in found


def test_a_key_has_one_spelling() -> None:
    """Base64's last digit carries bits that decoding ignores."""
    encoded = base64.b64encode(ONE.reveal()).decode()
    respelt = encoded[:-2] + chr(ord(encoded[-2]) + 1) + "="
    assert base64.b64decode(respelt) == ONE.reveal()
    assert "damaged in line 2" in refused(closed(["locum-root-keys 2", f"active {key_id(ONE)} {respelt}"]))


def test_lines_need_their_own_end() -> None:
    content = closed(["a", "b\x0bc", ""])
    assert lines_of(content, "x") == ["a", "b\x0bc", ""]
    for other in (b"", b"end ", content.upper(), content + b"\n", content.replace(b"end", b"End")):
        with pytest.raises(StartError, match="x is not a whole"):
            lines_of(other, "x")
    body = "é\n".encode()
    with pytest.raises(StartError, match="not a whole"):
        lines_of(body + f"end {hashlib.sha256(body).hexdigest()}\n".encode(), "x")


def test_a_rotation_step_by_step() -> None:
    keys = RootKeys(ONE)
    assert keys.advanced() == keys
    waiting = keys.with_next(TWO)
    assert waiting.active_id == key_id(ONE)
    assert waiting.with_next(THREE) == waiting  # the one that waits is perhaps on other nodes already
    rotated = waiting.advanced()
    assert rotated == RootKeys(TWO, retired=(ONE,))
    assert rotated.advanced() == rotated
    again = rotated.with_next(THREE).advanced()
    assert again.retired_ids == [key_id(ONE), key_id(TWO)]
    assert again.without_retired([]) == again
    assert again.without_retired([key_id(THREE)]) == again  # the active one is never dropped
    left = again.without_retired([key_id(ONE)])
    assert left == RootKeys(THREE, retired=(TWO,), dropped=(key_id(ONE),))
    gone = left.without_retired(left.retired_ids)
    assert gone == RootKeys(THREE, dropped=(key_id(ONE), key_id(TWO)))


def test_what_opens() -> None:
    assert FULL.by_id == {key_id(key): key for key in (ONE, TWO, THREE, FOUR)}
    assert RootKeys(ONE).by_id == {key_id(ONE): ONE}


def test_later_keys_of_the_same_installation_are_known() -> None:
    for before in (ONE, TWO, THREE, FOUR):
        assert FULL.follow(key_id(before))
    assert FULL.follow("f" * 32)
    assert not FULL.follow(key_id(new_key()))


def test_keys_are_not_shown() -> None:
    for field in dataclasses.fields(FULL):
        assert "1" * 8 not in repr(getattr(FULL, field.name))
    assert base64.b64encode(ONE.reveal()).decode() not in repr(FULL)
