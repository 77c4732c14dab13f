"""Pieces of old code, in the styles that are found in public programs."""
