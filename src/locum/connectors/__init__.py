"""TOOL: one platform, one file; knows nothing of our database."""
