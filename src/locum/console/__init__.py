"""Serves the browser console, a static client of the API: files that were built before, and nothing else."""
