"""Benchmarks beside every peer: `python -m benchmarks`, from the root of the repository."""
