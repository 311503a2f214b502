"""`sellersync db upgrade` brings a configured database to the newest schema."""


def test_upgrade_may_be_repeated(sellersync, tmp_path, monkeypatch):
    """It prints the revision it reached, the second time too."""
    monkeypatch.setenv("SELLERSYNC_DATABASE_URL", f"sqlite:///{tmp_path / 'own.db'}")
    first = sellersync("db", "upgrade", "--json").document
    second = sellersync("db", "upgrade")

    assert first["revision"]
    assert second.out.decode() == (
        f"The database is at revision {first['revision']}, the newest.\n"
    )


def test_an_older_database_is_refused_until_then(sellersync, tmp_path, monkeypatch):
    """A configured database is never migrated unasked."""
    monkeypatch.setenv("SELLERSYNC_DATABASE_URL", f"sqlite:///{tmp_path / 'own.db'}")
    before = sellersync("shops")
    sellersync("db", "upgrade")
    after = sellersync("shops", "--json")

    assert before.status == 1
    assert "run `sellersync db upgrade`" in before.err
    assert after.document == []


def test_the_embedded_database_is_upgraded_too(sellersync, home):
    """Although it needs no asking."""
    ended = sellersync("db", "upgrade")

    assert ended.status == 0
    assert (home / "sellersync.db").exists()


def test_a_file_that_cannot_be_opened_is_told_in_one_line(sellersync, monkeypatch):
    """The line names the variable to correct."""
    monkeypatch.setenv("SELLERSYNC_DATABASE_URL", "sqlite:////no/such/folder/own.db")
    ended = sellersync("db", "upgrade")

    assert (ended.status, ended.err.count("\n")) == (1, 1)
    assert "correct SELLERSYNC_DATABASE_URL" in ended.err
