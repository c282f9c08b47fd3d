-- The roles and the database of Seller Posture. psql runs this, as often as it likes: in the
-- image of docker-compose.yml on the first start, in the sandbox on every start.
--   owner  owns the database and runs the migrations
--   app    web, worker, beat and tests; never owns a table, so row-level security holds for it
\getenv owner_password OWNER_PASSWORD
\getenv app_password APP_PASSWORD

SELECT 'CREATE ROLE owner' WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'owner') \gexec
ALTER ROLE owner LOGIN CREATEDB NOSUPERUSER NOBYPASSRLS PASSWORD :'owner_password';

SELECT 'CREATE ROLE app' WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'app') \gexec
ALTER ROLE app LOGIN NOCREATEDB NOSUPERUSER NOBYPASSRLS PASSWORD :'app_password';

SELECT 'CREATE DATABASE posture OWNER owner'
WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = 'posture') \gexec
