"""A Secret gives its value to whoever asks for it by name, and to nothing else."""

from __future__ import annotations

import copy
import json
import logging
import pickle
import traceback
from dataclasses import asdict, dataclass

import msgspec
import pytest

from locum.vault.secret import Secret

CANARY = "canary-1d9e"


@dataclass
class Holder:
    name: str
    secret: Secret


class Row(msgspec.Struct):
    secret: Secret


def test_reveal() -> None:
    assert Secret(CANARY).reveal() == CANARY.encode()
    assert Secret(b"\xc3\xa9").reveal_text() == "é"


def test_no_text_form_holds_the_value() -> None:
    secret = Secret(CANARY)
    template, old_template = "{:>40}", "%s"
    forms = [repr(secret), str(secret), f"{secret}", f"{secret!r}", ascii(secret)]
    forms += [template.format(secret), old_template % secret]
    forms += [repr([secret]), repr(Holder("a", secret)), repr(Row(secret))]
    assert all(CANARY not in form for form in forms)


def test_no_log_line_holds_the_value(caplog: pytest.LogCaptureFixture) -> None:
    logging.getLogger("test").warning("got %s and %r", Secret(CANARY), {"key": Secret(CANARY)})
    assert "Secret" in caplog.text
    assert CANARY not in caplog.text


@pytest.mark.parametrize(
    "serialise",
    [
        json.dumps,
        pickle.dumps,
        copy.copy,
        copy.deepcopy,
        msgspec.json.encode,
        msgspec.msgpack.encode,
        msgspec.to_builtins,
        lambda secret: msgspec.json.encode(Row(secret)),
        lambda secret: msgspec.to_builtins({"a": [secret]}),
        lambda secret: asdict(Holder("a", secret)),
        vars,
        bytes,
        iter,
        hash,
    ],
)
def test_nothing_serialises_it(serialise: object) -> None:
    with pytest.raises(TypeError) as caught:
        serialise(Secret(CANARY))  # type: ignore[operator]
    assert CANARY not in "".join(traceback.format_exception(caught.value))


def test_equality() -> None:
    assert Secret("a") == Secret(b"a")
    assert Secret("a") != Secret("b")
    assert Secret("a") != "a"


def test_wiping_overwrites_what_python_lets_us_overwrite() -> None:
    held = bytearray(b"key")
    secret = Secret(held)
    assert secret.buffer() is held
    assert secret.reveal() == b"key"
    assert isinstance(secret.reveal(), bytes)
    secret.wipe()
    assert held == bytes(3)
    fixed = b"text"
    assert Secret(fixed).reveal() is fixed
    Secret(fixed).wipe()
    assert fixed == b"text"
    assert Secret(bytearray(b"a")) == Secret(b"a")


def test_what_stands_in_its_place() -> None:
    assert f"{Secret('x')}" == "Secret(…)"
    with pytest.raises(TypeError, match=r"^a Secret can't be serialised$"):
        pickle.dumps(Secret("x"))
