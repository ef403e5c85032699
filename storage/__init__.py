"""The database: schema, migrations, records and the statements on them."""

from storage.core_only import import_engine

import_engine()
