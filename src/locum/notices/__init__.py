"""TOOL: mail about what has happened, queued with it and sent until the mail server has it."""
