"""NOUN: logins on resources whose secrets we keep."""
