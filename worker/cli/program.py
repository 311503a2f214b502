"""The command's frame: which commands there are, and how any failure ends.

Exit status 0 means done, 1 failed with one line on standard error, 2 wrong usage.
"""

import sys
from typing import NoReturn

import redis
import typer
from pydantic import ValidationError
from sqlalchemy.exc import SQLAlchemyError

from config.logging import redact_text
from worker.cli import commands
from worker.domain.errors import MarketplaceError, SellersyncError

program = typer.Typer(
    name="sellersync",
    help="Keeps marketplace sellers' tokens alive and their data in your own database.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
commands.register(program)


def main() -> NoReturn:
    """Run the command line and end the process."""
    try:
        program()
    except KeyboardInterrupt:
        sys.exit(130)
    except BrokenPipeError:
        # The reader of our output has seen enough: `sellersync export … | head`.
        sys.stderr.close()
        sys.exit(0)
    except (
        SellersyncError,
        ValidationError,
        SQLAlchemyError,
        redis.RedisError,
    ) as error:
        print(f"sellersync: {one_line(error)}", file=sys.stderr)  # noqa: T201 -- it is a command
        sys.exit(1)
    sys.exit(0)


def one_line(error: Exception) -> str:
    """Return what went wrong and what to do about it, without secrets, in one line."""
    if isinstance(error, MarketplaceError):
        text = f"{error}. {error.advice}"
    elif isinstance(error, ValidationError):
        first = error.errors(include_input=False, include_url=False)[0]
        name = "SELLERSYNC_" + "__".join(str(part) for part in first["loc"]).upper()
        text = f"{name} is not usable: {first['msg']}"
    elif isinstance(error, redis.RedisError):
        text = f"Redis does not answer ({error}); start it, or correct SELLERSYNC_REDIS_URL"
    elif isinstance(error, SQLAlchemyError):
        text = f"the database refused: {getattr(error, 'orig', None) or error}"
    else:
        text = str(error)
    return redact_text(" ".join(text.split()))
