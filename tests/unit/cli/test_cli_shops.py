"""`sellersync shops` lists and manages shops."""

from sqlalchemy import select

from worker.domain.records import Stream
from worker.store.authorizations import all_authorizations
from worker.store.events import recent_events
from worker.store.schema.accounts import authorizations
from worker.store.streams import all_streams


def test_no_shop_yet(sellersync):
    """A fresh installation says how to connect one; JSON is an empty list."""
    assert sellersync("shops").out.startswith(b"No shop is connected")
    assert sellersync("shops", "--json").document == []


def test_the_list_is_plain_when_it_is_not_for_a_terminal(sellersync, shop_keys):
    """One line per shop, nothing is cut or drawn."""
    lines = sellersync("shops").out.decode().splitlines()

    assert [line.split() for line in lines] == [
        ["SHOP_KEY", "NAME", "REGION", "AUTHORIZATION_STATE", "PAUSED"],
        [shop_keys[0], "Näme", "-", "active", "-"],
        [shop_keys[1], "Näme", "-", "active", "-"],
    ]


def test_the_list_as_json(sellersync, shop_keys):
    """Keys, names, the state word."""
    assert sellersync("shops", "--json").document[0] == {
        "shop_key": shop_keys[0],
        "marketplace": "temu",
        "name": "Näme",
        "region": None,
        "authorization_state": "active",
        "paused": None,
    }


def test_pause_and_resume(sellersync, database, shop_keys):
    """A paused shop is not due, a resumed one is; both are events of that shop."""
    paused = sellersync("shops", "pause", shop_keys[0])
    with database.read() as connection:
        due_while_paused = [
            row.shop_key for row in all_streams(connection) if row.next_run_at
        ]
    shown = sellersync("shops", "--json").document[0]["paused"]
    resumed = sellersync("shops", "resume", shop_keys[0])
    with database.read() as connection:
        due = [row.shop_key for row in all_streams(connection) if row.next_run_at]
        events = recent_events(connection, limit=2)

    assert (paused.status, resumed.status) == (0, 0)
    assert due_while_paused == [shop_keys[1]] * len(Stream)
    assert shown == "by the operator"
    assert len(due) == 2 * len(Stream)
    assert [(event.name, event.shop_key) for event in events] == [
        ("shop_resumed", shop_keys[0]),
        ("shop_paused", shop_keys[0]),
    ]


def test_resuming_a_shop_without_authorization_says_so(sellersync, database, shop_keys):
    """It is resumed, but only the seller can bring it back."""
    with database.write() as connection:
        connection.execute(
            authorizations.update().values(state="needs_reauthorization")
        )
    ended = sellersync("shops", "resume", shop_keys[0])

    assert ended.status == 0
    assert b"has to authorise again" in ended.out


def test_remove_needs_a_yes(sellersync, database, shop_keys):
    """Where nobody can be asked, `--yes` must be there; nothing is removed without."""
    refused = sellersync("shops", "remove", shop_keys[0])
    still_there = sellersync("shops", "--json").document
    removed = sellersync("shops", "remove", shop_keys[0], "--yes")
    with database.read() as connection:
        left = [found.subject for found in all_authorizations(connection)]

    assert (refused.status, len(still_there)) == (2, 2)
    assert "add --yes" in refused.err
    assert removed.status == 0
    assert left == ["mall-2"]


def test_an_unknown_shop_changes_nothing(sellersync, database, shop_keys):
    """Each command says so in one line that names the list."""
    del shop_keys
    calls = (
        *(("shops", "pause"), ("shops", "resume"), ("shops", "remove", "--yes")),
        *(("pull", "orders", "--shop"), ("refresh", "--shop")),
        ("export", "orders", "--shop"),
    )
    ended = [sellersync(*call, "temu:eu:none") for call in calls]
    with database.read() as connection:
        events = recent_events(connection, limit=1)

    line = (
        "sellersync: no shop temu:eu:none is connected; "
        "`sellersync shops` lists those that are\n"
    )
    assert {(each.status, each.err) for each in ended} == {(1, line)}
    assert events == []


def test_what_cannot_be_pulled_is_told_in_one_line(sellersync, database, shop_keys):
    """A paused shop, a seller who must act, and both together."""
    sellersync("shops", "pause", shop_keys[0])
    with database.write() as connection:
        last = connection.execute(
            select(authorizations.c.id).where(authorizations.c.subject == "mall-2")
        ).scalar_one()
        connection.execute(
            authorizations.update()
            .where(authorizations.c.id == last)
            .values(state="needs_reauthorization")
        )
    paused = sellersync("pull", "orders", "--shop", shop_keys[0])
    dead = sellersync("pull", "orders", "--shop", shop_keys[1])
    all_shops = sellersync("pull", "orders")

    assert (paused.status, dead.status, all_shops.status) == (1, 1, 1)
    assert f"`sellersync shops resume {shop_keys[0]}` first" in paused.err
    assert "needs_reauthorization; send the seller the link" in dead.err
    assert "(and 1 more)" in all_shops.err


def test_erase_goes_further_than_remove(sellersync, database, shop_keys):
    """Nothing asks twice, a shop removed before can be erased, a made-up one cannot."""
    sellersync("shops", "remove", shop_keys[0], "--yes")
    erased = sellersync("shops", "remove", shop_keys[0], "--erase", "--yes")
    at_once = sellersync("shops", "remove", shop_keys[1], "--erase", "--yes")
    unknown = sellersync("shops", "remove", "temu:eu:none", "--erase", "--yes")
    with database.read() as connection:
        events = recent_events(connection, limit=9)

    assert (erased.status, at_once.status, unknown.status) == (0, 0, 1)
    assert erased.out.decode() == f"{shop_keys[0]} and its data are erased.\n"
    assert "no shop temu:eu:none is connected" in unknown.err
    assert [(event.name, event.shop_key) for event in events][:3] == [
        ("shop_erased", shop_keys[1]),
        ("shop_erased", shop_keys[0]),
        ("shop_removed", shop_keys[0]),
    ]
