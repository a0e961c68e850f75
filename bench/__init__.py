"""Measures Locum against public tools on the machine at hand: `make bench`. See docs/performance.md."""
