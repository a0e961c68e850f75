"""TOOL: what happened on a connection: format, writer, reader, store."""
