"""Pyrebase 2.0.0, a client of the Firebase Realtime Database: ``stream()`` and its ``close()``.

The server speaks the database's streaming protocol: ``put``, ``patch`` and ``keep-alive`` events.
Pyrebase reads them in a thread of its own; ``close()``, called from the main thread, shuts the
socket down below the response and expects the loop to end.
"""

import json
import queue
import sys
import threading

if "--published" not in sys.argv:
    import sseclient_ng

    sseclient_ng.install_as_sseclient()

import pyrebase

from sseclient_ng.testing import Hold, ScriptedServer, response

REQUIREMENTS = ["pyrebase==2.0.0"]


def event(name, path, data):
    body = json.dumps({"path": path, "data": data}) if path else "null"
    return f"event: {name}\ndata: {body}\n\n".encode()


def main():
    all_data = event("put", "/", {"chat": {}})
    first = response(
        [
            all_data,
            event("put", "/chat/a", {"text": "grüße"}),
            event("keep-alive", None, None),
            b"retry: 10\n\n",
        ]
    )
    second = response([all_data, event("patch", "/chat/b", {"n": 2}), Hold()])
    with ScriptedServer(first, second) as server:
        database = pyrebase.Firebase(server.url_for("/db.firebaseio.com"), "secret")
        heard = queue.Queue()
        stream = database.child("chat").stream(heard.put)
        messages = [heard.get(timeout=10), heard.get(timeout=10)]
        closer = threading.Thread(target=stream.close, daemon=True)
        closer.start()
        closer.join(10)
        assert not closer.is_alive(), "close() did not end the stream"
        assert not stream.thread.is_alive()
        requests = [(request.method, request.path) for request in server.requests]
    assert messages == [
        {"path": "/chat/a", "data": {"text": "grüße"}, "event": "put"},
        {"path": "/chat/b", "data": {"n": 2}, "event": "patch"},
    ], messages
    assert requests == [("GET", "/db.firebaseio.com/chat.json")] * 2, requests
    print("two messages over two connections; close() from another thread ended the stream")


if __name__ == "__main__":
    main()
