"""GROUND: the append-only, hash-chained log of every state change, and its verifier."""
