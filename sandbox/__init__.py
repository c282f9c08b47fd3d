"""Everything a laptop needs in place of the real world: PostgreSQL, Valkey and a fake AWS."""
