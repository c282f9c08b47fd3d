"""Identity providers of organisations: their tables and tenant walls, and finding one by its name."""

import django.db.models.deletion
import django.db.models.functions.datetime
import posture.models.sealed
import uuid
from django.conf import settings
from django.db import migrations, models

from posture.migrations import _walls

WALLS = "\n".join([
    _walls.wall("posture_identityprovider"),
    _walls.addressable("posture_identityprovider"),
    _walls.sealed("posture_identityprovider", "client_secret"),
    _walls.wall("posture_providersubject"),
    _walls.same_organisation(
        "posture_providersubject", "provider_id", "posture_identityprovider"
    ),
    _walls.question(
        "provider_with_slug(wanted text)", "TABLE (organisation_id uuid, id uuid)",
        "SELECT organisation_id, id FROM public.posture_identityprovider WHERE slug = wanted",
    ),
])

UNWALLED = _walls.unsealed("posture_identityprovider", "client_secret") + """
    DROP FUNCTION provider_with_slug;
"""


class Migration(migrations.Migration):

    dependencies = [
        ('posture', '0013_people'),
    ]

    operations = [
        migrations.CreateModel(
            name='IdentityProvider',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('name', models.TextField()),
                ('slug', models.TextField(unique=True)),
                ('issuer', models.TextField()),
                ('client_id', models.TextField()),
                ('client_secret', posture.models.sealed.SealedTextField()),
                ('domains', models.JSONField(default=list)),
                ('required', models.BooleanField(default=False)),
                ('active', models.BooleanField(default=True)),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ('organisation', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='posture.organisation')),
            ],
        ),
        migrations.CreateModel(
            name='ProviderSubject',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('subject', models.TextField()),
                ('linked_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ('last_used_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ('organisation', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='posture.organisation')),
                ('provider', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.CASCADE, related_name='subjects', to='posture.identityprovider')),
                ('user', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
        ),
        migrations.AddConstraint(
            model_name='identityprovider',
            constraint=models.CheckConstraint(condition=models.Q(('slug__regex', '^[a-z0-9][a-z0-9-]{3,39}$')), name='provider_slug_is_plain'),
        ),
        migrations.AddConstraint(
            model_name='providersubject',
            constraint=models.UniqueConstraint(fields=('provider', 'subject'), name='one_user_per_subject'),
        ),
        migrations.AddConstraint(
            model_name='providersubject',
            constraint=models.UniqueConstraint(fields=('provider', 'user'), name='one_subject_per_user'),
        ),
        migrations.RunSQL(WALLS, UNWALLED),
    ]
