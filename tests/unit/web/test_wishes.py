"""What the address of the status page asks for."""

import pytest
from starlette.datastructures import QueryParams

from worker.store.shop_list import Only, Order, Wish
from worker.web.status import read_wish


def test_nothing_asked_is_the_first_page_by_name():
    """Of all shops."""
    assert read_wish(QueryParams("")) == Wish()


def test_everything_can_be_asked():
    """Search, filter, order, direction and page."""
    wish = read_wish(QueryParams("q= a b &only=late&sort=ends-down&page=3"))

    assert wish == Wish(
        search="a b", only=Only.LATE, order=Order.ENDS, descending=True, page=3
    )


@pytest.mark.parametrize(
    "query", ["q=%00%00", "only=x&sort=x-y&page=-1", "page=²", "page=", "only="]
)
def test_rubbish_is_nothing_asked(query):
    """No database is bothered with it."""
    assert read_wish(QueryParams(query)) == Wish()
