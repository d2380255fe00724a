"""The store of quizzes: SQLite by default, PostgreSQL when several servers share the work."""
