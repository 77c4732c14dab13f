"""Helpers that run one snippet on two packages and compare."""
