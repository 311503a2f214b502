"""The only code that talks SQL: schema, migrations, and what is asked of the tables."""
