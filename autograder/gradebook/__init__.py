"""The gradebook: homework and quizzes together, and every table of grades."""
