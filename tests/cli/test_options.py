"""What an admin command answers: words or an object, and an exit status."""

from __future__ import annotations

import json

import pytest

from locum.cli.options import print_and_exit


@pytest.mark.parametrize(("ok", "status"), [(True, 0), (False, 1)])
def test_words(ok: bool, status: int, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        print_and_exit({"ok": ok, "text": "words"})
    assert ended.value.code == status
    shown = capsys.readouterr()
    assert (shown.out if ok else shown.err) == "words\n"
    assert (shown.err if ok else shown.out) == ""


def test_an_object(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        print_and_exit({"ok": True, "object": {"a": [1]}})
    assert ended.value.code == 0
    assert json.loads(capsys.readouterr().out) == {"a": [1]}
