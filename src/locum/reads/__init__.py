"""READS: lists and searches that join rooms; read-only transactions."""
