"""Proof that an assignment is sound, before any student sees it.

`faults_in_files` reads what stands in the two folders, `Proof` grades its variants in the sandbox:
every stub fails, every reference passes, every known mistake is caught and named.
"""

from autograder.lint.fault import Fault
from autograder.lint.files import faults_in_files
from autograder.lint.notebook import faults_in_handout
from autograder.lint.proof import Proof

__all__ = ["Fault", "Proof", "faults_in_files", "faults_in_handout"]
