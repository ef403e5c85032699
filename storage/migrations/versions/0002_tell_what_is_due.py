"""PostgreSQL tells its listeners when a commit made something due; SQLite has no listeners.

Triggers, so that no statement can forget it, none costs a round trip more, and a change and its notice are
one transaction. Claims and pauses only put work off, and are told to nobody.
"""

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_TELL = """
    CREATE FUNCTION tell_due() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        NOTIFY lipsync_due;  -- once for a transaction, however many rows
        RETURN NULL;
    END $$
"""
# A second of grace: the app's clock and the server's are not the same.
_NOW = "extract(epoch FROM clock_timestamp()) + 1"
_TABLES = ("orders", "jobs", "inputs", "cards")
_ON_INSERT = f"""
    CREATE TRIGGER tell_due_of_new AFTER INSERT ON {{table}} FOR EACH ROW
    WHEN (NEW.due_at <= {_NOW})
    EXECUTE FUNCTION tell_due()
"""
_ON_UPDATE = f"""
    CREATE TRIGGER tell_due_of_changed AFTER UPDATE OF due_at ON {{table}} FOR EACH ROW
    WHEN (NEW.due_at <= {_NOW} AND {{what}} IS DISTINCT FROM {{before}})
    EXECUTE FUNCTION tell_due()
"""


def upgrade() -> None:
    """Add the triggers."""
    if op.get_bind().dialect.name != "postgresql":
        return
    op.execute(_TELL)
    for table in _TABLES:
        op.execute(_ON_INSERT.format(table=table))
        # What moves on at once is due for another step, though not at another time.
        columns = ("due_at",) if table == "cards" else ("due_at", "status")
        what, before = (f"({', '.join(f'{row}.{name}' for name in columns)})" for row in ("NEW", "OLD"))
        op.execute(_ON_UPDATE.format(table=table, what=what, before=before))
