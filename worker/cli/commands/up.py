"""`sellersync up`: everything that an installation needs, in one process tree."""

import os
from collections.abc import Iterator
from contextlib import contextmanager

import typer

from config.embedded import (
    database_url,
    redis_url,
    uses_embedded_broker,
    uses_embedded_database,
)
from config.exposure import refusal
from config.logging import redact_text
from config.settings import Settings, settings
from worker.cli.broker import available_broker
from worker.cli.interruption import Interruption
from worker.cli.locks import alone
from worker.cli.session import prepare
from worker.cli.supervisor import Supervisor, celery_parts, web_part
from worker.domain.errors import OperatorError
from worker.runtime import Runtime, make_home, runtime

_LOOK_EVERY = 0.5  # seconds
_CONNECT = """\
Connect a seller: on the page above, or `sellersync connect tiktok-shop --auth-code CODE`
              or: `sellersync connect temu --zone eu --code CODE`"""
_CONFIGURE = """\
No app is configured yet, so there is nothing to do. Set
SELLERSYNC_TIKTOK_SHOP__APP_KEY and __APP_SECRET, or SELLERSYNC_TEMU__EU__APP_KEY and
__APP_SECRET (or US, GLOBAL), and start again."""
_EXAMPLE = """Example:

    SELLERSYNC_TIKTOK_SHOP__APP_KEY=… SELLERSYNC_TIKTOK_SHOP__APP_SECRET=… sellersync up"""


def register(program: typer.Typer) -> None:
    """Add the command."""
    program.command("up", epilog=_EXAMPLE)(up)


def up() -> None:
    """Run workers, beat and web face, and the embedded broker if no Redis is configured.

    Goes on where it stopped. Ends with Ctrl-C or SIGTERM, within 40 seconds.
    """
    configured = settings()
    prepare()
    if (reason := refusal(configured.web)) is not None:
        raise OperatorError(reason)
    with Interruption() as interruption, _only_one(configured):
        here = runtime()
        here.database.check()
        with available_broker(configured) as revive_broker:
            supervisor = Supervisor((*celery_parts(), web_part()))
            try:
                supervisor.start()
                typer.echo(_welcome(configured, here))
                here.close()
                while not interruption.wait(_LOOK_EVERY):
                    supervisor.look()
                    revive_broker()
            finally:
                supervisor.stop(in_a_hurry=interruption.wait_for_another)
    typer.echo("sellersync has stopped; `sellersync up` goes on from here.")


@contextmanager
def _only_one(configured: Settings) -> Iterator[None]:
    """Refuse to run twice on one home folder."""
    home = configured.home_folder
    make_home(configured)
    with alone(home / "up.lock") as lock:
        if lock is None:
            owner = (home / "up.lock").read_text().strip() or "another"
            raise OperatorError(
                f"`sellersync up` is already running on {home} (process {owner})"
            )
        lock.truncate(0)
        lock.write(f"{os.getpid()}\n")
        lock.flush()
        yield


def _welcome(configured: Settings, here: Runtime) -> str:
    broker = redact_text(redis_url(configured).client)
    lines = [
        "sellersync is running: two workers, the beat and the web face; Ctrl-C stops it.",
        f"  web       {_address(configured)}",
        f"  database  {redact_text(database_url(configured))}"
        + (" (embedded)" if uses_embedded_database(configured) else ""),
        f"  broker    {broker}"
        + (" (embedded)" if uses_embedded_broker(configured) else ""),
    ]
    if here.apps.apps:
        lines += [f"  apps      {', '.join(app.app_id for _, app in here.apps.apps)}"]
    return "\n".join([*lines, _CONNECT if here.apps.apps else _CONFIGURE])


def _address(configured: Settings) -> str:
    host, port = configured.web.host, configured.web.port
    if port == 0:
        return "on a free port; its line `web_listens` says which"
    return f"http://{f'[{host}]' if ':' in host else host}:{port}/"
