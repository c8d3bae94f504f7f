"""Columns and an index on the busiest tables, as expand steps do it: nothing that the code of before must know."""

from django.db import migrations


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("messaging", "0001_initial")]

    operations = [
        migrations.RunSQL("ALTER TABLE messaging_transaction ADD COLUMN more integer NULL", "SELECT 1"),
        migrations.RunSQL("ALTER TABLE messaging_timelineentry ADD COLUMN more integer NULL", "SELECT 1"),
        migrations.RunSQL(
            "CREATE INDEX transaction_more ON messaging_transaction (more)", "DROP INDEX transaction_more"
        ),
    ]
