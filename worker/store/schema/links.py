"""Links to sellers that were used: each is good for one consent."""

from sqlalchemy import Column, Index, Table, Text

from worker.store.schema.metadata import UtcTime, metadata

spent_links = Table(
    "spent_links",
    metadata,
    # Of the signed state: the link itself is stored nowhere.
    Column("nonce", Text, primary_key=True),
    # The code that the seller came back with: a page that is loaded again is no second use.
    Column("code_digest", Text, nullable=False),
    Column("spent_at", UtcTime, nullable=False),
    # The signature is refused from then on, so the row need not be kept.
    Column("expires_at", UtcTime, nullable=False),
    Index(None, "expires_at"),
)
