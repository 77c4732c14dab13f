"""langchain-mistralai 1.1.6, a language model for LangChain: ``stream`` and ``astream``.

The server answers as Mistral's: pieces of a message that end anywhere in an HTTP chunk, one with
the usage, then ``[DONE]``.
"""

import asyncio
import json
import sys

if "--published" not in sys.argv:
    import sseclient_ng

    sseclient_ng.install_as_httpx_sse()

from langchain_mistralai import ChatMistralAI

from sseclient_ng.testing import Hold, ScriptedServer, cut, response

REQUIREMENTS = ["langchain-mistralai==1.1.6", "langchain-core==1.8.3"]

WORDS = ["Gr", "üße", " aus", " Ṽenedig", "\u2028", "."]


def piece(content, **more):
    choice = {"index": 0, "delta": {"role": "assistant", "content": content}, **more}
    data = {"id": "1", "model": "m", "choices": [{"finish_reason": None, **choice}]}
    return f"data: {json.dumps(data, ensure_ascii=False)}\n\n"


def body():
    usage = {"prompt_tokens": 1, "completion_tokens": 6, "total_tokens": 7}
    last = piece("", finish_reason="stop")[:-3] + f', "usage": {json.dumps(usage)}}}\n\n'
    return "".join([*map(piece, WORDS), last, "data: [DONE]\n\n"]).encode()


async def collect(chunks):
    return [chunk async for chunk in chunks]


def main():
    def answer():
        return response([*cut(body(), 7), Hold()])

    with ScriptedServer(answer(), answer()) as server:
        model = ChatMistralAI(
            model="m", api_key="key", base_url=server.url.rstrip("/"), max_retries=0
        )
        sync = list(model.stream("hello"))
        in_a_loop = asyncio.run(collect(model.astream("hello")))
        keys = [request.headers["authorization"] for request in server.requests]
    for chunks in (sync, in_a_loop):
        assert "".join(chunk.content for chunk in chunks) == "".join(WORDS), chunks
        usage = [chunk.usage_metadata for chunk in chunks if chunk.usage_metadata]
        assert usage[0]["output_tokens"] == 6, usage
    assert keys == ["Bearer key"] * 2, keys
    print("an answer came in pieces, sync and async, with its usage")


if __name__ == "__main__":
    main()
