"""What this machine can do: the sandbox's layers, tried for real, and all that grading and quizzes need."""

from autograder.doctor.finding import Finding, State
from autograder.doctor.sandbox import look_at_sandbox
from autograder.doctor.surroundings import look_around

__all__ = ["Finding", "State", "look_around", "look_at_sandbox"]
