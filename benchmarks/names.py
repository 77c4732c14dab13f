"""Names of what is measured that results, tables and plots have in common."""

OUR_NAME = "sseclient_ng"
NODE_NAME = "eventsource-parser (Node)"
FLOOR_NAMES = ("urllib3 stream()", "urllib3 read1()", "aiohttp iter_any()")
