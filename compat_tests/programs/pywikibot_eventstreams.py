"""pywikibot 8.6.0: ``EventStreams`` reads recent changes as Wikimedia sends them.

The server behaves like stream.wikimedia.org: IDs in JSON, a comment at first, chunks that end
anywhere, and a connection that is dropped now and then.
"""

import json
import os
import sys

if "--published" not in sys.argv:
    import sseclient_ng

    sseclient_ng.install_as_sseclient()

os.environ["PYWIKIBOT_NO_USER_CONFIG"] = "2"

from pywikibot.comms.eventstreams import EventStreams

from sseclient_ng.testing import Close, Hold, ScriptedServer, cut, response

REQUIREMENTS = ["pywikibot==8.6.0", "sseclient==0.0.27"]


def change(number, wiki):
    position = json.dumps([{"topic": "eqiad.mediawiki.recentchange", "offset": number}])
    data = json.dumps({"title": f"Käse {number}", "wiki": wiki, "type": "edit", "id": number})
    return f"event: message\nid: {position}\ndata: {data}\n\n".encode()


def main():
    changes = [change(number, "dewiki" if number % 2 else "enwiki") for number in range(8)]
    opening = b":ok\n\nretry: 10\n\n"
    first = response([*cut(opening + b"".join(changes[:4]), 50), Close()], complete=False)
    second = response([*cut(b"".join(changes[4:]), 7), Hold()])
    with ScriptedServer(first, second) as server:
        stream = EventStreams(url=server.url_for("/v2/stream/recentchange"), site=None, timeout=5)
        stream.register_filter(wiki="dewiki")
        stream.set_maximum_items(4)
        titles = [element["title"] for element in stream]
        last_ids = [request.last_event_id for request in server.requests]
    assert titles == ["Käse 1", "Käse 3", "Käse 5", "Käse 7"], titles
    assert len(last_ids) == 2, last_ids
    assert last_ids[0] is None, last_ids
    assert json.loads(last_ids[1])[0]["offset"] == 3, last_ids
    print("four filtered changes over two connections, none lost and none twice")


if __name__ == "__main__":
    main()
