"""TOOL: the only room that sees keys and plaintext secrets."""
