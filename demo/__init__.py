"""The demo: real hosts and a real Locum on one machine."""
