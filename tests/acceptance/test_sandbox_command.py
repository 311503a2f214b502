"""`sellersync sandbox`: what it prints, and how it ends."""

import signal
import socket

import pytest

pytestmark = pytest.mark.acceptance

OTHER_ZONES = {"us", "global"}


def test_what_it_prints_can_be_pasted_into_a_shell(new_installation, wait_for):
    """Settings and connect commands with codes that work; Ctrl-C ends it with status 0."""
    installation = new_installation()
    process = installation.start(
        "sandbox",
        installation.command(
            "sandbox", "--port", "0", "--sellers", "1", "--orders", "2"
        ),
    )
    told = wait_for(lambda: "/stats tells" in installation.said("sandbox"))
    script = installation.said("sandbox").replace(
        "sellersync connect", f"{' '.join(installation.command())} connect"
    )
    # One of each marketplace will do.
    script = "\n".join(
        line for line in script.splitlines() if OTHER_ZONES.isdisjoint(line.split())
    )
    pasted = installation.run_program(["bash", "-e", "-c", script])
    process.send_signal(signal.SIGINT)

    assert told
    assert (pasted.returncode, pasted.stdout.count("Connected ")) == (0, 2)
    assert process.wait(20) == 0


def test_its_settings_can_be_had_beforehand(new_installation, new_sandbox):
    """As lines of `.env`, the same that it prints when it is served."""
    sandbox = new_sandbox("--sellers", "1")
    port = sandbox.url.rpartition(":")[2]
    printed = new_installation().run("sandbox", "--settings", "--port", port)

    assert printed.returncode == 0
    assert dict(
        line.split("=", maxsplit=1) for line in printed.stdout.splitlines()
    ) == dict(sandbox.environment)


def test_a_port_in_use_is_told_in_one_line(new_installation):
    """Exit status 1, no traceback."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        ended = new_installation().run("sandbox", "--port", port)

    assert (ended.returncode, ended.stdout, ended.stderr.count("\n")) == (1, "", 1)
    assert port in ended.stderr


@pytest.mark.parametrize(
    "options",
    [
        ("--scenario", "nonsense"),
        ("--token-lifetime", "soon"),
        ("--port", "x"),
        ("--settings", "--port", "0"),
    ],
)
def test_wrong_usage_is_told(new_installation, options):
    """Exit status 2."""
    assert new_installation().run("sandbox", *options).returncode == 2
