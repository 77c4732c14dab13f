"""mcp 1.30.0, the Model Context Protocol's SDK: its clients for both transports.

A server of the SDK itself answers over the older transport, a stream of events and requests beside
it. A scripted one speaks "Streamable HTTP": the answer to a call is a stream that sets a
reconnection time and an ID without data, breaks off, and is resumed after that ID.
"""

import asyncio
import json
import socket
import sys
import threading

if "--published" not in sys.argv:
    import sseclient_ng

    sseclient_ng.install_as_httpx_sse()

import uvicorn
from mcp import ClientSession
from mcp.client.sse import sse_client
from mcp.client.streamable_http import streamable_http_client
from mcp.server.fastmcp import Context, FastMCP

from sseclient_ng.testing import Close, ScriptedServer, response

REQUIREMENTS = ["mcp==1.30.0"]

app = FastMCP("adder")


@app.tool()
async def add(a: int, b: int, context: Context) -> int:
    await context.report_progress(1, 2, "half")
    return a + b


async def call(streams, progress):
    async with ClientSession(*streams[:2]) as session:
        await session.initialize()

        async def on_progress(done, total, message):
            progress.append((done, total, message))

        result = await session.call_tool("add", {"a": 2, "b": 3}, progress_callback=on_progress)
        return result.content[0].text


async def over_events(progress):
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        server = uvicorn.Server(uvicorn.Config(app.sse_app(), log_level="error"))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
        thread.start()
        try:
            async with sse_client(f"http://127.0.0.1:{listening.getsockname()[1]}/sse") as streams:
                return await call(streams, progress)
        finally:
            server.should_exit = server.force_exit = True
            thread.join(30)


def message(event_id, content):
    data = json.dumps({"jsonrpc": "2.0", **content})
    return f"id: {event_id}\ndata: {data}\n\n".encode()


def answer(request):
    """Return what the scripted server answers to a request."""
    if request.method == "GET":
        if request.last_event_id is None:
            return response(status=405)
        result = {"content": [{"type": "text", "text": "5"}]}
        return response([b": ping\n\n", message("e2", {"id": 1, "result": result})])
    asked = json.loads(request.body)
    if asked["method"] == "initialize":
        result = {
            "protocolVersion": asked["params"]["protocolVersion"],
            "capabilities": {"tools": {}},
            "serverInfo": {"name": "adder", "version": "1"},
        }
        return response(message("e0", {"id": asked["id"], "result": result}))
    if asked["method"] == "tools/call":
        progress = {"progressToken": 1, "progress": 1, "total": 2, "message": "half"}
        first = message("e1", {"method": "notifications/progress", "params": progress})
        pieces = [b"retry: 10\nid: e0\ndata:\n\n", first, b": ping\n\n"]
        return [response(pieces, complete=False), Close()]
    if asked["method"] == "tools/list":
        return response(message("e3", {"id": asked["id"], "result": {"tools": []}}))
    return response(status=202)


async def over_streamable_http(progress):
    with ScriptedServer(then=answer) as server:
        async with streamable_http_client(server.url) as streams:
            text = await call(streams, progress)
        return text, [request.last_event_id for request in server.requests]


async def main():
    progress = []
    assert await over_events(progress) == "5"
    text, asked = await over_streamable_http(progress)
    assert text == "5", text
    assert progress == [(1, 2, "half")] * 2, progress
    assert "e1" in asked, asked
    print("a tool was called over both transports, once across a drop")


if __name__ == "__main__":
    asyncio.run(main())
