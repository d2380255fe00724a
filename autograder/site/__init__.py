"""The course in a browser: what a course has once, for homework and quizzes alike."""
