"""The shell completes commands, options, choices and the keys of connected shops."""

import os
import subprocess
import sys
from pathlib import Path

import pytest


@pytest.fixture
def completed(home, tmp_path):
    """Return what the shell offers after these words, the last of which is begun."""

    def complete(*words: str) -> list[str]:
        ended = subprocess.run(
            [Path(sys.executable).with_name("sellersync")],
            env={
                **os.environ,
                "SELLERSYNC_HOME": str(home),
                # As the script of `sellersync --show-completion bash` asks.
                "_SELLERSYNC_COMPLETE": "complete_bash",
                "COMP_WORDS": " ".join(["sellersync", *words]),
                "COMP_CWORD": str(len(words)),
            },
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
        )
        assert ended.stderr == ""
        return ended.stdout.split()

    return complete


@pytest.mark.parametrize(
    ("words", "offered"),
    [
        (("expo",), ["export"]),
        (("shops", "re"), ["resume", "remove"]),
        (("export", ""), ["orders", "products"]),
        (("export", "orders", "--form"), ["--format"]),
        (("export", "orders", "--format", "p"), ["parquet"]),
    ],
)
def test_commands_options_and_choices(completed, words, offered):
    """Of a command that is only imported when it is called."""
    assert completed(*words) == offered


def test_the_keys_of_connected_shops(completed, shop_keys):
    """Nobody types them."""
    assert completed("pull", "orders", "--shop", "temu:eu") == sorted(shop_keys)
    assert completed("shops", "pause", shop_keys[1]) == [shop_keys[1]]
    assert completed("pull", "orders", "--shop", "tiktok") == []


def test_nothing_is_offered_and_nothing_said_where_there_is_no_database(
    completed, monkeypatch
):
    """The command itself tells what is wrong."""
    monkeypatch.setenv("SELLERSYNC_DATABASE_URL", "sqlite:////nowhere/at/all.db")

    assert completed("pull", "orders", "--shop", "") == []


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_each_shell_has_its_script(sellersync, monkeypatch, shell):
    """As docs/quickstart.md says."""
    monkeypatch.setenv("_TYPER_COMPLETE_TEST_DISABLE_SHELL_DETECTION", "1")
    ended = sellersync("--show-completion", shell)

    assert ended.status == 0
    assert b"_SELLERSYNC_COMPLETE" in ended.out
