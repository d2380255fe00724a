"""What is kept of quizzes, and how: SQLite by default, PostgreSQL when several servers share the work."""
