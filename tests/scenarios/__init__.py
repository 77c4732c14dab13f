"""The scenario table: what networks and servers do, and what a client must do then.

One table, run by both clients (tests/test_faults.py). A row says what the server does with each
request, as a script of `sseclient_ng.testing`, which events come out, and which `Last-Event-ID`
every request carries:

    Scenario("cut inside an event", [[*sent(1, 2), Reset()], answer(2, 3)],
             events="1 2 3", last_event_ids=[None, b"1", b"3"])

After the scripts the server answers 204, which ends a loop. Events are made by `event(number)`: the
number is the data and the id. Clients wait as `QUICK` says, unless the row has other options.
"""

from __future__ import annotations

import pytest
import requests

from scenarios.away import AWAY
from scenarios.comments import COMMENTS
from scenarios.drops import DAMAGE, DROPS, MALFORMED, UNDAMAGED
from scenarios.endings import ENDINGS_KNOWN
from scenarios.first import FIRST
from scenarios.hundreds import HUNDREDS
from scenarios.ids import IDS
from scenarios.limits import LIMITS
from scenarios.reconnection_times import RETRIES
from scenarios.redirects import REDIRECTS
from scenarios.row import Scenario, answer, sent, status
from scenarios.sent_requests import REQUESTS
from scenarios.statuses import INTERIM, STATUSES
from sseclient_ng import EventTooLarge
from sseclient_ng.testing import Hold

SCENARIOS: list[Scenario] = [
    *HUNDREDS,
    *DROPS,
    *DAMAGE,
    *MALFORMED,
    *UNDAMAGED,
    *AWAY,
    *STATUSES,
    *INTERIM,
    *FIRST,
    *REDIRECTS,
    *RETRIES,
    *COMMENTS,
    *IDS,
    *LIMITS,
    *ENDINGS_KNOWN,
    *REQUESTS,
]

# What ends a loop: scripts, options, and the error that comes out, if one does.
ENDINGS = [
    pytest.param([answer(1)], {}, None, id="204"),
    pytest.param([answer(1)], {"reconnect": False}, None, id="reconnect=False"),
    pytest.param([answer(1), status(404)], {}, requests.HTTPError, id="404"),
    pytest.param(
        [[sent(1, rest=b"data: 1234567890"), Hold()]],
        {"max_event_size": 15},
        EventTooLarge,
        id="EventTooLarge",
    ),
    pytest.param(
        [sent(1)], {"reconnect": False}, requests.RequestException, id="a cut, not retried"
    ),
]
