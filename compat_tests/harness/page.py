"""Make the pages for users of the published packages from the table of differences."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from differences import HTTPX_SSE, SSECLIENT, Difference, Shown

DOCS = Path(__file__).parents[2] / "docs"

_HOW_IT_IS_TESTED = """\
Below is every difference, those that most programs meet first. The list is a test: `compat_tests`
runs the same code on the published package and on this one, and fails on a difference that is not
listed here, and on a listed one that is gone.
"""

_OF_SSECLIENT = f"""\
% Made from compat_tests/differences by "python compat_tests/write_page.py". Edit that, not this.

# From sseclient

```diff
-from sseclient import SSEClient
+from sseclient_ng import SSEClient

 for message in SSEClient("https://api.example/events", headers={{"User-Agent": "me"}}):
     print(message.event, message.id, message.data)
```

Nothing else has to change: subclasses, their `_connect`, the attributes `resp`, `last_id` and
`retry`, and the errors that your code catches work as before. Code that says `import sseclient`
says `import sseclient_ng as sseclient`. For packages that you can't edit there is
[`install_as_sseclient()`](what-changes.md#packages-that-you-can-t-edit).

What you get for it: JSON that arrives whole, a loop that survives refused connections and restarts,
and events that come when their bytes do. Your own loop around the client, which starts it again
after an error, does no harm, but has nothing to do any more.

{_HOW_IT_IS_TESTED}"""

_OF_SSECLIENT_PY = f"""\
% Made from compat_tests/differences by "python compat_tests/write_page.py". Edit that, not this.

# From sseclient-py

```diff
-from sseclient import SSEClient
+from sseclient_ng import SSEClient

 response = requests.get("https://api.example/events", stream=True)
 for event in SSEClient(response).events():
     print(event.event, event.id, event.data)
```

Nothing else has to change: a response of requests or urllib3, the iterator of another library, and
your `close()` work as before. Code that says `import sseclient` says
`import sseclient_ng as sseclient`. For packages that you can't edit there is
[`install_as_sseclient()`](what-changes.md#packages-that-you-can-t-edit).

A response is read to its end, and its errors come out, as before. To reconnect and resume instead,
pass the URL, and the arguments of `requests.get` with it:

```diff
-response = requests.get("https://api.example/events", stream=True, auth=auth)
-for event in SSEClient(response).events():
+for event in SSEClient("https://api.example/events", auth=auth):
```

{_HOW_IT_IS_TESTED}"""

_OF_HTTPX_SSE = f"""\
% Made from compat_tests/differences by "python compat_tests/write_page.py". Edit that, not this.

# From httpx-sse

```diff
-from httpx_sse import EventSource, aconnect_sse, connect_sse
+from sseclient_ng.httpx_sse import EventSource, aconnect_sse, connect_sse
```

That is all for code of your own. For code whose import you can't edit, an MCP client or a language
model's SDK, put this in front of its import:

```python
import sseclient_ng

sseclient_ng.install_as_httpx_sse()
```

The names, their arguments and their results stay: `connect_sse`, `aconnect_sse`, `EventSource` with
`response`, `iter_sse()` and `aiter_sse()`, `ServerSentEvent`, `SSEError`. The suite that httpx-sse
0.4.3 was published with passes, and published programs run unedited on it ([](programs.md)).

One response is one `EventSource`, as before: where the connection breaks off, the loop gets httpx's
error. To reconnect and resume instead, give your client to [`SSEClient`](http-libraries.md):

```python
import httpx
from sseclient_ng import SSEClient
from sseclient_ng.testing import ScriptedServer, response

script = [response(b"data: 1\\n\\n"), response(status=204)]
with ScriptedServer(*script) as server, httpx.Client() as client:
    for event in SSEClient(server.url, session=client, retry=10):
        print(event.data)
```

{_HOW_IT_IS_TESTED}"""

# What most programs meet first; the rest stands in the order of the table.
_FIRST = (
    "Chunked bodies",
    "A reconnect that fails for a while",
    "A read that times out, a connection that is reset",
    "Responses that are not event streams",
    "Blocks without data",
    "Compressed bodies",
    "Delivery from an unchunked body",
    "Bytes that are not UTF-8",
    "A body that breaks off",
    "Lines as the source",
    "UTF-8",
    "204 No Content",
)


def _of(package: str, chapters: dict[str, tuple[Difference, ...]]) -> list[Difference]:
    """Return the differences from a package, the most important ones first."""
    found = [each for chapter in chapters.values() for each in chapter if each.package == package]
    order = {title: place for place, title in enumerate(_FIRST)}
    return sorted(found, key=lambda each: order.get(each.title, len(order)))


PAGES = {
    "from-sseclient.md": (_OF_SSECLIENT, _of("sseclient", SSECLIENT)),
    "from-sseclient-py.md": (_OF_SSECLIENT_PY, _of("sseclient-py", SSECLIENT)),
    "from-httpx-sse.md": (_OF_HTTPX_SSE, _of("httpx-sse", HTTPX_SSE)),
}
"""For each page its opening and its differences."""

_COLUMNS = {
    "recorded": "sees",
    "ended": "ends",
    "requests": "makes the requests",
    "headers": "sends",
}


def page(name: str) -> str:
    """Return the text of the page called ``name``."""
    return "\n".join(_lines(*PAGES[name]))


def _lines(opening: str, differences: list[Difference]) -> Iterator[str]:
    yield opening
    for difference in differences:
        yield from _section(difference)


def _section(difference: Difference) -> Iterator[str]:
    yield f"## {difference.title}\n"
    yield f"- {difference.package}: {difference.old}"
    yield f"- sseclient_ng: {difference.new}"
    if difference.references:
        yield f"- See {'; '.join(difference.references)}."
    yield ""
    yield f"| Test | What differs | {difference.package} | sseclient_ng |"
    yield "| --- | --- | --- | --- |"
    yield from map(_row, difference.shown)
    yield ""


def _row(shown: Shown) -> str:
    cells = [
        shown.snippet.replace("_", " "),
        _COLUMNS[shown.part],
        _value(shown.old),
        _value(shown.new),
    ]
    return f"| {' | '.join(cells)} |"


def _value(value: object) -> str:
    text = value if isinstance(value, str) else repr(value)
    return "`" + text.replace("|", "\\|") + "`"
