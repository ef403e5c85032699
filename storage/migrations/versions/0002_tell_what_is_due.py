"""PostgreSQL tells its listeners when a commit made a job or a card due; SQLite has no listeners.

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
_ON_INSERT = f"""
    CREATE TRIGGER tell_due_of_new AFTER INSERT ON jobs FOR EACH ROW
    WHEN (NEW.due_at <= {_NOW} OR NEW.card_due_at <= {_NOW})
    EXECUTE FUNCTION tell_due()
"""
_ON_UPDATE = f"""
    CREATE TRIGGER tell_due_of_changed AFTER UPDATE OF due_at, card_due_at ON jobs FOR EACH ROW
    WHEN (
        NEW.due_at <= {_NOW} AND (NEW.due_at, NEW.status) IS DISTINCT FROM (OLD.due_at, OLD.status)
        OR NEW.card_due_at <= {_NOW} AND NEW.card_due_at IS DISTINCT FROM OLD.card_due_at
    )
    EXECUTE FUNCTION tell_due()
"""


def upgrade() -> None:
    """Add the triggers."""
    if op.get_bind().dialect.name != "postgresql":
        return
    for statement in (_TELL, _ON_INSERT, _ON_UPDATE):
        op.execute(statement)
