"""Marking by hand: rubrics, dealt work, recalculation, and the pages that homework and quizzes share."""
