"""Room in the pages of findings, so that seeing one again touches no index."""

from django.db import migrations


class Migration(migrations.Migration):
    """Leave half of each page free for the next version of its rows.

    A scan that sees the same again writes every open finding of an account in one statement, with
    `last_seen` and `last_scan`, which no index has. Where the new version fits into the page of the
    old one, PostgreSQL leaves all indexes alone; rows that move to another page are put into each of
    them again, that of texts included. The old versions are swept out when the page is next used.
    Takes no lock that keeps readers or writers away, and holds for pages written from now on.
    """

    dependencies = [
        ('posture', '0008_searching'),
    ]

    operations = [
        migrations.RunSQL(
            ["ALTER TABLE posture_finding SET (fillfactor = 50);"],
            ["ALTER TABLE posture_finding SET (fillfactor = 80);"],
        ),
    ]
