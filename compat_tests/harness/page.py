"""Make the pages about what changes when you swap from the table of differences."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from differences import HTTPX_SSE, SSECLIENT, Difference, Shown

DOCS = Path(__file__).parents[2] / "docs"

_OF_SSECLIENT = """\
% Made from compat_tests/differences by "python compat_tests/write_page.py". Edit that, not this.

# What changes when you swap

Code written for `sseclient` 0.0.27 or `sseclient-py` 1.9.0 keeps working when its import is
changed. Where a published package is wrong, this one does something else; this page lists every
such place. It is also a test: `compat_tests` runs the same code on the published packages and on
this one, and fails on a difference that is not listed here, and on a listed one that is gone.
"""

_OF_HTTPX_SSE = """\
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

Below is every place where httpx-sse is wrong and this does something else. It is also a test:
`compat_tests` runs the same code on both, and fails on a difference that is not listed here, and
on a listed one that is gone.
"""

PAGES = {
    "what-changes.md": (_OF_SSECLIENT, SSECLIENT),
    "from-httpx-sse.md": (_OF_HTTPX_SSE, HTTPX_SSE),
}
"""For each page its opening and its differences by chapter."""

_COLUMNS = {
    "recorded": "sees",
    "ended": "ends",
    "requests": "makes the requests",
    "headers": "sends",
}


def page(name: str) -> str:
    """Return the text of the page called ``name``."""
    return "\n".join(_lines(*PAGES[name]))


def _lines(opening: str, chapters: dict[str, tuple[Difference, ...]]) -> Iterator[str]:
    yield opening
    for chapter, differences in chapters.items():
        yield f"## {chapter}\n"
        for difference in differences:
            yield from _section(difference)


def _section(difference: Difference) -> Iterator[str]:
    yield f"### {difference.title} ({difference.package})\n"
    yield f"- {difference.package}: {difference.old}"
    yield f"- sseclient_ng: {difference.new}"
    if difference.references:
        yield f"- See {'; '.join(difference.references)}."
    yield ""
    yield f"| Code | What differs | {difference.package} | sseclient_ng |"
    yield "| --- | --- | --- | --- |"
    yield from map(_row, difference.shown)
    yield ""


def _row(shown: Shown) -> str:
    cells = [f"`{shown.snippet}`", _COLUMNS[shown.part], _value(shown.old), _value(shown.new)]
    return f"| {' | '.join(cells)} |"


def _value(value: object) -> str:
    text = value if isinstance(value, str) else repr(value)
    return "`" + text.replace("|", "\\|") + "`"
