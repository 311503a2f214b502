"""Old personal data is blanked, in batches, and nothing brings it back by accident."""

from threading import Event, Thread

import pytest
from sqlalchemy import delete, func, select

from tests.integration.store.made_up import (
    DAY,
    MINUTE,
    NOW,
    SHOP_KEY,
    order,
    product,
    shop,
    write,
)
from worker.domain.pages import Unreadable
from worker.domain.records import Stream
from worker.store import personal_data
from worker.store.export import changes_after, export
from worker.store.pages import write_page, write_unreadable
from worker.store.personal_data import (
    blank_changes,
    blank_payloads,
    blank_unreadable,
)
from worker.store.schema import metadata, records
from worker.store.schema.feed import feed_marks
from worker.store.schema.streams import streams
from worker.store.shops import remember_shops

pytestmark = pytest.mark.integration

LATER = NOW + 100 * DAY
BEFORE = LATER - 90 * DAY
CANARY = "canary of a buyer"


def blank(database, *, before=BEFORE, now=LATER):
    """Do one batch of each; return how many rows they looked at."""
    with database.write() as connection:
        return (
            blank_payloads(
                connection, before=before, now=now, blanked=lambda *_: '{"blank":1}'
            ),
            blank_unreadable(connection, before=before, now=now),
            blank_changes(connection, before=before),
        )


def exported(database, stream=Stream.ORDERS):
    """Return everything that is exported, with payloads."""
    with database.read() as connection:
        return list(export(connection, stream, raw=True))


def feed(database):
    """Return all changes."""
    with database.read() as connection:
        return changes_after(connection, 0, limit=10_000)


def everything(database):
    """Return all that any table says, as one text."""
    with database.read() as connection:
        return str(
            [
                connection.execute(table.select()).all()
                for table in metadata.sorted_tables
            ]
        )


def test_an_old_order_loses_its_note_everywhere(connected):
    """In the payload, in its own row and in the feed; the rest stays."""
    write(connected, order("1", buyer_note=CANARY, currency="EUR"))
    before = everything(connected)
    done = blank(connected)
    (found,) = exported(connected)
    (change,) = feed(connected)

    assert CANARY in before
    assert done == (1, 0, 1)
    assert CANARY not in everything(connected)
    assert (found["buyer_note"], found["currency"]) == (None, "EUR")
    assert found["raw"] == {"blank": 1}
    assert change["fields"]["buyer_note"] == [None, None]
    assert change["fields"]["currency"] == [None, "EUR"]


def test_what_is_not_old_yet_stays(connected):
    """To the moment."""
    write(connected, order("old", buyer_note="old"), now=BEFORE - MINUTE)
    write(connected, order("new", buyer_note="new"), now=BEFORE)
    blank(connected)

    assert [row["buyer_note"] for row in exported(connected)] == ["new", None]
    assert [change["fields"]["buyer_note"][1] for change in feed(connected)] == [
        None,
        "new",
    ]


def test_reading_the_same_order_again_brings_nothing_back(connected):
    """Its hash is still that of the payload as it came."""
    same = order("1", buyer_note=CANARY)
    write(connected, same)
    blank(connected)
    written = write(connected, same, now=LATER)

    assert written.unchanged == 1
    assert len(feed(connected)) == 1
    assert CANARY not in everything(connected)


def test_a_changed_order_comes_whole_but_what_was_forgotten_is_no_change(connected):
    """It is kept for another term; the feed tells only what the marketplace changed."""
    write(connected, order("1", buyer_note=CANARY))
    blank(connected)
    write(
        connected,
        order("1", buyer_note=CANARY, currency="EUR", updated_at=LATER),
        now=LATER,
    )
    (found,) = exported(connected)
    change = feed(connected)[-1]
    too_early = blank(connected)
    in_time = blank(connected, before=LATER + MINUTE)

    assert found["buyer_note"] == CANARY
    assert change["fields"].keys() == {"currency", "updated_at"}
    assert too_early == (0, 0, 0)
    assert in_time == (1, 0, 1)
    assert CANARY not in everything(connected)


def test_a_note_that_was_never_there_is_a_change(connected):
    """Nothing was blanked, so the buyer has written it now."""
    write(connected, order("1"))
    write(connected, order("1", buyer_note="new", updated_at=NOW + DAY))

    assert feed(connected)[-1]["fields"]["buyer_note"] == [None, "new"]


def test_a_row_that_was_not_understood_is_blanked_whole_and_stays_so(connected):
    """Nobody knows what in it is personal; read again, it is not written back."""
    row = Unreadable(record_id="1", reason="status is missing", raw=CANARY.encode())
    for _ in range(2):
        blank(connected)
        with connected.write() as connection:
            write_unreadable(
                connection, Stream.ORDERS, [row], shop_key=SHOP_KEY, now=NOW
            )
    with connected.read() as connection:
        (kept,) = connection.execute(records.unreadable_rows.select()).all()

    assert (kept.reason, kept.payload, kept.blanked_at) == (
        *("status is missing", "null"),
        LATER,
    )


def test_a_row_that_was_not_understood_and_has_changed_is_kept_anew(connected):
    """It is another payload, for another term."""
    for raw in (b"1", b"2"):
        row = Unreadable(record_id="1", reason="odd", raw=raw)
        with connected.write() as connection:
            write_unreadable(
                connection, Stream.ORDERS, [row], shop_key=SHOP_KEY, now=NOW
            )
        with connected.read() as connection:
            (kept,) = connection.execute(records.unreadable_rows.select()).all()
        blank(connected)

        assert kept.payload == raw.decode()


def test_products_keep_what_they_say(connected):
    """Their payloads are looked at once, and hold no person."""
    write(connected, product("1"))
    with connected.write() as connection:
        blank_payloads(
            connection, before=BEFORE, now=LATER, blanked=lambda *parts: parts[-1]
        )
    (found,) = exported(connected, Stream.PRODUCTS)

    assert found["raw"]["title"] == "Mug"


def test_it_goes_in_batches_and_ends(connected, seller, monkeypatch):
    """Killed anywhere, the next one goes on; of several shops, each in its turn."""
    monkeypatch.setattr(personal_data, "_PAYLOADS", 3)
    monkeypatch.setattr(personal_data, "_CHANGES", 4)
    other = shop("2")
    with connected.write() as connection:
        remember_shops(connection, seller, [other], now=NOW, takes=True)
    for key in (SHOP_KEY, other.shop_key):
        write(
            connected,
            *(order(str(number), buyer_note=CANARY) for number in range(5)),
            shop_key=key,
        )
    batches = [blank(connected) for _ in range(6)]

    # Which shop's turn it is when is not fixed.
    blanked = [payloads for payloads, _, _ in batches]
    assert sorted(blanked, reverse=True) == [3, 3, 2, 2, 0, 0]
    assert blanked[4:] == [0, 0]
    assert [changes for _, _, changes in batches] == [4, 4, 2, 0, 0, 0]
    assert CANARY not in everything(connected)
    with connected.read() as connection:
        assert connection.execute(select(func.count(feed_marks.c.id))).scalar_one() == 1


def test_a_page_that_is_being_written_is_not_overwritten(connected):
    """The page is newer than what was found old: the stream's turn is waited for."""
    write(connected, order("1", buyer_note="old"))
    newer = order("1", buyer_note="newer", updated_at=NOW + DAY)
    is_writing = Event()

    def sweep():
        is_writing.wait()
        blank(connected)

    sweeper = Thread(target=sweep)
    sweeper.start()
    with connected.write() as connection:
        write_page(
            connection,
            Stream.ORDERS,
            [newer],
            marketplace="tiktok_shop",
            shop_key=SHOP_KEY,
            now=LATER,
        )
        is_writing.set()
        sweeper.join(0.3)
    sweeper.join()
    (found,) = exported(connected)

    assert (found["buyer_note"], found["raw"]["buyer_note"]) == ("newer", "newer")


def test_what_was_left_of_a_shop_is_blanked_too(connected):
    """Nobody holds its streams any more, and nothing stands in the way of the others."""
    write(connected, order("1", buyer_note=CANARY))
    with connected.write() as connection:
        connection.execute(delete(streams))

    assert blank(connected)[0] == 1
    assert CANARY not in everything(connected)
