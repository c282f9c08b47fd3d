"""People: members who may see some accounts only."""

import django.db.models.deletion
import uuid
from django.db import migrations, models

from posture.migrations import _walls

WALLS = "\n".join([
    _walls.addressable("posture_membership"),
    _walls.wall("posture_memberaccount"),
    _walls.same_organisation("posture_memberaccount", "membership_id", "posture_membership"),
    _walls.same_organisation("posture_memberaccount", "account_id", "posture_account"),
])


class Migration(migrations.Migration):

    dependencies = [
        ('posture', '0008_searching'),
    ]

    operations = [
        migrations.AddField(
            model_name='membership',
            name='restricted',
            field=models.BooleanField(default=False),
        ),
        migrations.CreateModel(
            name='MemberAccount',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('account', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='posture.account')),
                ('membership', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='posture.membership')),
                ('organisation', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='posture.organisation')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('membership', 'account'), name='member_names_account_once')],
            },
        ),
        migrations.AddField(
            model_name='membership',
            name='accounts',
            field=models.ManyToManyField(related_name='+', through='posture.MemberAccount', to='posture.account'),
        ),
        migrations.AddConstraint(
            model_name='membership',
            constraint=models.CheckConstraint(condition=models.Q(('restricted', False), models.Q(('role', 'owner'), _negated=True), _connector='OR'), name='owner_sees_all_accounts'),
        ),
        migrations.RunSQL(WALLS),
    ]
