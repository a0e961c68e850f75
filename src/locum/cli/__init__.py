"""DOOR: the commands of operators and users."""
