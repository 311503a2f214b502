"""How PostgreSQL finds the rows of a page in tables that it has not looked at yet."""

import pytest
from sqlalchemy import event, text

from tests.integration.store.made_up import NOW, SECOND, line, order, write

pytestmark = pytest.mark.integration
ORDERS = 2_000
PAGE = 100


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_each_order_is_looked_up_in_the_index(connected):
    """Or a first load would read all of a shop's rows for each page, for a minute."""
    with connected.write() as connection:
        # It would look at them soon.
        for table in ("orders", "order_lines"):
            off = f"ALTER TABLE {table} SET (autovacuum_enabled = off)"
            connection.execute(text(off))
    lines = (line("a"), line("b"))
    write(connected, *(order(str(n), lines=lines) for n in range(ORDERS)))
    asked = []

    @event.listens_for(connected.engine, "before_cursor_execute")
    def note(_connection, _cursor, statement, parameters, *_):
        if "unnest" in statement:
            asked.append((statement, parameters))

    changed = [order(str(n), updated_at=NOW + SECOND, lines=lines) for n in range(PAGE)]
    write(connected, *changed)
    event.remove(connected.engine, "before_cursor_execute", note)
    plans = []
    with connected.read() as connection:
        for statement, parameters in asked:
            plan = connection.exec_driver_sql(f"EXPLAIN {statement}", parameters)
            plans.append("\n".join(plan.scalars()))

    # What decides, the fields as they were, and the lines.
    assert len(plans) == 3
    for plan in plans:
        assert "(order_id = wanted.id)" in plan.partition("Index Cond:")[2], plan
