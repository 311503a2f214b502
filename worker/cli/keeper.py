"""Keep the embedded broker running for as long as anybody uses it.

    keeper.py SERVER FOLDER SOCKET

Who uses the broker holds a shared lock on `FOLDER/users.lock`. The keeper ends, and the
server with it, when it gets that lock for itself: the system gives locks back however
their holders end, so a killed user leaves no broker behind. `FOLDER/keeper.lock` sees to
it that there is one keeper only.

It is run by its path and needs nothing but the standard library: it is up in no time.
"""

import json
import signal
import subprocess
import sys
import threading
import time
from fcntl import LOCK_EX, LOCK_NB, flock
from pathlib import Path
from typing import NoReturn, TextIO

LOOK_EVERY = 0.1  # seconds
# A server that ends sooner did not come up at all.
SHORT_LIFE = 2.0  # seconds
MOST_SHORT_LIVES = 3
SHUTDOWN = 5.0  # seconds

CONFIG = """\
port 0
unixsocket {socket}
unixsocketperm 700
dir {folder}
daemonize no
# The queues survive a restart; a second of them may be lost, the database knows better.
appendonly yes
appendfsync everysec
save ""
# Dropping a queue for lack of memory would be worse than refusing new messages.
maxmemory-policy noeviction
"""


def main(server: str, folder: Path, socket_path: Path) -> None:
    """Keep the broker, unless somebody does so already."""
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, _end)
    with (
        (folder / "keeper.lock").open("a") as keeper,
        (folder / "users.lock").open("a") as users,
    ):
        if not _taken(keeper):
            return
        short_lives = 0
        while short_lives < MOST_SHORT_LIVES:
            began = time.monotonic()
            if _serve(server, folder, socket_path, users):
                return
            lived = time.monotonic() - began
            short_lives = short_lives + 1 if lived < SHORT_LIFE else 0
        sys.exit(1)


def _serve(server: str, folder: Path, socket_path: Path, users: TextIO) -> bool:
    """Run the server; True once nobody uses it any more, False if it died."""
    config = CONFIG.format(socket=_quoted(socket_path), folder=_quoted(folder))
    (folder / "server.conf").write_text(config)
    with (folder / "server.log").open("wb") as log:
        process = subprocess.Popen(  # noqa: S603 -- found by our own starter
            [server, str(folder / "server.conf")],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            cwd=folder,
        )
    pause = threading.Event()
    try:
        while process.poll() is None:
            if _taken(users):
                return True
            pause.wait(LOOK_EVERY)
        return False
    finally:
        process.terminate()
        try:
            process.wait(SHUTDOWN)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _quoted(path: Path) -> str:
    # A configuration file escapes as JSON does.
    return json.dumps(str(path), ensure_ascii=False)


def _taken(file: TextIO) -> bool:
    try:
        flock(file, LOCK_EX | LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _end(*_: object) -> NoReturn:
    sys.exit(0)


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3]))
