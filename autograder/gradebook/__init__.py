"""The gradebook of a course: homework and quizzes together, weighted, with what each student is owed.

sources   results folders and quiz tables, found and told apart
homework, quiz   a column of the gradebook from each
dropping  which scores a group leaves out
mark      one mark, and what becomes of it
book      everybody's marks and totals
table     all of it as one CSV
"""

from autograder.gradebook.book import Book, GroupShare, Row, book_of, percent
from autograder.gradebook.column import Column
from autograder.gradebook.mark import Mark, State
from autograder.gradebook.sources import columns_in
from autograder.gradebook.table import gradebook_csv

__all__ = [
    "Book",
    "Column",
    "GroupShare",
    "Mark",
    "Row",
    "State",
    "book_of",
    "columns_in",
    "gradebook_csv",
    "percent",
]
