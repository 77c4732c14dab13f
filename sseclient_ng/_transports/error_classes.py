"""Classes of errors that belong to requests and to another library at once."""

from __future__ import annotations

__all__ = ["class_of_both"]


def class_of_both(library: str, ours: type, theirs: type, *more: type) -> type[Exception]:
    """Return the class of an error that is of both libraries; the same one each time.

    Args:
        library: the name of the other library.
        ours: the class of requests.
        theirs: the class of the other library.
        more: further base classes.
    """
    name = "".join([library.capitalize(), *(base.__name__ for base in more), theirs.__name__])
    if ours.__name__ != theirs.__name__:
        name += f"As{ours.__name__}"
    if name not in globals():  # where pickles look for it, too
        body = {"__module__": __name__, "__doc__": theirs.__doc__}
        globals()[name] = type(name, (ours, theirs, *more), body)
    made: type[Exception] = globals()[name]
    return made
