"""The data key of one recording, which stands wrapped in its header."""

from __future__ import annotations

from pathlib import Path
from uuid import UUID

from locum.recordings import reader
from locum.vault.secret import Secret
from locum.vault.store import Vault

KEY_PURPOSE = "recording"


def data_key(vault: Vault, path: Path, recording_id: UUID) -> Secret:
    """The key that opens the chunks of the recording at `path`. Raises NotFound, Damaged, SealBroken."""
    wrapped = reader.header(path).wrapped_key
    return vault.unwrap_data_key(wrapped, purpose=KEY_PURPOSE, subject_id=recording_id)
