"""Alembic revisions, oldest first; each one is tested on SQLite and PostgreSQL."""
