"""Bodies of functions that give trouble, and what to expect of them."""

from __future__ import annotations

from autograder.sample.kinds import Kind

__all__ = ["TROUBLE"]

HANG = "while True: pass"
RAISE = 'raise ValueError("operands could not be broadcast together with shapes (3,) (4,)")'
CRASH = """
import os
os._exit(0)
"""
HOARD = """
import numpy as np
return np.zeros(10 * 2**30 // 8)
"""
# A frame as the runner would send it, with a perfect score beside a made-up answer.
FORGE = """
import json, os, struct
answer = {"kind": "value", "value": ["f"], "changed": [], "dtypes": [], "warnings": [], "printed": ""}
header = json.dumps({"op": "answers", "id": 1, "answers": [answer], "score": 100}).encode()
os.write(3, struct.pack("<IQ", len(header), 8) + header + struct.pack("<d", 1.0))
return 1.0
"""

TROUBLE: dict[Kind, tuple[str, str]] = {
    Kind.HANGING: (HANG, "Calls of the function end at the time limit."),
    Kind.RAISING: (RAISE, "The exception is shown with the student's own line."),
    Kind.CRASHING: (CRASH, "The process ends; the checks of the function say so."),
    Kind.MEMORY: (HOARD, "The memory limit stops the function."),
    Kind.FORGING: (FORGE, "A forged answer earns nothing."),
}
