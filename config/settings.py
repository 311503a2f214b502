"""Settings from the environment or `.env`, prefix `SELLERSYNC_`, nested with `__`.

What belongs to one marketplace (app keys, addresses, limits) is in that marketplace's
own folder and uses `FROM_ENVIRONMENT` too.
"""

from datetime import timedelta
from functools import cache, partial
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    SecretStr,
    model_validator,
)
from pydantic_settings import BaseSettings, SettingsConfigDict

from config.durations import parse_duration
from config.exposure import blank_is_unset, networks

Duration = Annotated[timedelta, BeforeValidator(parse_duration)]
# "all": from the marketplace's beginning.
History = Annotated[
    timedelta | Literal["all"], BeforeValidator(partial(parse_duration, word="all"))
]
Kept = Annotated[
    timedelta | Literal["forever"],
    BeforeValidator(partial(parse_duration, word="forever")),
]
Blanked = Annotated[
    timedelta | Literal["never"],
    BeforeValidator(partial(parse_duration, word="never")),
]

# The clocks of two hosts may differ by this much, and nothing goes wrong.
CLOCKS_APART = timedelta(seconds=60)

FROM_ENVIRONMENT = SettingsConfigDict(
    env_prefix="SELLERSYNC_",
    env_nested_delimiter="__",
    env_file=".env",
    extra="ignore",
    frozen=True,
    hide_input_in_errors=True,
)


class OrdersSettings(BaseModel):
    """How often orders are pulled, and how far back the first pull goes."""

    model_config = ConfigDict(frozen=True)

    every: Duration = timedelta(minutes=5)
    history: History = timedelta(days=90)
    # Finds rows that became visible later than any overlap; there are few.
    reconcile_every: Duration = timedelta(days=7)


class ProductsSettings(BaseModel):
    """How often products are pulled, and how far back the first pull goes."""

    model_config = ConfigDict(frozen=True)

    every: Duration = timedelta(hours=1)
    history: History = "all"
    # Stock and prices may change without moving the update time, and deletions do.
    reconcile_every: Duration = timedelta(days=1)


class WebSettings(BaseModel):
    """Where the web face listens, and whom it lets in."""

    model_config = ConfigDict(frozen=True)

    host: str = "127.0.0.1"
    port: Annotated[int, Field(ge=0, le=65535)] = 8000
    # HTTP basic, with any user name.
    password: Annotated[SecretStr | None, BeforeValidator(blank_is_unset)] = None
    # The header in which a reverse proxy names the user whom it has let in.
    user_header: Annotated[str | None, BeforeValidator(blank_is_unset)] = None
    # From where that header is believed: addresses or networks, comma-separated.
    trusted_proxies: Annotated[str, AfterValidator(networks)] = "127.0.0.0/8,::1"
    # Under which address sellers' browsers reach it, if that is another one.
    public_url: Annotated[str | None, BeforeValidator(blank_is_unset)] = None
    # Links to sellers are sent by mail, and read on another day.
    link_lifetime: Duration = timedelta(days=30)


class MetricsSettings(BaseModel):
    """What `/metrics` tells."""

    model_config = ConfigDict(frozen=True)

    # A series for each shop and stream: too many for most monitoring at 10,000 shops.
    per_shop: bool = False


class LogSettings(BaseModel):
    """How log lines look; `format` None means console on a terminal, else JSON."""

    model_config = ConfigDict(frozen=True)

    format: Literal["json", "console"] | None = None
    level: Literal["debug", "info", "warning", "error"] = "info"


class HttpSettings(BaseModel):
    """How long a marketplace may take to answer."""

    model_config = ConfigDict(frozen=True)

    connect_timeout: Duration = timedelta(seconds=5)
    read_timeout: Duration = timedelta(seconds=30)
    # One call with all its retries; longer waits go back to the database.
    deadline: Duration = timedelta(seconds=60)


class BudgetSettings(BaseModel):
    """How the shared request budget is spent."""

    model_config = ConfigDict(frozen=True)

    # The most that is kept free in each second for the spread of scheduling and network
    # delay; how much of it is needed is learned.
    pad: Duration = timedelta(milliseconds=50)
    # A worker slot never sleeps longer than this for a free call.
    max_wait: Duration = timedelta(seconds=5)


class TokensSettings(BaseModel):
    """How tokens are watched."""

    model_config = ConfigDict(frozen=True)

    # Tokens that cannot be refreshed (Temu) are looked at this often.
    check_every: Duration = timedelta(days=1)
    # A refresh whose worker died is settled after this; longer than one call with all its
    # retries.
    lease: Duration = timedelta(seconds=120)


class ScheduleSettings(BaseModel):
    """How due work is found and handed out."""

    model_config = ConfigDict(frozen=True)

    tick_every: Duration = timedelta(seconds=5)
    # One pull stops at a page boundary after this and is due again.
    pull_deadline: Duration = timedelta(seconds=90)
    # A worker that died gives its work back after this; longer than a pull's deadline.
    lease: Duration = timedelta(seconds=180)
    # Slices of history that are read at once, by all workers together: of the 16 threads of
    # one worker, four stay free for live pulls, tokens and ticks.
    slices_at_once: Annotated[int, Field(ge=1)] = 12
    # Reconciles that are made at once, by all workers together.
    reconciles_at_once: Annotated[int, Field(ge=1)] = 2
    # Redis gives a message to another worker after this; more than twice the longest task,
    # and the same on every worker: whoever looks applies its own value to all messages.
    visibility_timeout: Duration = timedelta(seconds=600)
    # A worker or beat that hears nothing although Redis answers ends after this; longer
    # than the 30 s between two tries to connect.
    deaf_after: Duration = timedelta(seconds=60)
    # How often each queue is proved to be served, from the beat to a row.
    canary_every: Duration = timedelta(seconds=30)

    @model_validator(mode="after")
    def _fits(self) -> Self:
        """Refuse times that make messages come back while they are being worked on."""
        if self.lease <= self.pull_deadline:
            raise ValueError("LEASE has to be longer than PULL_DEADLINE")
        if self.visibility_timeout < 2 * self.pull_deadline:
            raise ValueError("VISIBILITY_TIMEOUT has to be twice PULL_DEADLINE or more")
        return self

    @property
    def message_expires(self) -> float:
        """Seconds after which a message is not worth keeping: its lease is over.

        Celery compares the clocks of two hosts here; a worker whose clock is ahead must not
        throw away what is still good. What is too old finds its lease taken.
        """
        return (self.lease + CLOCKS_APART).total_seconds()


class FeedSettings(BaseModel):
    """How far back the change feed goes."""

    model_config = ConfigDict(frozen=True)

    # A reader who was away for longer starts again with an export.
    keep: Kept = timedelta(days=90)


class RetentionSettings(BaseModel):
    """How long things stay that nobody needs for ever."""

    model_config = ConfigDict(frozen=True)

    # Counted from the last change of an order; as long as buyers may send things back.
    personal_data: Blanked = timedelta(days=90)
    # What `sellersync explain` can look back on.
    page_reads: Kept = timedelta(days=30)
    # Of marketplaces; a delivery that comes again within this time is known.
    notifications: Duration = timedelta(days=7)


class Settings(BaseSettings):
    """Everything an operator can change, except what belongs to one marketplace."""

    model_config = FROM_ENVIRONMENT

    home: Path = Path("~/.sellersync")
    database_url: SecretStr | None = None
    redis_url: SecretStr | None = None
    encryption_keys: SecretStr | None = None
    orders: OrdersSettings = OrdersSettings()
    products: ProductsSettings = ProductsSettings()
    web: WebSettings = WebSettings()
    metrics: MetricsSettings = MetricsSettings()
    log: LogSettings = LogSettings()
    http: HttpSettings = HttpSettings()
    budget: BudgetSettings = BudgetSettings()
    tokens: TokensSettings = TokensSettings()
    schedule: ScheduleSettings = ScheduleSettings()
    feed: FeedSettings = FeedSettings()
    retention: RetentionSettings = RetentionSettings()

    @property
    def home_folder(self) -> Path:
        """The home folder, absolute."""
        return self.home.expanduser().absolute()


@cache
def settings() -> Settings:
    """Return this process's settings, read once."""
    return Settings()
