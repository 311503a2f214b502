"""A host whose clock is ahead: Python imports this first if its folder is on PYTHONPATH."""

import datetime as dt
import os

import time_machine

_AHEAD = dt.timedelta(seconds=float(os.environ["CLOCK_AHEAD"]))
time_machine.travel(dt.datetime.now(dt.UTC) + _AHEAD).start()
