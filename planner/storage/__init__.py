"""How is everything kept: tables, queries, the unit of work, migrations."""
