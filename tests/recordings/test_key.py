"""The data key of a recording."""

from __future__ import annotations

from pathlib import Path
from uuid import uuid4

import pytest

from locum.kit.errors import NotFound
from locum.recordings.format import Event
from locum.recordings.key import KEY_PURPOSE, data_key
from locum.vault.keyring import Keyring
from locum.vault.seal import SealBroken, new_key
from locum.vault.store import Vault
from recorded import RECORDING_ID, frames


def test_it_comes_out_of_the_header_for_this_recording_only(tmp_path: Path) -> None:
    file, vault = tmp_path / "x.locrec", Vault(Keyring(new_key()))
    key, wrapped = vault.new_data_key(purpose=KEY_PURPOSE, subject_id=RECORDING_ID)
    file.write_bytes(b"".join(frames([[Event(1.0, "o", b"x")]], key=key, wrapped=wrapped)))
    assert data_key(vault, file, RECORDING_ID) == key
    with pytest.raises(SealBroken):
        data_key(vault, file, uuid4())
    with pytest.raises(SealBroken):
        data_key(Vault(Keyring(new_key())), file, RECORDING_ID)
    with pytest.raises(NotFound):
        data_key(vault, tmp_path / "none.locrec", RECORDING_ID)
