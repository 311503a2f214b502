"""Bytes out, bytes back: one pooled HTTP session per process, and what can go wrong on it.

The texts of HTTP libraries' errors hold whole URLs, and a URL can hold an app secret. So no
such error leaves this module, not even as the context of ours.
"""

import logging
import os
import time
from collections.abc import Callable
from datetime import timedelta
from functools import cache
from http.cookiejar import DefaultCookiePolicy
from importlib.metadata import version
from ssl import SSLCertVerificationError
from typing import Protocol
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter
from requests.exceptions import (
    ContentDecodingError,
    InvalidSchema,
    InvalidURL,
    MissingSchema,
)
from requests.utils import get_environ_proxies
from urllib3.exceptions import (
    ConnectTimeoutError,
    DecodeError,
    HTTPError,
    MaxRetryError,
    ProxyError,
)

from worker.domain.calls import Call, HttpReply, HttpRequest
from worker.domain.errors import (
    AnswerLost,
    OperatorError,
    SellersyncError,
    Unreachable,
    UnreadableReply,
)

CHUNK = 128 * 1024  # bytes
# The largest pages seen are a few hundred KiB; this only keeps a worker's memory bounded.
LARGEST_BODY = 32 * 1024 * 1024  # bytes


class Transport(Protocol):
    """Carries one request to its host and brings the reply back."""

    def send(self, request: HttpRequest, *, call: Call) -> HttpReply:
        """Send once.

        Raises:
            Unreachable: it certainly never arrived.
            AnswerLost: it may have arrived and been acted on.
            UnreadableReply: the answer cannot be decoded, or is far too long.
        """


class HttpTransport:
    """The transport over the network; safe to share between threads, not across a fork.

    `pool_maxsize` connections per host are kept open: the number of threads that call.
    """

    def __init__(
        self,
        *,
        connect_timeout: timedelta,
        read_timeout: timedelta,
        pool_maxsize: int = 32,
        largest_body: int = LARGEST_BODY,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._timeouts = (connect_timeout.total_seconds(), read_timeout.total_seconds())
        self._pool_maxsize = pool_maxsize
        self._largest_body = largest_body
        self._monotonic = monotonic
        self._proxies_of: dict[str, dict[str, str]] = {}
        self._session = self._open_session()
        # Its DEBUG lines hold the path and query of each request.
        logging.getLogger("urllib3.connectionpool").setLevel(logging.INFO)

    def send(self, request: HttpRequest, *, call: Call) -> HttpReply:
        """Send once; a call that must act once gets a connection of its own.

        A pooled connection may have died unseen, and then nobody knows whether the request
        arrived. On a fresh one a failure to connect is certain.
        """
        try:
            if call.repeatable:
                return self._exchange(self._session, request, call)
            with self._open_session() as session:
                return self._exchange(session, request, call)
        except (requests.RequestException, HTTPError) as error:
            failure = _translated(error, call)
        # Raised out here, or the library's error would stay reachable as the context.
        raise failure

    def close(self) -> None:
        """Close the pooled connections."""
        self._session.close()

    def _exchange(
        self, session: requests.Session, request: HttpRequest, call: Call
    ) -> HttpReply:
        with session.request(
            request.method,
            request.url,
            data=request.body,
            headers=dict(request.headers),
            timeout=self._timeouts,
            proxies=self._proxies(request.url),
            # A redirect is an answer nobody signed for: the marketplace reads it as it is.
            allow_redirects=False,
            # So that the size and the time of the body can be watched while it comes.
            stream=True,
        ) as response:
            return HttpReply(
                status=response.status_code,
                headers={name.lower(): text for name, text in response.headers.items()},
                body=self._body(response, call),
            )

    def _proxies(self, url: str) -> dict[str, str]:
        """Return the proxies that the environment names for a host, once looked up."""
        host = urlsplit(url).netloc
        if host not in self._proxies_of:
            self._proxies_of[host] = get_environ_proxies(url)
        return dict(self._proxies_of[host])

    def _body(self, response: requests.Response, call: Call) -> bytes:
        """Read the body; the socket's own timeout starts anew with every byte."""
        last_moment = self._monotonic() + self._timeouts[1]
        chunks: list[bytes] = []
        length = 0
        while chunk := response.raw.read1(CHUNK, decode_content=True):
            chunks.append(chunk)
            length += len(chunk)
            if length > self._largest_body:
                raise UnreadableReply(
                    call.endpoint,
                    f"the body is over {self._largest_body} bytes",
                    http_status=response.status_code,
                )
            if self._monotonic() > last_moment:
                raise AnswerLost(
                    call.endpoint,
                    "the body did not arrive in time",
                    http_status=response.status_code,
                )
        return b"".join(chunks)

    def _open_session(self) -> requests.Session:
        session = requests.Session()
        # No retries down here: they would be neither signed anew nor counted in the budget.
        adapter = HTTPAdapter(
            max_retries=0, pool_maxsize=self._pool_maxsize, pool_block=False
        )
        session.mount("https://", adapter)
        session.mount("http://", adapter)
        # The environment is read here, not for every call; and a `.netrc` never.
        session.trust_env = False
        session.verify = _certificates()
        session.headers["User-Agent"] = _user_agent()
        # One seller's cookie must not travel with another seller's call.
        session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
        return session


@cache
def _user_agent() -> str:
    """Return our name and version, read from the package's files once."""
    return f"sellersync/{version('sellersync')}"


def _certificates() -> str | bool:
    """Return the bundle that the environment names, as curl and requests read it."""
    return (
        os.environ.get("REQUESTS_CA_BUNDLE") or os.environ.get("CURL_CA_BUNDLE") or True
    )


def _translated(
    error: requests.RequestException | HTTPError, call: Call
) -> SellersyncError:
    """Say in our words what went wrong, without the library's."""
    kind = type(error).__name__
    if isinstance(error, InvalidURL | MissingSchema | InvalidSchema):
        return OperatorError(
            f"{call.endpoint}: the address of this app's {call.host} host is no usable "
            "URL; check its *_URL settings"
        )
    if isinstance(error, ContentDecodingError | DecodeError):
        return UnreadableReply(call.endpoint, f"the body cannot be decoded ({kind})")
    if _never_sent(error):
        return Unreachable(call.endpoint, f"no connection ({kind})")
    return AnswerLost(call.endpoint, f"no complete answer ({kind})")


def _never_sent(error: Exception) -> bool:
    """Tell whether the request certainly never left; in doubt it did.

    Only what happens while connecting makes urllib3 give up with `MaxRetryError`; a broken
    TLS stream may also be noticed later, so of those only a refused certificate counts.
    """
    reason = error.args[0] if error.args else None
    if isinstance(reason, MaxRetryError):
        reason = reason.reason
    if isinstance(reason, ConnectTimeoutError | ProxyError):
        return True
    cause = reason.args[0] if isinstance(reason, Exception) and reason.args else None
    return isinstance(cause, SSLCertVerificationError)
