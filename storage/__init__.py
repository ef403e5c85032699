"""The database: schema, migrations, records and the statements on them."""
