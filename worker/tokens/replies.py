"""The sealed reply of a token endpoint: kept as it came, read again after a crash."""

import orjson

from worker.domain.calls import HttpReply
from worker.domain.marketplace import Conversation, Marketplace, Result


def pack(reply: HttpReply) -> bytes:
    """Return a reply as bytes, ready to be sealed."""
    return orjson.dumps(
        {
            "status": reply.status,
            "headers": dict(reply.headers),
            "body": reply.body.decode("latin-1"),
        }
    )


def unpack(packed: bytes) -> HttpReply:
    """Return the reply that `pack` was given."""
    fields = orjson.loads(packed)
    return HttpReply(
        status=fields["status"],
        headers=fields["headers"],
        body=fields["body"].encode("latin-1"),
    )


def read_again(
    marketplace: Marketplace, conversation: Conversation[Result], reply: HttpReply
) -> Result:
    """Read a kept reply as the answer to a conversation's only call.

    Raises:
        MarketplaceError: the reply was an error.
    """
    call = next(conversation)
    try:
        conversation.send(marketplace.read(call, reply))
    except StopIteration as done:
        result: Result = done.value
        return result
    raise AssertionError("a token conversation is one call long")
