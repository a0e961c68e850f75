"""DOOR: background process: claims due work and carries it out."""
