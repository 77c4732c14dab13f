"""a2a-sdk 0.3.26, the Agent2Agent protocol's SDK: ``send_message`` with streaming.

The server is an agent that sends a task, heartbeats, and the task's end; then one that is down.
"""

import asyncio
import json
import sys

if "--published" not in sys.argv:
    import sseclient_ng

    sseclient_ng.install_as_httpx_sse()

import httpx
from a2a.client import ClientConfig, ClientFactory
from a2a.client.errors import A2AClientHTTPError
from a2a.client.helpers import create_text_message_object
from a2a.types import AgentCapabilities, AgentCard

from sseclient_ng.testing import ScriptedServer, response

REQUIREMENTS = ["a2a-sdk==0.3.26"]


def update(event_id, result):
    data = json.dumps({"jsonrpc": "2.0", "id": "1", "result": result})
    return f"id: {event_id}\ndata: {data}\n\n".encode()


def status(state, *, final):
    return {
        "kind": "status-update",
        "taskId": "t1",
        "contextId": "c1",
        "status": {"state": state},
        "final": final,
    }


TASK = {"kind": "task", "id": "t1", "contextId": "c1", "status": {"state": "submitted"}}
STREAM = [
    update(1, TASK),
    b": ping\n\n",
    update(2, status("working", final=False)),
    b": ping\r\n\r\n",
    update(3, status("completed", final=True)),
]


async def main():
    script = [response(STREAM), response(b"<p>down</p>", content_type="text/html", status=503)]
    with ScriptedServer(*script) as server:
        card = AgentCard(
            name="agent",
            description="an agent",
            url=server.url,
            version="1",
            skills=[],
            default_input_modes=["text"],
            default_output_modes=["text"],
            capabilities=AgentCapabilities(streaming=True),
        )
        async with httpx.AsyncClient() as session:
            client = ClientFactory(ClientConfig(httpx_client=session, streaming=True)).create(card)
            states = [
                task.status.state.value
                async for task, _ in client.send_message(create_text_message_object(content="go"))
            ]
            refused = None
            try:
                async for _ in client.send_message(create_text_message_object(content="go")):
                    pass
            except A2AClientHTTPError as error:
                refused = error.status_code
    assert states == ["submitted", "working", "completed"], states
    assert refused == 503, refused
    print("a task was followed to its end, and an agent that is down is an error")


if __name__ == "__main__":
    asyncio.run(main())
