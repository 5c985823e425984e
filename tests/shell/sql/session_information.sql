-- Functions about the session.
select current_database(), current_catalog, current_schema(), current_schema;
select current_user = session_user, user = current_user, current_role = current_user;
select pg_backend_pid() > 0, version() like 'PostgreSQL 15%' or version() like '%owan%';
select current_setting('server_encoding'), current_setting('integer_datetimes'), current_setting('max_identifier_length');
select now() = transaction_timestamp(), statement_timestamp() >= now(), clock_timestamp() >= statement_timestamp();
begin; select now() = now(); select pg_typeof(current_timestamp(0)), pg_typeof(localtimestamp(3)); commit;
select pg_typeof(now()), pg_typeof(timeofday());
