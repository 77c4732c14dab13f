"""The core: everything that is decided about an event stream, and no I/O.

From bytes to events: `text`, `line_ends`, `parser` (`blocks`, `lines`, `fields`), `event`,
`errors`; `iterate` runs the parser over any iterable. For the clients: `machine` (what to do next)
with its parts `delivery` (chunks to events and the last event ID), `failure`, `http` and `policy`.
Nothing here does I/O, sleeps, or has a clock of its own.
"""
