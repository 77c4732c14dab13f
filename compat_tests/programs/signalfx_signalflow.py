"""signalfx 1.1.16: a SignalFlow computation over the transport for Server-Sent Events.

The client POSTs a program with urllib3 and reads the urllib3 response; it counts on an end of the
body to end the events, and closes the client when it has what it wants.
"""

import json
import sys

if "--published" not in sys.argv:
    import sseclient_ng

    sseclient_ng.install_as_sseclient()

from signalfx.signalflow import SignalFlowClient, messages
from signalfx.signalflow.sse import SSETransport

from sseclient_ng.testing import ScriptedServer, cut, response

REQUIREMENTS = ["signalfx==1.1.16"]

BATCHES = {"messageCode": "FETCH_NUM_TIMESERIES", "numInputTimeSeries": 1}


def event(name, payload):
    lines = json.dumps(payload, indent=1).splitlines()
    return "".join([f"event: {name}\n", *(f"data: {line}\n" for line in lines), "\n"]).encode()


def control(name, **more):
    return event("control-message", {"event": name, "timestampMs": 1, **more})


def data(timestamp, value):
    points = [{"tsId": "AAAA", "value": value}]
    return event("data", {"logicalTimestampMs": timestamp, "data": points})


def main():
    body = b"".join(
        [
            control("STREAM_START"),
            control("JOB_START", handle="h1"),
            event("metadata", {"tsId": "AAAA", "properties": {"host": "größe"}}),
            data(1000, 1.5),
            event("message", {"message": BATCHES, "logicalTimestampMs": 1000}),
            data(2000, 2.5),
            control("END_OF_CHANNEL"),
        ]
    )
    with ScriptedServer(response(cut(body, 13))) as server:
        with SignalFlowClient("token", server.url.rstrip("/"), transport=SSETransport) as client:
            computation = client.execute("data('cpu').publish()", start=1, stop=2)
            seen = list(computation.stream())
            computation.close()
        (request,) = server.requests
    values = [message.data for message in seen if isinstance(message, messages.DataMessage)]
    assert values == [{"AAAA": 1.5}, {"AAAA": 2.5}], values
    assert computation.get_metadata("AAAA") == {"host": "größe"}
    assert computation.id == "h1"
    assert request.method == "POST"
    assert "/v2/signalflow/execute?start=1&stop=2" in request.target, request.target
    assert request.headers["x-sf-token"] == "token"
    print("a computation's data and metadata, over POST")


if __name__ == "__main__":
    main()
