"""The services of quizzes, for pages, commands and background tasks: exam, regrades, scores, enrolment."""
