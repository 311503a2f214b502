"""Variables that look like a setting and are none are told, with the one that was meant."""

import pytest

from config.settings import Settings
from config.variables import names_of, unknown_variables
from worker.marketplaces import marketplaces

KNOWN = names_of(Settings).union(
    *(marketplace.variables() for marketplace in marketplaces().values())
)


def unknown(tmp_path, file="", **environment):
    """Return what is told of these variables, and of these lines of a file."""
    (tmp_path / ".env").write_text(file)
    found = unknown_variables(KNOWN, environment=environment, file=tmp_path / ".env")
    return [(each.name, each.meant) for each in found]


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("SELLERSYNC_ORDER__EVERY", "SELLERSYNC_ORDERS__EVERY"),
        ("SELLERSYNC_DATABASE", "SELLERSYNC_DATABASE_URL"),
        ("SELLERSYNC_ORDERS_EVERY", "SELLERSYNC_ORDERS__EVERY"),
        ("SELLERSYNC_TIKTOK_SHOP_APP_KEY", "SELLERSYNC_TIKTOK_SHOP__APP_KEY"),
        ("SELLERSYNC_TEMU__EU__APP_SECRT", "SELLERSYNC_TEMU__EU__APP_SECRET"),
        ("SELLERSYNC_COFFEE", None),
    ],
)
def test_a_misspelt_variable_is_told(tmp_path, name, meant):
    """With the name that is closest to it, if one is close."""
    assert unknown(tmp_path, **{name: "x"}) == [(name, meant)]


def test_the_file_is_looked_at_too(tmp_path):
    """Most settings are there."""
    file = "SELLERSYNC_ORDERS__EVRY=5m\nSELLERSYNC_WEB__PORT=80\n"

    assert unknown(tmp_path, file) == [
        ("SELLERSYNC_ORDERS__EVRY", "SELLERSYNC_ORDERS__EVERY")
    ]


@pytest.mark.parametrize(
    "name",
    [
        "SELLERSYNC_ORDERS__EVERY",
        "sellersync_orders__every",
        "SELLERSYNC_ORDERS",  # JSON of the whole group
        "SELLERSYNC_TEMU",
        "SELLERSYNC_TEMU__US__APP_KEY",
        "SELLERSYNC_TIKTOK_SHOP__ENDPOINT_LIMITS",
        "SELLERSYNC_TIKTOK_SHOP__ENDPOINT_LIMITS__/order/202309/orders/search",
        "FLOWER_BASIC_AUTH",
        "_SELLERSYNC_COMPLETE",
    ],
)
def test_what_has_an_effect_or_is_not_ours_is_not_told(tmp_path, name):
    """In whatever spelling the settings take it."""
    assert unknown(tmp_path, **{name: "x"}) == []


def test_the_value_is_never_shown(tmp_path):
    """It may be a secret."""
    found = unknown_variables(
        KNOWN,
        environment={"SELLERSYNC_TEMU__EU__APP_SECRE": "canary"},
        file=tmp_path / ".env",
    )

    (line,) = map(str, found)
    assert line == (
        "SELLERSYNC_TEMU__EU__APP_SECRE is no setting and has no effect; "
        "did you mean SELLERSYNC_TEMU__EU__APP_SECRET?"
    )


def test_a_file_that_cannot_be_read_is_left_to_the_settings(tmp_path):
    """They tell what is wrong with it."""
    (tmp_path / ".env").write_bytes(b"\xff\xfe")

    assert unknown_variables(KNOWN, environment={}, file=tmp_path / ".env") == []
    assert unknown_variables(KNOWN, environment={}, file=tmp_path / "none") == []
