"""The gradebook: homework and quizzes together, and every table of grades that is read or written."""
