"""Where the embedded default keeps its parts, and which addresses follow from the settings."""

import hashlib
import os
import tempfile
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote, urlsplit

from config.settings import Settings

# A unix socket's path may be this long on macOS, 108 on Linux.
_LONGEST_SOCKET_PATH = 100


@dataclass(frozen=True, slots=True)
class RedisUrl:
    """One Redis, in the two spellings that redis-py and kombu want."""

    client: str
    broker: str

    @property
    def shown(self) -> str:
        """The address as it may be shown: without user, password and options."""
        try:
            parts = urlsplit(self.client)
            return parts._replace(
                netloc=parts.netloc.rpartition("@")[2], query="", fragment=""
            ).geturl()
        except ValueError:
            return "the configured address"


def database_url(settings: Settings) -> str:
    """Return the SQLAlchemy URL: the configured one, else a file in the home folder."""
    if settings.database_url is not None:
        return settings.database_url.get_secret_value()
    return f"sqlite:///{settings.home_folder / 'sellersync.db'}"


def uses_embedded_database(settings: Settings) -> bool:
    """Whether no database is configured, so that ours is made and migrated unasked."""
    return settings.database_url is None


def uses_embedded_broker(settings: Settings) -> bool:
    """Whether no Redis is configured, so that `sellersync up` starts one."""
    return settings.redis_url is None


def no_redis(settings: Settings, reason: object) -> str:
    """Return the one clear line for a Redis that does not answer."""
    if uses_embedded_broker(settings):
        return (
            "no worker is running; start `sellersync up`, or set SELLERSYNC_REDIS_URL "
            "to your own Redis"
        )
    return (
        f"Redis at {redis_url(settings).shown} does not answer ({reason}); "
        "start it, or correct SELLERSYNC_REDIS_URL"
    )


def redis_url(settings: Settings) -> RedisUrl:
    """Return the configured Redis, else the embedded one's socket."""
    if settings.redis_url is not None:
        url = settings.redis_url.get_secret_value()
        if url.startswith("unix://"):
            path, _, query = url.removeprefix("unix://").partition("?")
            number = dict(part.split("=", 1) for part in query.split("&") if part)
            broker = f"redis+socket://{path}?virtual_host={number.get('db', '0')}"
            return RedisUrl(client=url, broker=broker)
        return RedisUrl(client=url, broker=url)
    path = quote(str(socket_path(settings)))
    return RedisUrl(
        client=f"unix://{path}?db=0", broker=f"redis+socket://{path}?virtual_host=0"
    )


def socket_path(settings: Settings) -> Path:
    """Return the embedded broker's socket: in the home folder, or in a short one of ours."""
    path = settings.home_folder / "run" / "broker.sock"
    if len(str(path)) <= _LONGEST_SOCKET_PATH:
        return path
    digest = hashlib.sha256(str(settings.home_folder).encode()).hexdigest()[:12]
    folder = Path(tempfile.gettempdir()) / f"sellersync-{os.getuid()}-{digest}"
    return folder / "broker.sock"


def broker_folder(settings: Settings) -> Path:
    """Return where the embedded broker keeps its data."""
    return settings.home_folder / "broker"


def key_file(settings: Settings) -> Path:
    """Return the file of the encryption keys that are made when none are configured."""
    return settings.home_folder / "encryption.keys"
