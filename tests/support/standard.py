"""The steps of the standard once more, to compare with: nothing of the package is in it."""

from __future__ import annotations

import re
from typing import NamedTuple, Optional, Union

from support.reading import Facts

LINE_END = re.compile("\r\n|\n|\r")


class Interpretation(NamedTuple):
    """The events of a stream, and its state at the end."""

    events: list[Facts]
    last_event_id: str
    retry: Optional[int]


class Interpreter:
    """The steps of "Interpreting an event stream", one method for each of their paragraphs.

    Attributes:
        found: the events, and the texts of comments, in the order of the stream.
    """

    def __init__(self) -> None:
        self.found: list[Union[Facts, str]] = []
        self.last_event_id = ""
        self.reconnection_time: Optional[int] = None
        self.id_buffer = ""
        self.reset()

    @property
    def events(self) -> list[Facts]:
        return [each for each in self.found if isinstance(each, Facts)]

    def reset(self) -> None:
        self.data_buffer = ""
        self.type_buffer = ""
        self.own_id: Optional[str] = None
        self.own_retry: Optional[int] = None

    def line(self, line: str) -> None:
        if line == "":
            self.dispatch()
        elif line[0] == ":":
            self.found.append(line[2:] if line[1:2] == " " else line[1:])
        elif ":" in line:
            at = line.index(":")
            value = line[at + 1 :]
            self.field(line[:at], value[1:] if value[:1] == " " else value)
        else:
            self.field(line, "")

    def field(self, name: str, value: str) -> None:
        if name == "event":
            self.type_buffer = value
        elif name == "data":
            self.data_buffer += value + "\n"
        elif name == "id" and "\0" not in value:
            self.id_buffer = self.own_id = value
        elif name == "retry" and value and all(digit in "0123456789" for digit in value):
            self.reconnection_time = self.own_retry = int(value)

    def dispatch(self) -> None:
        self.last_event_id = self.id_buffer
        if self.data_buffer != "":
            data = self.data_buffer[:-1]
            name = self.type_buffer or "message"
            self.found.append(Facts(data, name, self.own_id, self.own_retry, self.last_event_id))
        self.reset()


def interpreter_of(stream: bytes, *, at_the_end: str = "drop") -> Interpreter:
    """Read a stream by the standard.

    Args:
        stream: the whole stream.
        at_the_end: "drop" what lacks its blank line, or "deliver" it.
    """
    text = stream.decode("utf-8", "replace")
    *lines, unfinished = LINE_END.split(text[1:] if text[:1] == "\ufeff" else text)
    interpreter = Interpreter()
    for line in lines:
        interpreter.line(line)
    if at_the_end == "deliver":
        interpreter.line(unfinished)
        interpreter.line("")
    return interpreter


def interpret(stream: bytes, *, at_the_end: str = "drop") -> Interpretation:
    """Read a stream by the standard; the arguments are those of `interpreter_of`."""
    read = interpreter_of(stream, at_the_end=at_the_end)
    return Interpretation(read.events, read.last_event_id, read.reconnection_time)
