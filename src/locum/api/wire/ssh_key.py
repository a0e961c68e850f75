"""SSH public keys that people sign in with at the SSH gateway. The contract has none of this."""

from __future__ import annotations

from uuid import UUID

from locum.api.wire.base import NEVER, Document, In, Name, Out, Time
from locum.kit.ids import NIL


class SshKeyView(Out):
    """A registered key. `fingerprint` is what `ssh-keygen -l` prints; `securityKey`: it lies in a FIDO2 device;
    `endsAt`: it belongs to a sign-in, which is over then at the latest.
    """

    id: UUID = NIL
    managed_account_id: UUID = NIL
    name: str = ""
    algorithm: str = ""
    public_key: str = ""
    fingerprint: str = ""
    security_key: bool = False
    created_date_time_utc: Time = NEVER
    last_used_date_time_utc: Time | None = None
    ends_at: Time | None = None


class NewSshKey(In):
    """`publicKey` is the one line of a `.pub` file, at most 4000 characters. `endsWithSignIn`: it is good for as long
    as the caller's sign-in, and counts as one made with what that was made with.
    """

    name: Name
    public_key: Document
    ends_with_sign_in: bool = False
