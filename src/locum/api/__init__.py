"""DOOR: the REST API; a URL segment is a file name."""
