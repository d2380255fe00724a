"""Tables of people as learning platforms give them out, with invented people."""

from __future__ import annotations

__all__ = ["CANVAS", "GRADESCOPE", "MOODLE_GRADEBOOK", "MOODLE_PARTICIPANTS", "MOODLE_WORKSHEET"]

CANVAS = (
    "\ufeffStudent,ID,SIS User ID,SIS Login ID,Section,Quiz 3 (901)\r\n"
    ",,,,,Manual Posting\r\n"
    "    Points Possible,,,,,10\r\n"
    '"Lee, Ann",5001,u1,ann1,Sec 1,9\r\n'
    "\r\n"
    '"Ott, Ben",5002,u2,ben2,Sec 1,\r\n'
    '"Student, Test",5999,,abcdef0123456789abcdef0123456789abcdef01,Sec 1,\r\n'
    '"Studentin, Test-",5998,,bbcdef0123456789abcdef0123456789abcdef01,Sec 2,\r\n'
)
MOODLE_PARTICIPANTS = (
    '\ufeff"First name","Last name","Email address",Groups\n'
    'Ann,Lee,ann@x.org,"Team A/1"\n'
    "Ben,Ott,ben@x.org,\n"
)
MOODLE_GRADEBOOK = (
    '"First name","Last name","ID number",Institution,Department,"Email address","Quiz 4 (Real)"\n'
    "Ann,Lee,101,,,ann@x.org,0.00\n"
    "Ben,Ott,,,,ben@x.org,-\n"
)
MOODLE_WORKSHEET = (
    '\ufeffIdentifier,"Full name","Email address",Status,Grade\n'
    '"Participant 6","Ann Lee",ann@x.org,"Submitted for grading -  - ",\n'
    '"Participant 12","Ben Ott, Jr.",ben@x.org,"Submitted for grading -  - ",\n'
)
GRADESCOPE = (
    "First Name\tLast Name\tSID\tEmail\tRole\n"
    "Ann\tLee\tu1\tann@x.org\tStudent\n"
    "Ben\tOtt\tu2\tben@x.org\tStudent\n"
)
