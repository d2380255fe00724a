"""Marking by hand: rubrics, assigned work, recalculation, and the pages that homework and quizzes share."""
