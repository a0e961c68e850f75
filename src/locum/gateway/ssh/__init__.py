"""DOOR: the SSH gateway: server login, relay, upstream."""
