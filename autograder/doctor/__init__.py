"""Diagnosis of this machine: the sandbox's layers, tried for real, and all that grading and quizzes need."""

from autograder.doctor.finding import Finding, State
from autograder.doctor.machine import examine_machine
from autograder.doctor.sandbox import examine_sandbox

__all__ = ["Finding", "State", "examine_machine", "examine_sandbox"]
