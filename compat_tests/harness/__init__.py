"""What the compatibility tests need to run one snippet on two packages and compare."""
