"""What a page or a command asks for: exams, regrades, scores, enrolment, function marks."""
