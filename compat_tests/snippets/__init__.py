"""Pieces of old code, in the styles of public programs."""
