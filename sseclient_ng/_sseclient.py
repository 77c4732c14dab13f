"""The public client: `Client`, for code that is written today and for old code alike."""

from __future__ import annotations

from sseclient_ng._client import Client
from sseclient_ng._legacy import OldNames

__all__ = ["SSEClient"]


class SSEClient(OldNames):
    __doc__ = Client.__doc__
