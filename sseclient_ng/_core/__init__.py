"""The core: everything that is decided about an event stream, and no I/O.

From bytes to events: `text`, `line_ends`, `parser` (`blocks`, `lines`, `fields`), `event`; with
`iterate` around them. For the clients: `delivery` (bytes in, events and the last event ID out),
`http` (what is asked, what an answer means), `policy` and `reconnection` (what comes next). Nothing
here reads, sleeps, or knows a clock but the one that it is given.
"""
