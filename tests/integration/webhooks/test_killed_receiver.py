"""Killed right after an acknowledgement, or in the middle of a hundred: nothing is lost."""

import os
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event, Lock

import pytest
import requests

from tests.deliveries import delivery_of

pytestmark = pytest.mark.integration

ROOT = Path(__file__).parents[3]
# Which of them are sent again after the restart.
EVERY = 7


class Victim:
    """The receiver as a process of its own."""

    def __init__(self):
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.integration.webhooks.victim"],
            cwd=ROOT,
            env=os.environ,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self.process.stdout is not None
        self.url = f"http://127.0.0.1:{int(self.process.stdout.readline())}"

    def post(self, app, number):
        """Deliver the one of this number; return whether it was acknowledged."""
        delivery = delivery_of(app, order_id=number, shop_id="9", number=number)
        try:
            answer = requests.post(
                f"{self.url}/webhooks/{app.marketplace.replace('_', '-')}",
                data=delivery.body,
                headers=dict(delivery.headers),
                timeout=20,
            )
        except requests.RequestException:
            return False
        return answer.status_code == 200

    def kill(self):
        """End it as hard as it goes."""
        self.process.send_signal(signal.SIGKILL)
        self.process.communicate()


@pytest.fixture
def kept(here):
    """Return the numbers of all notifications that are in the database, as often as."""
    from tests.integration.webhooks.conftest import Receiver  # noqa: PLC0415 -- a helper

    receiver = Receiver(url="", here=here)
    return lambda: sorted(int(row.record_ids[0]) for row in receiver.kept())


def test_what_was_acknowledged_survives_a_kill(here, kept):
    """Under load, at three moments; and what comes again afterwards is known."""
    apps = [here.apps.choose(*which)[1] for which in (("tiktok_shop", "default"),)]
    acknowledged = set()
    lock = Lock()
    numbers = iter(range(1, 100_000))
    for _ in range(3):
        victim = Victim()
        enough = Event()

        def send(victim=victim, enough=enough):
            while victim.process.poll() is None:
                with lock:
                    number = next(numbers)
                if not victim.post(apps[0], number):
                    return
                with lock:
                    acknowledged.add(number)
                    if len(acknowledged) % 60 == 0:
                        enough.set()

        with ThreadPoolExecutor(12) as crowd:
            for _ in range(12):
                crowd.submit(send)
            assert enough.wait(60)
            victim.kill()
    found = kept()

    assert len(acknowledged) >= 180
    assert acknowledged <= set(found)
    assert len(found) == len(set(found))

    victim = Victim()
    again = sorted(acknowledged)[::EVERY]
    assert all(victim.post(apps[0], number) for number in again)
    victim.kill()

    assert kept() == found
    # Nobody has looked yet, and somebody will: they wait in the database.
    (claim,) = here.notifications.claim_waiting()
    assert claim.shop_key == "tiktok_shop:default:9"
