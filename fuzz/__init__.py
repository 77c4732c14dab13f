"""Random input by the million, for what the tests try with a few hundred: `python -m fuzz`."""
