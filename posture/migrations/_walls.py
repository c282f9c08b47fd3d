"""SQL of the tenant boundary, for this and later migrations (design 2.12).

A later migration that adds a tenant table calls `wall` for it and `same_organisation` for each of
its keys to another tenant table. tests/posture/test_walls.py reads the catalogue and fails for a
table that has neither.
"""

MINE = "NULLIF(current_setting('app.organisation', true), '')::uuid"
"""The organisation of the transaction; null, and so equal to nothing, outside of `within`."""


def wall(table, column="organisation_id"):
    """Return SQL that lets `app` see and write a table's rows of its own organisation only.

    The owner gets a policy of its own, because FORCE holds for it too: migrations and the narrow
    SECURITY DEFINER functions work across organisations.
    """
    return f"""
        ALTER TABLE {table} ENABLE ROW LEVEL SECURITY;
        ALTER TABLE {table} FORCE ROW LEVEL SECURITY;
        CREATE POLICY own_organisation ON {table} TO app
            USING ({column} = {MINE}) WITH CHECK ({column} = {MINE});
        CREATE POLICY owner_everything ON {table} TO CURRENT_USER USING (true) WITH CHECK (true);
    """


def addressable(table):
    """Return SQL for the unique key that composite foreign keys to this table need."""
    return f"ALTER TABLE {table} ADD CONSTRAINT {table}_in_organisation UNIQUE (organisation_id, id);"


def same_organisation(table, column, target):
    """Return SQL that refuses a key to a row of another organisation.

    Deferred like Django's own keys, because accounts and scans point at each other.
    """
    return f"""
        ALTER TABLE {table} ADD CONSTRAINT {table}_{column}_same_organisation
            FOREIGN KEY (organisation_id, {column}) REFERENCES {target} (organisation_id, id)
            DEFERRABLE INITIALLY DEFERRED;
    """


def question(signature, returns, query, volatility="STABLE", language="sql"):
    """Return SQL for a function that runs as its owner, who sees all rows, and answers ids.

    It is VOLATILE where it locks the rows that it names.
    """
    return f"""
        CREATE FUNCTION {signature} RETURNS {returns}
            LANGUAGE {language} {volatility} SECURITY DEFINER SET search_path = pg_catalog, pg_temp
            AS $query$ {query} $query$;
        REVOKE ALL ON FUNCTION {signature.split("(")[0]} FROM PUBLIC;
        GRANT EXECUTE ON FUNCTION {signature.split("(")[0]} TO app;
    """


def sealed(table, column):
    """Return SQL that lets a column take sealed secrets only, and tells by which keys they are.

    The function answers the ids of keys, so that doctor sees which ones are still needed.
    """
    return f"""
        ALTER TABLE {table} ADD CONSTRAINT {table}_{column}_sealed
            CHECK ({column} = '' OR {column} LIKE 's1.%.%');
        {question(
            f"keys_of_{table}_{column}()", "SETOF text",
            f"SELECT DISTINCT split_part({column}, '.', 2) FROM public.{table} WHERE {column} <> ''",
        )}
    """


def unsealed(table, column):
    """Return SQL that undoes `sealed`."""
    return f"""
        DROP FUNCTION keys_of_{table}_{column};
        ALTER TABLE {table} DROP CONSTRAINT {table}_{column}_sealed;
    """


def append_only(table):
    """Return SQL that leaves `app` INSERT and SELECT on a table."""
    return f"REVOKE UPDATE, DELETE, TRUNCATE ON {table} FROM app;"


APP_RIGHTS = """
    DO $$ BEGIN
        IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'app') THEN
            RAISE EXCEPTION 'The role app is missing: run sandbox/postgres-init.sql as superuser.';
        END IF;
    END $$;
    GRANT USAGE ON SCHEMA public TO app;
    ALTER DEFAULT PRIVILEGES IN SCHEMA public
        GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO app;
    ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT USAGE ON SEQUENCES TO app;
    GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO app;
    GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO app;
    REVOKE INSERT, UPDATE, DELETE ON django_migrations FROM app;
"""
"""What `app` may do to tables at all; made by one migration, the defaults hold for later ones."""
