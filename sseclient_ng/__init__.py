from sseclient_ng._event import Event
from sseclient_ng._iterate import aiter_events, aiter_line_events, iter_events, iter_line_events
from sseclient_ng._parser import EventStreamParser
from sseclient_ng.exceptions import EventTooLarge, InvalidContentType, RetriesExhausted, SSEError
__version__ = "1.0.0"
