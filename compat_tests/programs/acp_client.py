"""acp-sdk 1.0.3, the Agent Communication Protocol's SDK: ``run_stream``.

The server is an agent behind a proxy that sends a heartbeat between the events.
"""

import asyncio
import json
import sys
import uuid

if "--published" not in sys.argv:
    import sseclient_ng

    sseclient_ng.install_as_httpx_sse()

from acp_sdk.client import Client

from sseclient_ng.testing import ScriptedServer, response

REQUIREMENTS = ["acp-sdk==1.0.3"]


def event(event_id, content):
    return f"id: {event_id}\ndata: {json.dumps(content)}\n\n".encode()


def run(status):
    return {"run": {"agent_name": "echo", "run_id": str(uuid.UUID(int=1)), "status": status}}


STREAM = [
    event(1, {"type": "run.created", **run("created")}),
    b": ping\n\n",
    event(2, {"type": "message.part", "part": {"content_type": "text/plain", "content": "hi"}}),
    b": ping\n\n",
    event(3, {"type": "run.completed", **run("completed")}),
]


async def main():
    with ScriptedServer(response(STREAM)) as server:
        async with Client(base_url=server.url) as client:
            types = [event.type async for event in client.run_stream("hi", agent="echo")]
    assert types == ["run.created", "message.part", "run.completed"], types
    print("a run was followed to its end, heartbeats and all")


if __name__ == "__main__":
    asyncio.run(main())
