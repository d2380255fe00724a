"""`python -m quizzes`: the same as the command, with this very Python."""

from __future__ import annotations

from quizzes.cli import main

__all__ = ["main"]

if __name__ == "__main__":
    main()
