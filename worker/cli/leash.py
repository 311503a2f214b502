"""Run a module as a program that ends when the process that started it is gone.

    leash.py MODULE [ARGUMENTS …]

Standard input is the leash: a pipe whose other end only the starter holds. The system
closes it however the starter ended, `kill -9` included.

It is run by its path: importing `worker.cli` would load every command.
"""

import os
import runpy
import signal
import sys
import threading
import warnings
from pathlib import Path

# For what the module does on SIGTERM; after it the process ends anyway.
GRACE = 30  # seconds


def main() -> None:
    """Run the module that the arguments name, on the leash."""
    threading.Thread(target=_follow, daemon=True).start()
    # Celery puts the working directory first unless the path has it already, and a folder
    # `config` that happens to lie there must not be taken for ours.
    sys.path.append(str(Path.cwd()))
    # It warns for the sake of pickle, which we do not accept; the log has lines of its own.
    warnings.filterwarnings(
        "ignore", message="You're running the worker with superuser"
    )
    del sys.argv[0]
    runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)


def _follow() -> None:
    while os.read(0, 1024):
        pass
    os.kill(os.getpid(), signal.SIGTERM)
    threading.Event().wait(GRACE)
    os._exit(1)


if __name__ == "__main__":
    main()
