"""The pages of a course's staff: watching a quiz, giving time, marking, mending."""
