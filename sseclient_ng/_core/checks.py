"""Checks of what a program passes: errors that name the option, the value, and what is wanted."""

from __future__ import annotations

from numbers import Integral, Real
from typing import cast

__all__ = ["check_count", "check_function", "check_number", "check_switch", "check_text"]


def check_number(name: str, value: object, wanted: str = "a number") -> None:
    """Refuse what is no number, or is negative or infinite.

    Args:
        name: the option.
        value: what was passed.
        wanted: what it must be, with its unit.

    Raises:
        TypeError: it is no number.
        ValueError: it is out of range.
    """
    # Python's own types first: others, such as NumPy's, take longer to look up.
    if isinstance(value, bool) or not isinstance(value, (int, float, Real)):
        raise TypeError(f"{name} must be {wanted}, not {value!r}")
    if not 0 <= cast(float, value) < float("inf"):
        raise ValueError(f"{name} must be finite and not negative, not {value!r}")


def check_count(name: str, value: object, wanted: str, advice: str = "") -> None:
    """Refuse what is neither a whole number from 1 on, nor None.

    Args:
        name: the option.
        value: what was passed.
        wanted: what it must be, with its unit.
        advice: what else the program may have meant.

    Raises:
        TypeError: it is no whole number.
        ValueError: it is less than 1.
    """
    if value is None:
        return
    if isinstance(value, bool) or not isinstance(value, (int, Integral)):
        raise TypeError(f"{name} must be {wanted}, or None for no limit, not {value!r}{advice}")
    if value < 1:
        raise ValueError(f"{name} must be at least 1, or None for no limit, not {value!r}{advice}")


def check_switch(name: str, value: object) -> None:
    """Refuse what is neither True nor False.

    Args:
        name: the option.
        value: what was passed.

    Raises:
        TypeError: it is something else.
    """
    if not isinstance(value, bool):
        raise TypeError(f"{name} must be True or False, not {value!r}")


def check_text(name: str, value: object, wanted: str) -> None:
    """Refuse what is neither text nor None.

    Args:
        name: the option.
        value: what was passed.
        wanted: what it must be.

    Raises:
        TypeError: it is something else.
    """
    if value is not None and not isinstance(value, str):
        raise TypeError(f"{name} must be {wanted}, not {value!r}")


def check_function(name: str, value: object) -> None:
    """Refuse what is neither a function nor None.

    Args:
        name: the option.
        value: what was passed.

    Raises:
        TypeError: it is something else.
    """
    if value is not None and not callable(value):
        raise TypeError(f"{name} must be a function or None, not {value!r}")
