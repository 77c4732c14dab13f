"""ReconnectPolicy: its values, its errors and its waits."""

from __future__ import annotations

import contextlib
import copy
import dataclasses
import itertools
import pickle
from typing import Any

import pytest
import requests

from sseclient_ng import ReconnectPolicy, RetriesExhausted, SSEClient
from sseclient_ng.testing import Close, OnAccept, ScriptedServer, response

DEFAULTS: dict[str, Any] = {
    "max_attempts": None,
    "min_delay": 0.25,
    "max_delay": 60.0,
    "factor": 2.0,
    "jitter": 0.5,
    "max_server_delay": 3600.0,
    "retry_first": False,
    "should_retry": None,
}

OTHERS: dict[str, Any] = {
    "max_attempts": 7,
    "min_delay": 1,
    "max_delay": 2,
    "factor": 3,
    "jitter": 0,
    "max_server_delay": 4,
    "retry_first": True,
    "should_retry": print,
}
NUMBERS = ("min_delay", "max_delay", "factor", "jitter", "max_server_delay")


def test_defaults() -> None:
    policy = ReconnectPolicy()
    assert {name: getattr(policy, name) for name in DEFAULTS} == DEFAULTS


def test_values_are_given_by_name() -> None:
    policy = ReconnectPolicy(**OTHERS)
    assert {name: getattr(policy, name) for name in OTHERS} == OTHERS
    plain = dataclasses.replace(policy, should_retry=None)
    assert eval(repr(plain), {"ReconnectPolicy": ReconnectPolicy}) == plain


@pytest.mark.parametrize("name", DEFAULTS)
def test_a_policy_can_not_be_changed(name: str) -> None:
    policy = ReconnectPolicy()
    with pytest.raises(AttributeError):
        setattr(policy, name, 1)
    with pytest.raises(AttributeError):
        delattr(policy, name)
    assert policy == ReconnectPolicy()


def test_a_policy_is_a_value() -> None:
    policy = ReconnectPolicy(**OTHERS)
    assert policy == ReconnectPolicy(**OTHERS) != ReconnectPolicy()
    assert len({policy, ReconnectPolicy(**OTHERS)}) == 1
    assert copy.copy(policy) == pickle.loads(pickle.dumps(policy)) == policy
    assert dataclasses.replace(policy, jitter=1).jitter == 1


REFUSED: list[tuple[str, Any]] = [
    ("max_attempts", 0),
    ("max_attempts", -1),
    *[(name, value) for name in NUMBERS for value in (-0.001, -1, float("nan"), float("inf"))],
    ("factor", 0.999),
    ("factor", 0),
    ("jitter", 1.001),
]


@pytest.mark.parametrize(("name", "value"), REFUSED)
def test_a_value_out_of_its_range_is_named(name: str, value: Any) -> None:
    with pytest.raises(ValueError, match=rf"{name} must be .*{value!r}"):
        ReconnectPolicy(**{name: value})


@pytest.mark.parametrize("value", [0, -1])
def test_too_few_attempts_are_told_what_to_do(value: int) -> None:
    with pytest.raises(ValueError, match=r"at least 1, or None .* reconnect=False"):
        ReconnectPolicy(max_attempts=value)


@pytest.mark.parametrize("name", NUMBERS)
@pytest.mark.parametrize("value", ["1", None, [1]], ids=repr)
def test_a_value_that_is_no_number_is_refused(name: str, value: Any) -> None:
    with pytest.raises((TypeError, ValueError), match=name):
        ReconnectPolicy(**{name: value})


@pytest.mark.parametrize(
    ("name", "value"), [("retry_first", 1), ("retry_first", None), ("should_retry", True)]
)
def test_a_value_of_another_type_is_refused(name: str, value: Any) -> None:
    with pytest.raises(TypeError, match=f"{name} must be .*{value!r}"):
        ReconnectPolicy(**{name: value})


@pytest.mark.parametrize("value", ["1", [1], {}, 1.5, float("inf")], ids=repr)
def test_attempts_that_are_no_number_are_refused(value: Any) -> None:
    with pytest.raises((TypeError, ValueError), match="max_attempts"):
        ReconnectPolicy(max_attempts=value)


@pytest.mark.parametrize(
    "values",
    [
        {"max_attempts": 1},
        {"min_delay": 0, "max_delay": 0, "max_server_delay": 0},
        {"factor": 1},
        {"jitter": 0},
        {"jitter": 1},
    ],
    ids=repr,
)
def test_the_ends_of_the_ranges_are_in_them(values: dict[str, Any]) -> None:
    ReconnectPolicy(**values)


@pytest.mark.parametrize("reconnect", [1, 0, "yes", 2.5, {"max_attempts": 1}], ids=repr)
def test_what_is_no_policy_is_refused_before_anything_is_sent(reconnect: Any) -> None:
    with ScriptedServer() as server:
        with pytest.raises(TypeError, match="ReconnectPolicy"):
            SSEClient(server.url, reconnect=reconnect)
        assert server.connections_accepted == 0


# The waits. The formula is written down in the documentation of the class; here it is read again.


def expected_delay(policy: ReconnectPolicy, failures: int, retry: float, fraction: float) -> float:
    asked = min(retry, policy.max_server_delay)
    shortest = max(policy.min_delay, asked)
    if failures == 0:
        return shortest
    grown = min(policy.max_delay, shortest * policy.factor**failures)
    return max(shortest, grown * (1 - fraction * policy.jitter))


POLICIES = [
    ReconnectPolicy(),
    ReconnectPolicy(jitter=0),
    ReconnectPolicy(jitter=1),
    ReconnectPolicy(min_delay=0, max_delay=0.5),
    ReconnectPolicy(min_delay=5, max_delay=1),
    ReconnectPolicy(factor=1),
    ReconnectPolicy(factor=10, max_delay=10_000, max_server_delay=2),
]


@pytest.mark.parametrize("policy", POLICIES, ids=repr)
@pytest.mark.parametrize("retry", [0, 0.01, 0.25, 3, 59, 60, 61, 1e6])
def test_delay(policy: ReconnectPolicy, retry: float) -> None:
    for failures, fraction in itertools.product([0, 1, 2, 5, 10, 300], [0.0, 0.3, 1.0]):
        expected = expected_delay(policy, failures, retry, fraction)
        assert policy.delay(failures, retry, fraction) == pytest.approx(expected)


@pytest.mark.parametrize("policy", POLICIES, ids=repr)
def test_no_number_of_failures_is_too_large(policy: ReconnectPolicy) -> None:
    for retry in (0, 3):
        expected = expected_delay(policy, 300, retry, 0.0)
        assert policy.delay(100_000, retry, 0.0) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("policy", "retry", "delays"),
    [
        (ReconnectPolicy(jitter=0), 3, [3, 6, 12, 24, 48, 60, 60]),
        (ReconnectPolicy(jitter=0), 0, [0.25, 0.5, 1, 2, 4, 8, 16]),
        (ReconnectPolicy(jitter=0, factor=1), 3, [3, 3, 3]),
        (ReconnectPolicy(jitter=0, max_delay=5), 3, [3, 5, 5]),
        (ReconnectPolicy(jitter=0, max_delay=5), 10, [10, 10, 10]),
        (ReconnectPolicy(jitter=0, min_delay=1), 0.5, [1, 2, 4]),
        (ReconnectPolicy(jitter=0), 10**9, [3600, 3600]),
    ],
)
def test_delays_after_failures_in_a_row(
    policy: ReconnectPolicy, retry: float, delays: list[float]
) -> None:
    assert [policy.delay(failures, retry, 0.7) for failures in range(len(delays))] == delays


# What the client makes of it. It tells each wait before it waits; here they are milliseconds.

# They are long enough that a slow machine does not take an empty connection for one that lived.
QUICK = ReconnectPolicy(min_delay=0.001, max_delay=0.5, factor=2, jitter=0, max_server_delay=0.3)

EVENT = response([b"data: x\n\n"])
RETRY_200 = response([b"retry: 200\ndata: x\n\n"])
RETRY_A_DAY = response([b"retry: 86400000\ndata: x\n\n"])
EMPTY = response([])
PART = response([b"data: unfinished\n"])
GONE = OnAccept(Close())
UNAVAILABLE = response(status=503)
LATER = response(status=503, headers={"Retry-After": "1000"})

WAITS: list[tuple[str, list[Any], list[float]]] = [
    ("after events: retry", [EVENT, EVENT, RETRY_200, EVENT], [100, 100, 200, 200]),
    ("after failures: factor", [EVENT, UNAVAILABLE, GONE, EMPTY], [100, 200, 400, 500]),
    ("nothing from the start", [EMPTY, EMPTY, EMPTY], [200, 400, 500]),
    ("an event resets it", [EVENT, EMPTY, EMPTY, EVENT, EMPTY], [100, 200, 400, 100, 200]),
    ("a part of an event does neither", [EVENT, EMPTY, PART, EMPTY], [100, 200, 200, 400]),
    ("max_server_delay bounds retry", [RETRY_A_DAY, UNAVAILABLE], [300, 500]),
    ("max_server_delay bounds Retry-After", [EVENT, LATER, UNAVAILABLE], [100, 300, 400]),
]


@pytest.mark.parametrize(
    ("scripts", "milliseconds"),
    [(scripts, waits) for _, scripts, waits in WAITS],
    ids=[name for name, _, _ in WAITS],
)
def test_waits_of_the_client(scripts: list[Any], milliseconds: list[float]) -> None:
    waits: list[float] = []
    with ScriptedServer(*scripts) as server:
        client = SSEClient(
            server.url,
            retry=100,
            reconnect=QUICK,
            on_error=lambda error, delay: waits.append(delay * 1000),
        )
        events = list(client)
    assert waits == pytest.approx(milliseconds)
    assert len(events) == sum(script in (EVENT, RETRY_200, RETRY_A_DAY) for script in scripts)


def test_jitter_shortens_waits_by_chance() -> None:
    waits: list[float] = []
    policy = ReconnectPolicy(min_delay=0.001, max_delay=0.02, factor=100, jitter=0.9)
    with ScriptedServer(EVENT, *[UNAVAILABLE] * 20) as server:
        list(
            SSEClient(
                server.url,
                retry=1,
                reconnect=policy,
                on_error=lambda error, delay: waits.append(delay),
            )
        )
    assert len(set(waits)) > 2
    assert all(0.002 <= wait <= 0.02 for wait in waits[1:])


ATTEMPTS: list[tuple[str, int, list[Any], type[Exception]]] = [
    ("one", 1, [EVENT, UNAVAILABLE], requests.HTTPError),
    ("three", 3, [EVENT, UNAVAILABLE, EMPTY, GONE], requests.ConnectionError),
    ("empty answers", 2, [EMPTY, EMPTY, EMPTY], EOFError),
    ("parts of events", 2, [PART, PART, PART], EOFError),
    ("an event starts again", 2, [EVENT, EMPTY, EVENT, EMPTY, UNAVAILABLE], requests.HTTPError),
]


@pytest.mark.parametrize(
    ("most", "scripts", "cause"),
    [row[1:] for row in ATTEMPTS],
    ids=[row[0] for row in ATTEMPTS],
)
def test_the_attempts_are_counted(most: int, scripts: list[Any], cause: type[Exception]) -> None:
    policy = dataclasses.replace(QUICK, max_attempts=most)
    with ScriptedServer(*scripts) as server:
        client = SSEClient(server.url, retry=100, reconnect=policy)
        with pytest.raises(RetriesExhausted) as caught:
            list(client)
        assert server.scripts_left == 0
        assert next(client, None) is None
    assert caught.value.attempts == most
    assert caught.value.url == server.url
    assert isinstance(caught.value.__cause__, cause)


def test_the_first_connection_is_tried_once() -> None:
    with ScriptedServer(UNAVAILABLE, EVENT) as server:
        with pytest.raises(requests.HTTPError):
            SSEClient(server.url, reconnect=dataclasses.replace(QUICK, max_attempts=5))
        assert len(server.requests) == 1


# What a policy says of errors.


def test_the_first_connection_may_be_tried_again() -> None:
    policy = ReconnectPolicy(min_delay=0.001, retry_first=True)
    told: list[Exception] = []
    with ScriptedServer(GONE, UNAVAILABLE, EVENT) as server:
        client = SSEClient(
            server.url, retry=1, reconnect=policy, on_error=lambda error, delay: told.append(error)
        )
        assert next(client).data == "x"
        assert [type(error) for error in told] == [requests.ConnectionError, requests.HTTPError]
        client.close()


def test_the_first_connection_that_never_comes_is_given_up() -> None:
    policy = ReconnectPolicy(min_delay=0.001, retry_first=True, max_attempts=3)
    with ScriptedServer(then=UNAVAILABLE) as server:
        with pytest.raises(RetriesExhausted) as caught:
            SSEClient(server.url, retry=1, reconnect=policy)
        assert caught.value.attempts == len(server.requests) == 3


@pytest.mark.parametrize(
    ("opinion", "script", "raised"),
    [
        (True, response(status=404), None),
        (None, response(status=404), requests.HTTPError),
        (False, response(status=503), requests.HTTPError),
        (None, response(status=503), None),
        (False, GONE, requests.ConnectionError),
        (True, response([b"<p>"], content_type="text/html"), None),
    ],
)
def test_a_policy_may_know_better(opinion: Any, script: Any, raised: Any) -> None:
    asked: list[Exception] = []

    def should_retry(error: Exception) -> Any:
        asked.append(error)
        return None if isinstance(error, EOFError) else opinion

    policy = ReconnectPolicy(min_delay=0.001, should_retry=should_retry)
    with ScriptedServer(EVENT, script, EVENT) as server:
        client = SSEClient(server.url, retry=1, reconnect=policy)
        with pytest.raises(raised) if raised else contextlib.nullcontext():
            assert len(list(client)) == 2
    assert len(asked) >= 1


def test_an_error_of_the_policys_function_comes_out() -> None:
    def should_retry(error: Exception) -> bool:
        raise LookupError("no opinion")

    policy = ReconnectPolicy(min_delay=0.001, should_retry=should_retry)
    with ScriptedServer(EVENT, UNAVAILABLE, EVENT) as server:
        client = SSEClient(server.url, retry=1, reconnect=policy)
        assert next(client).data == "x"
        with pytest.raises(LookupError):
            next(client)
