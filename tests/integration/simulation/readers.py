"""Reads ahead without threads, so that a seed always plays the same days."""

from concurrent.futures import Executor, Future

from typing_extensions import override


class AtOnce(Executor):
    """Does what is submitted before it returns; a death there is one of the submitter."""

    @override
    def submit(self, fn, /, *args, **kwargs):
        done: Future[object] = Future()
        try:
            done.set_result(fn(*args, **kwargs))
        except Exception as error:  # noqa: BLE001 -- whoever waits for it gets it, as of a thread
            done.set_exception(error)
        return done
