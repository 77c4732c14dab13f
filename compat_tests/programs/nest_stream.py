"""python-nest 4.2.0, a client of the Nest thermostats' API: its data stream.

The server redirects to another host as the service did, then sends ``put`` events. The client reads
``response.iter_content()`` in a thread of its own and is told of updates through an event.
"""

import json
import sys
import threading

if "--published" not in sys.argv:
    import sseclient_ng

    sseclient_ng.install_as_sseclient()

import nest.nest

from sseclient_ng.testing import ScriptedServer, WaitFor, response

REQUIREMENTS = ["python-nest==4.2.0"]


def put(temperature):
    device = {"name": "Küche", "ambient_temperature_c": temperature, "temperature_scale": "C"}
    data = {"devices": {"thermostats": {"t1": device}}, "structures": {}, "metadata": {}}
    return f"event: put\ndata: {json.dumps({'path': '/', 'data': data})}\n\n".encode()


def main():
    warmer = threading.Event()
    keep_alive = b"event: keep-alive\ndata: null\n\n"
    body = [put(20.5), keep_alive, WaitFor(warmer), put(21.5), keep_alive]
    ended = threading.Event()
    stream = response([*body, WaitFor(ended)])
    with ScriptedServer(routes={"/stream": [stream]}) as server:
        server.add(response(status=307, headers={"Location": server.url_for("/stream")}))
        nest.nest.API_URL = server.url.rstrip("/")
        api = nest.nest.Nest(access_token="token")
        (thermostat,) = api.thermostats
        before = thermostat.temperature
        api.update_event.clear()
        warmer.set()
        assert api.update_event.wait(10), "no update"
        after = thermostat.temperature
        reader = api._event_thread
        ended.set()
        reader.join(10)
        assert not reader.is_alive(), "the end of the stream did not end its thread"
        asked = [(request.path, request.headers["authorization"]) for request in server.requests]
    assert (before, after) == (20.5, 21.5), (before, after)
    assert asked == [("/", "Bearer token"), ("/stream", "Bearer token")], asked
    print("two states of a thermostat, as they arrived; the end of the body ended its thread")


if __name__ == "__main__":
    main()
