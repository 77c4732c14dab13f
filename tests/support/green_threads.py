"""A program that closes a client in a green thread from another one.

Arguments: gevent or eventlet, the URL, the port of the test, how many events to wait for, and the
options of the client as JSON. When the events are there it connects to the port, and closes the
client at the first byte from it. It prints what became of the client, as JSON.
"""

from __future__ import annotations

import importlib
import json
import sys

library, url, port, events, options = sys.argv[1:]
if library == "gevent":
    importlib.import_module("gevent.monkey").patch_all()
else:
    importlib.import_module("eventlet").monkey_patch()

import socket  # noqa: E402 - after they are patched
import threading  # noqa: E402
import time  # noqa: E402

from sseclient_ng import ReconnectPolicy, SSEClient  # noqa: E402

PATIENCE = 20.0  # seconds

clients: list[SSEClient] = []
data: list[str] = []


class Client(SSEClient):
    def __init__(self) -> None:
        clients.append(self)
        super().__init__(url, reconnect=ReconnectPolicy(min_delay=0.01), **json.loads(options))


def read() -> None:
    for event in Client():
        data.append(event.data)  # noqa: PERF401 - another thread counts them


reader = threading.Thread(target=read)
reader.start()
deadline = time.monotonic() + PATIENCE
while len(data) < int(events) and time.monotonic() < deadline:
    time.sleep(0.01)
with socket.create_connection(("127.0.0.1", int(port))) as control:
    control.recv(1)
clients[0].close()
reader.join(PATIENCE)
json.dump({"data": data, "threads": [each.name for each in threading.enumerate()]}, sys.stdout)
