"""jmapc 0.4.0, a client of JMAP mail servers: ``client.events`` over TLS.

The server answers for the session document, then as the push event source of RFC 8620, section
7.3: ``state`` events, ``ping`` events, a drop, and a short outage at the reconnect.
"""

import itertools
import json
import os
import ssl
import sys
import tempfile

if "--published" not in sys.argv:
    import sseclient_ng

    sseclient_ng.install_as_sseclient()

import jmapc
import trustme

from sseclient_ng.testing import Hold, ScriptedServer, response

REQUIREMENTS = ["jmapc==0.4.0", "trustme"]

CORE = {
    "maxSizeUpload": 1,
    "maxConcurrentUpload": 1,
    "maxSizeRequest": 1,
    "maxConcurrentRequests": 1,
    "maxCallsInRequest": 1,
    "maxObjectsInGet": 1,
    "maxObjectsInSet": 1,
    "collationAlgorithms": [],
}


def session(url):
    document = {
        "username": "me",
        "apiUrl": f"{url}api",
        "downloadUrl": f"{url}down",
        "uploadUrl": f"{url}up",
        "eventSourceUrl": url + "events?types={types}&closeafter={closeafter}&ping={ping}",
        "state": "s1",
        "primaryAccounts": {},
        "capabilities": {"urn:ietf:params:jmap:core": CORE},
    }
    return response(json.dumps(document).encode(), content_type="application/json")


def state(number):
    data = json.dumps({"@type": "StateChange", "changed": {"u1": {"Email": f"e{number}"}}})
    return f"id: {number}\nevent: state\ndata: {data}\n\n".encode()


def main():
    authority = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    events = [
        response([b"retry: 10\n\n", b'event: ping\ndata: {"interval": 30}\n\n', state(1)]),
        response(status=503),
        response([state(2), Hold()]),
    ]
    with tempfile.TemporaryDirectory() as directory:
        bundle = os.path.join(directory, "ca.pem")
        authority.cert_pem.write_to_path(bundle)
        os.environ["REQUESTS_CA_BUNDLE"] = bundle
        with ScriptedServer(tls=context, routes={"/events": events}) as server:
            server.add(session(server.url))
            client = jmapc.Client.create_with_api_token(f"127.0.0.1:{server.port}", "token")
            seen = list(itertools.islice(client.events, 2))
            asked = [
                (request.path, request.headers["authorization"], request.last_event_id)
                for request in server.requests
            ]
    assert [event.id for event in seen] == ["1", "2"], seen
    assert [event.data.changed["u1"].email for event in seen] == ["e1", "e2"], seen
    assert asked == [
        ("/.well-known/jmap", "Bearer token", None),
        ("/events", "Bearer token", None),
        ("/events", "Bearer token", "1"),
        ("/events", "Bearer token", "1"),
    ], asked
    print("two state changes over TLS, across a drop and an outage, with the token each time")


if __name__ == "__main__":
    main()
