"""Whether Redis answers, takes writes, throws nothing away, and survives a restart."""

import re
import time
from typing import Any, cast

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from config.embedded import redis_url, uses_embedded_broker
from config.settings import Settings
from worker.cli.checkup.finding import Finding, fail, ok, skipped, warn

NAME = "redis"
EVICTION = "redis eviction"
PERSISTENCE = "redis persistence"
_ANSWERS_WITHIN = 3  # seconds
# Older ones are not maintained by anybody, nor tried by us.
_OLDEST = (6, 2)
_ADDRESS = "correct SELLERSYNC_REDIS_URL"

# What INFO says, by name.
_Facts = dict[str, Any]


def open_impatient(url: str) -> redis.Redis:
    """Return a client that gives up within seconds.

    Raises:
        ValueError: the address is none; the text can hold its password.
    """
    return redis.Redis.from_url(
        url,
        socket_timeout=_ANSWERS_WITHIN,
        socket_connect_timeout=_ANSWERS_WITHIN,
        retry=Retry(NoBackoff(), 0),
    )


def answers(url: str) -> bool:
    """Whether somebody answers at an address."""
    try:
        with open_impatient(url) as client:
            return bool(client.ping())
    except redis.RedisError:
        return False


def check_redis(configured: Settings) -> list[Finding]:
    """Look at the configured Redis, or at the embedded broker if that is used."""
    address = redis_url(configured)
    try:
        with open_impatient(address.client) as client:
            began = time.monotonic()
            client.ping()
            took = time.monotonic() - began
            facts = cast("_Facts", client.info())
    except ValueError:
        return _away(
            fail(
                NAME,
                "SELLERSYNC_REDIS_URL is not usable",
                "write it like redis://:password@host:6379/0",
            )
        )
    except redis.AuthenticationError:
        return _away(
            fail(NAME, f"Redis at {address.shown} refuses the password", _ADDRESS)
        )
    except redis.exceptions.NoPermissionError:
        return _away(
            warn(
                NAME,
                f"Redis at {address.shown} answers, but may not be looked into",
                "allow its user PING and INFO",
            )
        )
    except redis.RedisError as error:
        return _away(
            fail(
                NAME,
                f"Redis at {address.shown} does not answer ({_without_address(error)})",
                f"start it, or {_ADDRESS}",
            )
        )
    if uses_embedded_broker(configured):
        return [ok(NAME, f"the embedded broker answers ({_product(facts)})")]
    return [
        _server(facts, address.shown, took),
        _eviction(facts),
        _persistence(facts),
    ]


def _away(why: Finding) -> list[Finding]:
    because = "Redis does not tell"
    return [why, skipped(EVICTION, because), skipped(PERSISTENCE, because)]


def _server(facts: _Facts, where: str, took: float) -> Finding:
    said = f"{_product(facts)} at {where} answers in {took * 1000:.1f} ms"
    if facts.get("role") == "slave":
        return fail(
            NAME,
            f"{said}, but it is a replica and takes no writes",
            "let SELLERSYNC_REDIS_URL name the primary",
        )
    numbers = re.findall(r"\d+", str(facts.get("redis_version", "")))
    if tuple(map(int, numbers[:2])) < _OLDEST:
        oldest = ".".join(map(str, _OLDEST))
        return warn(NAME, said, f"upgrade it: nothing before {oldest} is tried with us")
    return ok(NAME, said)


def _eviction(facts: _Facts) -> Finding:
    policy = str(facts.get("maxmemory_policy", "unknown"))
    most = int(facts.get("maxmemory", 0))
    said = f"maxmemory-policy is {policy}"
    remedy = "set `maxmemory-policy noeviction` in the configuration of Redis"
    if policy == "noeviction":
        return ok(EVICTION, said)
    if most == 0:
        return warn(EVICTION, f"{said}; without maxmemory nothing is evicted", remedy)
    return fail(
        EVICTION,
        f"{said}: when {most // 2**20} MiB are full, queued work and the budget's "
        "counts are thrown away",
        remedy,
    )


def _persistence(facts: _Facts) -> Finding:
    remedy = "set `appendonly yes` in the configuration of Redis"
    if facts.get("aof_enabled"):
        if facts.get("aof_last_write_status", "ok") != "ok":
            return fail(
                PERSISTENCE,
                "the last write to the append-only file failed",
                "look into the log of Redis; the disk may be full",
            )
        return ok(PERSISTENCE, "every write is kept (append-only file)")
    if facts.get("rdb_last_bgsave_status", "ok") != "ok":
        return fail(
            PERSISTENCE,
            "the last snapshot failed, and Redis may refuse writes for it",
            "look into the log of Redis; the disk may be full",
        )
    return warn(
        PERSISTENCE,
        "there is no append-only file: a restart loses what is queued, which then is "
        "due again later",
        remedy,
    )


def _product(facts: _Facts) -> str:
    """Return name and version; Valkey also names the Redis that it is compatible with."""
    if facts.get("valkey_version"):
        return f"Valkey {facts['valkey_version']}"
    return f"Redis {facts.get('redis_version', 'of an unknown version')}"


def _without_address(error: redis.RedisError) -> str:
    """Return the reason; the text of an error can repeat the address it could not reach."""
    text = str(error).strip()
    # As in: Error 111 connecting to 127.0.0.1:1. Connection refused.
    return text.rstrip(".").rpartition(". ")[2] or type(error).__name__
