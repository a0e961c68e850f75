"""NOUN: named kinds of access, and connection profiles."""
