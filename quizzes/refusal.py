"""What a student or a member of staff may not do just now, in a sentence, with the HTTP status it means."""

from __future__ import annotations

from autograder.errors import AutograderError

__all__ = ["Busy", "Conflict", "Forbidden", "NotFound", "Refused", "TooLarge"]


class Refused(AutograderError):
    """Asked for at the wrong time, by the wrong person or in the wrong state; nothing was changed."""

    status = 400


class Forbidden(Refused):
    """It is theirs, but it may not be done now."""

    status = 403


class NotFound(Refused):
    """It does not exist, or it is somebody else's: the two look the same from outside."""

    status = 404


class Conflict(Refused):
    """What is stored does not allow it any more."""

    status = 409


class TooLarge(Refused):
    """An answer beyond the limit."""

    status = 413


class Busy(Refused):
    """The store cannot take it at this moment; the same request may be sent again."""

    status = 503
    retry_after = 2  # seconds
