"""NOUN: people, groups and applications that use Locum, and how they prove who they are."""
