"""`python -m quizzes`: the same as the command."""

from quizzes.cli import main

__all__ = ["main"]

if __name__ == "__main__":
    main()
