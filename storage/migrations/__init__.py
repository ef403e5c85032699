"""The schema's history, run by Alembic through `storage.database.migrate`.

To change the schema: add the next numbered script to `versions`, change `storage/schema.py` to match, and set
`HEAD_REVISION` in `storage/database.py`. Tests compare all three.
"""
