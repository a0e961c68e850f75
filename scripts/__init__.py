"""Checks and chores around the project; the Makefile calls them."""
