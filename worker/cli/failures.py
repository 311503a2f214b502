"""What a failed command says: what went wrong and what to do about it, in one line."""

import redis
from pydantic import ValidationError
from pydantic_settings import SettingsError
from sqlalchemy.exc import SQLAlchemyError

from config.embedded import no_redis, redis_url
from config.logging import redact_text
from config.settings import settings
from worker.domain.errors import (
    AnswerLost,
    BudgetUnavailable,
    MarketplaceError,
    RetryLater,
    SellersyncError,
)


def one_line(error: Exception) -> str:
    """Return the line for an error, without secrets."""
    text = _ours(error) if isinstance(error, SellersyncError) else _foreign(error)
    return redact_text(" ".join(text.split()))


def _ours(error: SellersyncError) -> str:
    match error:
        case AnswerLost():
            return (
                f"{error}. It may have been acted on: if another try is refused, the "
                "seller has to authorise again."
            )
        case RetryLater():
            return f"{error}. Try again later."
        case MarketplaceError():
            return f"{error}. {error.advice}"
        case BudgetUnavailable():
            where = redis_url(settings()).shown
            return f"{error}; start Redis at {where}, or correct SELLERSYNC_REDIS_URL"
        case _:
            return str(error)


def _foreign(error: Exception) -> str:  # noqa: PLR0911 -- one kind of error, one line
    match error:
        case ValidationError():
            first = error.errors(include_input=False, include_url=False)[0]
            path = "__".join(str(part) for part in first["loc"]).upper()
            reason = str(first["msg"]).removeprefix("Value error, ")
            return f"SELLERSYNC_{path} is not usable: {reason}"
        case SettingsError():
            # Its text names the field, never the value.
            return f"{error}; nested variables are written SELLERSYNC_ORDERS__EVERY"
        case redis.RedisError():
            return no_redis(settings(), error)
        case SQLAlchemyError():
            return f"the database refused: {getattr(error, 'orig', None) or error}"
        case UnicodeDecodeError():
            return "a file of settings is not UTF-8 text; correct .env in this folder"
        case OSError():
            where = f"{error.filename}: " if error.filename else ""
            return f"{where}{error.strerror or error}"
        case _:
            return (
                f"a bug ({type(error).__name__}: {error}); SELLERSYNC_LOG__LEVEL=debug "
                "shows where, please report it"
            )
