"""Exchange of quizzes with other systems (QTI 1.2 and 2.1), and quizzes on paper."""
