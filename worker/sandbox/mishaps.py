"""What a broken server or proxy answers, the same for every marketplace."""

from worker.sandbox.scenarios import Mishap
from worker.sandbox.wire import Reply

BROKEN_REPLIES = {
    Mishap.UNAVAILABLE: Reply(status=503, body=b"", media_type="text/plain"),
    Mishap.ERROR_PAGE: Reply(
        status=502,
        body=b"<html><head><title>502 Bad Gateway</title></head></html>",
        media_type="text/html",
    ),
}
