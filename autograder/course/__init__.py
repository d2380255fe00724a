"""The course as its files describe it: course.yaml, the roster, assignments and their handouts."""
