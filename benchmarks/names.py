"""Names that results, tables and plots share."""

OUR_NAME = "sseclient_ng"
NODE_NAME = "eventsource-parser (Node)"
FLOOR_NAMES = ("urllib3 stream()", "urllib3 read1()", "aiohttp iter_any()")
PARSER_FLOOR = "floor"
