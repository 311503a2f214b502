"""How results are printed where no terminal is."""

from datetime import UTC, datetime

import orjson

from worker.cli.printing import print_document, print_table, say


def test_a_table_is_one_line_per_row(capsysbinary):
    """Nothing is cut, nothing is markup, no name can break a line."""
    print_table(("key", "name"), [("k" * 200, "[red]a\nb\x1b[0m"), (None, "")])

    assert capsysbinary.readouterr().out.decode().splitlines() == [
        "KEY" + " " * 199 + "NAME",
        "k" * 200 + "  [red]a b [0m",
        "-" + " " * 201 + "-",
    ]


def test_a_title_stands_above_its_table(capsysbinary):
    """As a line of its own."""
    print_table(("key",), [], title="Shops")

    assert capsysbinary.readouterr().out == b"Shops\nKEY\n"


def test_times_in_a_document_end_in_z(capsysbinary):
    """As everywhere in exported rows."""
    print_document({"at": datetime(2026, 10, 1, 12, tzinfo=UTC)})
    say("next")
    document, _, line = capsysbinary.readouterr().out.rpartition(b"}\n")

    assert orjson.loads(document + b"}") == {"at": "2026-10-01T12:00:00Z"}
    assert line == b"next\n"
