"""Keyword arguments that nobody knows, and what their authors meant."""

from __future__ import annotations

import inspect
from collections.abc import Collection, Mapping
from typing import Any, Callable, Optional, cast

from sseclient_ng._core.policy import ReconnectPolicy

__all__ = ["names_of_parameters", "refuse_unknown"]

_ATTEMPTS = "reconnect=ReconnectPolicy(max_attempts={count})"
_LONGEST_WAIT = "reconnect=ReconnectPolicy(max_delay=60.0)"
_MILLISECONDS = "retry=3000, in milliseconds"
_TIMEOUT = "timeout=(5, 60), the seconds to connect and of silence"
_VERIFY = "verify=False, or the path of a certificate"

# What other clients call it.
_MEANT = {
    "backoff": "reconnect=ReconnectPolicy(factor=2.0)",
    "backoff_factor": "reconnect=ReconnectPolicy(factor=2.0)",
    "body": "data=...",
    "ca_certs": _VERIFY,
    "charset": "char_enc=...",
    "chunk": "chunk_size=...",
    "client": "session=...",
    "connect_timeout": _TIMEOUT,
    "encoding": "char_enc=...",
    "error_strategy": "reconnect=ReconnectPolicy(should_retry=...)",
    "event_id": "last_id=...",
    "http_client": "session=...",
    "initial_retry_delay": _MILLISECONDS,
    "last_event_id": "last_id=...",
    "latest_event_id": "last_id=...",
    "lasteventid": "last_id=...",
    "max_connect_retry": _ATTEMPTS,
    "max_reconnects": _ATTEMPTS,
    "max_reconnection_time": _LONGEST_WAIT,
    "max_retries": _ATTEMPTS,
    "max_retry_delay": _LONGEST_WAIT,
    "max_size": "max_event_size=...",
    "on_close": "on_error=...",
    "on_connect": "on_open=...",
    "on_disconnect": "on_error=...",
    "option": "method=..., data=...",
    "proxy": 'proxies={"https": ...}',
    "read_timeout": _TIMEOUT,
    "reconnect_interval": _MILLISECONDS,
    "reconnect_time": _MILLISECONDS,
    "reconnection_time": _MILLISECONDS,
    "retries": _ATTEMPTS,
    "retry_delay": _MILLISECONDS,
    "retry_delay_strategy": "reconnect=ReconnectPolicy(factor=2.0, max_delay=60.0)",
    "retry_delay_reset_threshold": "reconnect=ReconnectPolicy(max_delay=60.0)",
    "retry_interval": _MILLISECONDS,
    "retry_policy": "reconnect=ReconnectPolicy(...)",
    "retry_time": _MILLISECONDS,
    "ssl": _VERIFY,
    "ssl_verify": _VERIFY,
    "verify_ssl": _VERIFY,
}
# What can't be said by another argument.
_INSTEAD = {
    "on_event": "iterate over the client instead",
    "on_message": "iterate over the client instead",
    "token": 'pass headers={"Authorization": "Bearer ..."}',
}
_OF_THE_POLICY = frozenset(inspect.signature(ReconnectPolicy).parameters)


def names_of_parameters(function: Optional[Callable[..., object]]) -> Optional[frozenset[str]]:
    """Return the names of the parameters of a function; None where it takes any.

    Args:
        function: makes requests. None, and some stand-ins in tests, have no parameters.
    """
    try:
        parameters = inspect.signature(cast(Any, function)).parameters.values()
    except (TypeError, ValueError):
        return None
    if any(parameter.kind is parameter.VAR_KEYWORD for parameter in parameters):
        return None
    return frozenset(parameter.name for parameter in parameters)


def refuse_unknown(
    client: str,
    constructor: Callable[..., None],
    given: Mapping[str, object],
    accepted: Optional[Collection[str]],
    session: object,
) -> None:
    """Refuse keyword arguments that neither a client nor its HTTP library knows.

    Args:
        client: the name of the client.
        constructor: its own, with the arguments that it knows.
        given: the arguments that are not the client's own.
        accepted: the names that the library accepts; None where it accepts any.
        session: the caller's, or None.

    Raises:
        TypeError: there is such an argument; the message says which, and what may be meant.
    """
    if accepted is None:
        return
    for name in given:
        if name not in accepted or name in ("method", "url", "str_or_url"):
            known = {*inspect.signature(constructor).parameters, *accepted} - {name, "self"}
            advice = _advice(name, given[name], known, type(session))
            raise TypeError(f"{client} got an unexpected argument {name!r}{advice}")


def _advice(name: str, value: object, known: Collection[str], session: type) -> str:
    if name in (names_of_parameters(session) or ()):
        return f"; pass it to {session.__module__.partition('.')[0]}.{session.__name__}(...)"
    plain = name.lower()
    if plain in _INSTEAD:
        return f"; {_INSTEAD[plain]}"
    meant = _MEANT.get(plain)
    if plain in _OF_THE_POLICY:
        meant = f"reconnect=ReconnectPolicy({plain}=...)"
    elif meant is None:
        import difflib  # only whoever has made a mistake pays for it

        similar = difflib.get_close_matches(plain, known, n=1, cutoff=0.75)
        meant = f"{similar[0]}=..." if similar else None
    count = value if type(value) is int and value > 0 else 5
    return f"; did you mean {meant.replace('{count}', str(count))}?" if meant else ""
