"""Apps, authorizations, their journal, and shops."""

from sqlalchemy import (
    BigInteger,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from worker.store.schema.metadata import Json, UtcTime, metadata

# SQLite numbers rows by itself only for a column that is exactly INTEGER.
RowId = BigInteger().with_variant(Integer(), "sqlite")

apps = Table(
    "apps",
    metadata,
    Column("app_id", Text, primary_key=True),
    Column("marketplace", Text, nullable=False),
    Column("zone", Text, nullable=False),
    # The secret is not here: it comes from the settings.
    Column("app_key", Text, nullable=False),
    Column("created_at", UtcTime, nullable=False),
)

authorizations = Table(
    "authorizations",
    metadata,
    Column("id", RowId, primary_key=True),
    Column("app_id", Text, ForeignKey("apps.app_id"), nullable=False),
    # TikTok Shop `open_id`, Temu `mallId`.
    Column("subject", Text, nullable=False),
    Column("name", Text),
    Column("region", Text),
    Column("state", Text, nullable=False),
    # The tokens: written only together, with `version`, by compare-and-set.
    Column("sealed_access_token", LargeBinary, nullable=False),
    Column("sealed_refresh_token", LargeBinary),
    Column("access_expires_at", UtcTime, nullable=False),
    Column("refresh_expires_at", UtcTime),
    Column("refreshed_at", UtcTime, nullable=False),
    Column("scopes", Json),
    Column("version", BigInteger, nullable=False),
    # The version whose lost refresh has had its one replay.
    Column("replayed_version", BigInteger),
    # Of how many days before its end an operator was told last.
    Column("runway_told", Integer),
    # When the scheduler looks at it next; NULL while only the seller can help.
    Column("refresh_at", UtcTime),
    Column("lease_owner", Text),
    Column("lease_until", UtcTime),
    Column("failures", Integer, nullable=False, server_default="0"),
    Column("last_error", Text),
    Column("created_at", UtcTime, nullable=False),
    UniqueConstraint("app_id", "subject"),
    Index(None, "app_id", "refresh_at"),
    Index(
        None,
        "lease_until",
        sqlite_where=text("lease_until IS NOT NULL"),
        postgresql_where=text("lease_until IS NOT NULL"),
    ),
)

# What was about to happen to a token and what came back, before anything is done with it.
token_journal = Table(
    "token_journal",
    metadata,
    Column("id", RowId, primary_key=True),
    Column("app_id", Text, ForeignKey("apps.app_id"), nullable=False),
    # NULL while a new seller's code is exchanged.
    Column(
        "authorization_id", RowId, ForeignKey("authorizations.id", ondelete="CASCADE")
    ),
    Column("action", Text, nullable=False),
    # Of a single-use code: submitted twice, it is exchanged once.
    Column("code_digest", Text, unique=True),
    # The version that the outcome may replace.
    Column("version", BigInteger),
    Column("started_at", UtcTime, nullable=False),
    Column("sealed_reply", LargeBinary),
    Column("replied_at", UtcTime),
    Column("settled_at", UtcTime),
    Column("outcome", Text),
    Index(None, "settled_at"),
    Index(None, "authorization_id"),
)

shops = Table(
    "shops",
    metadata,
    Column("shop_key", Text, primary_key=True),
    Column(
        "authorization_id",
        RowId,
        ForeignKey("authorizations.id", ondelete="CASCADE"),
        nullable=False,
    ),
    Column("marketplace", Text, nullable=False),
    Column("zone", Text, nullable=False),
    Column("shop_id", Text, nullable=False),
    Column("name", Text),
    Column("region", Text),
    Column("cipher", Text),
    # Why nothing is pulled: by the operator, or because the marketplace says so.
    Column("paused", Text),
    # Live pulls of all its streams that failed since one succeeded.
    Column("failures", Integer, nullable=False, server_default="0"),
    # Since when it is only tried now and then: too many failed.
    Column("broken_since", UtcTime),
    Column("created_at", UtcTime, nullable=False),
    Index(None, "authorization_id"),
    Index(
        None,
        "broken_since",
        sqlite_where=text("broken_since IS NOT NULL"),
        postgresql_where=text("broken_since IS NOT NULL"),
    ),
)
