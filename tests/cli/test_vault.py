"""`locum vault …` from the command line: what goes to which command, and the text for LOCUM_ROOT_KEY."""

from __future__ import annotations

from typing import Any

import pytest
from click.testing import CliRunner

from locum.cli.main import cli
from locum.main import operate, root_key_move
from locum.vault.key_text import parsed


@pytest.mark.parametrize(
    ("words", "command", "arguments"),
    [
        (["status"], "vault.status", {}),
        (["rotate-root"], "vault.rotate-root", {"prepare_only": False}),
        (["rotate-root", "--prepare"], "vault.rotate-root", {"prepare_only": True}),
        (["drop-retired"], "vault.drop-retired", {}),
    ],
)
def test_commands(
    words: list[str], command: str, arguments: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[object] = []

    def note(name: str, data_dir: object, database_url: object, **more: object) -> dict[str, Any]:
        asked.append((name, str(data_dir), database_url, more))
        return {"ok": True, "text": "done"}

    monkeypatch.setattr(operate, "operate", note)
    done = CliRunner().invoke(cli, ["vault", *words, "--data-dir", "x", "--database-url", "y"])
    assert (done.exit_code, done.output) == (0, "done\n")
    assert asked == [(command, "x", "y", arguments)]


def test_moves_go_to_the_directory_with_their_files(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[object] = []

    def note(*given: object) -> dict[str, Any]:
        asked.append(tuple(map(str, given)))
        return {"ok": True, "text": "done"}

    monkeypatch.setattr(root_key_move, "move_root_key", note)
    monkeypatch.setattr(root_key_move, "change_passphrase", note)
    around = ["--data-dir", "x", "--database-url", "y", "--new-unlock-file", "z"]
    for words in (["move-root", "--to", "file"], ["change-passphrase"]):
        done = CliRunner().invoke(cli, ["vault", *words, *around])
        assert (done.exit_code, done.output) == (0, "done\n")
    assert asked == [("x", "y", "file", "z"), ("x", "y", "z")]
    assert CliRunner().invoke(cli, ["vault", "move-root", "--data-dir", "x"]).exit_code == 2
    assert len(asked) == 2


def test_new_text(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("LOCUM_ROOT_KEY", raising=False)
    first = CliRunner().invoke(cli, ["vault", "new-text"]).output
    monkeypatch.setenv("LOCUM_ROOT_KEY", first.strip())
    second = CliRunner().invoke(cli, ["vault", "new-text"]).output
    monkeypatch.setenv("LOCUM_ROOT_KEY", second)
    third = CliRunner().invoke(cli, ["vault", "new-text", "--drop-retired"]).output
    one, two, three = (parsed(text.encode(), "x") for text in (first, second, third))
    assert two.retired == (one.active,)
    assert three.active == two.active
    assert three.retired == ()
    assert three.dropped == (one.active_id,)
