"""A new quiz with its bank: one item of each kind, proven, for the author to change."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

from autograder.course.course import Course
from autograder.errors import UsageError
from quizzes.content.quiz_file import check_quiz_name

__all__ = ["write_quiz"]

QUIZ = """\
# Eleven questions, one of each kind that a bank can hold. `quizzes preview {name}` shows them.
# Draw one of several equally hard items with {{bank: {name}, tags: [quiz]}} in place of one by its name.
title: {title}
instructions: |
  TODO: say what the quiz is about and what is allowed.
points: {points}
opens: {opens}
due: {due}
minutes: 40    # from the start of each attempt; left out, everybody has until `due`
attempts: 1
questions:
{questions}
"""

BANK = r"""# A bank: items on one topic. Quizzes draw from it; nothing here is seen by students before that.
# [[name]] puts a drawn parameter or a derived number into a text; formulas stand between dollar signs.
topic: {title}
items:
  - id: pick-one    # one option is right
    type: choice
    tags: [quiz]
    prompt: TODO Which of these numbers is a prime?
    options:
      - {text: "7", correct: true}
      - {text: "9", feedback: It is 3 times 3.}
      - {text: "15", feedback: It is 3 times 5.}
      - {text: "21", feedback: It is 3 times 7.}
    explanation: A prime has no divisor but 1 and itself.
  - id: pick-several    # any number of options is right
    type: choices
    prompt: TODO Which of these numbers are even?
    options:
      - {text: "12", correct: true}
      - {text: "30", correct: true}
      - {text: "17", feedback: Half of it is not a whole number.}
      - {text: "45", feedback: Half of it is not a whole number.}
    explanation: An even number is twice a whole number.
  - id: yes-or-no    # the answer may depend on what was drawn
    type: true_false
    prompt: "TODO True or false: $[[a]] < [[b]]$."
    parameters:
      a: {range: [2, 9]}
      b: {range: [2, 9]}
    where: a != b
    answer: a < b
    feedback: Compare the two numbers on a number line.
    explanation: $[[a]]$ and $[[b]]$ differ by their distance on the number line; the smaller one stands left.
  - id: a-number    # every student has numbers of their own
    type: numeric
    prompt: TODO What is $[[a]] \cdot [[b]]$?
    parameters:
      a: {range: [11, 19]}
      b: {range: [3, 9]}
    derived: {result: a * b}
    key: result
    tolerance: {mode: exact}
    common_wrong:
      - {value: a + b, feedback: This is the sum.}
    explanation: $[[a]] \cdot [[b]] = [[result]]$.
  - id: several-numbers    # several fields in one question
    type: blanks
    prompt: TODO Divide [[a]] by [[b]] with a remainder.
    parameters:
      a: {range: [31, 59]}
      b: {range: [4, 9]}
    derived: {whole: floor(a / b), left: a - b * whole}
    blanks:
      - {id: quotient, label: Quotient, key: whole, tolerance: {mode: exact}}
      - {id: remainder, label: Remainder, key: left, tolerance: {mode: exact}}
    explanation: "[[b]] goes into [[a]] [[whole]] times, and [[left]] is left."
  - id: a-formula    # compared at many points, however it is written
    type: expression
    prompt: TODO Write the area of a rectangle with the sides `a` and `b`.
    key: a * b
    variables: {a: [0.1, 10], b: [0.1, 10]}
    common_wrong:
      - {value: 2 * (a + b), feedback: This is the length of its border.}
    explanation: The area is one side times the other.
  - id: a-word    # all that is accepted is listed, or matched by a pattern
    type: short_text
    prompt: TODO What do we call the result of an addition?
    accept: [sum, the sum]
    common_wrong:
      - {value: product, feedback: That is the result of a multiplication.}
    explanation: It is the sum.
  - id: match
    type: matching
    prompt: TODO Match each operation with its result for 6 and 3.
    pairs:
      - {left: Sum, right: "9"}
      - {left: Difference, right: "3"}
      - {left: Product, right: "18"}
    distractors: ["2"]
    explanation: 6 + 3 = 9, 6 − 3 = 3, and 6 · 3 = 18.
  - id: put-in-order
    type: ordering
    prompt: TODO Put these numbers in order, the smallest first.
    entries: ["−4", "0", "1/2", "3"]
    explanation: Negative numbers come before 0, and 1/2 before 3.
  - id: a-function    # runs in the sandbox of homework, after the attempt
    type: function
    function: doubled
    prompt: TODO Write `doubled(x)`. It returns twice the array `x`, which stays as it is.
    starter: |
      def doubled(x):
          ...
    reference: |
      def doubled(x):
          return 2 * x
    checks: |
      def values(student, reference, rng):
          "Every entry is doubled."
          assert_same(student.doubled, reference.doubled, rng.normal(size=(3, 2)))

      def input_stays(student, reference, rng):
          "The array stays as it is, and the result is right."
          x = rng.normal(size=4)
          assert_no_mutation(student.doubled, x)
          assert_same(student.doubled, reference.doubled, x)
    common_wrong:
      - value: |
          def doubled(x):
              return x * x
        feedback: This is the square.
    explanation: "`2 * x` makes a new array."
  - id: in-words    # a person marks it
    type: essay
    prompt: TODO Explain in your own words why the sum of two even numbers is even.
    most_words: 80
    rubric:
      - {text: Each is twice a whole number., weight: 1}
      - {text: So the sum is twice the sum of the two., weight: 1}
    model_answer: They are 2a and 2b with whole numbers a and b, and 2a + 2b = 2(a + b).
    explanation: 2a + 2b = 2(a + b).
"""


def write_quiz(course: Course, name: str, title: str) -> list[Path]:
    """Write a quiz file and a bank of its name, both or none; returns their paths.

    Neither may be there. The quiz opens in a week, at nine, and is due a day later, in the course's zone.
    """
    check_quiz_name(name)
    quiz, bank = course.root / "quizzes" / f"{name}.yaml", course.root / "quizzes" / "banks" / f"{name}.yaml"
    for path in (quiz, bank):
        if path.exists():
            raise UsageError(
                f"{path} is there already.", next_step="Choose another name, or remove it first."
            )
    opens = (datetime.now(course.zone) + timedelta(days=7)).replace(hour=9, minute=0)
    bank_text = BANK.replace("{title}", title, 1)
    ids = [line.split()[2] for line in bank_text.splitlines() if line.startswith("  - id: ")]
    quiz_text = QUIZ.format(
        name=name,
        title=title,
        points=len(ids),
        opens=f"{opens:%Y-%m-%d %H:%M}",
        due=f"{opens + timedelta(days=1):%Y-%m-%d %H:%M}",
        questions="\n".join(f"  - {{item: {name}/{item}}}" for item in ids),
    )
    try:
        for path, text in ((bank, bank_text), (quiz, quiz_text)):
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
    except BaseException:  # also Ctrl-C: half a quiz would be in the way of the next try
        for path in (bank, quiz):
            path.unlink(missing_ok=True)
        raise
    return [bank, quiz]
