"""Two people's own solutions of one assignment, and ways to make a copy look different."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable

__all__ = ["ASSIGNMENT", "DISGUISES", "OWN_TOO", "OWN_WORK", "functions"]

ASSIGNMENT = "hw2-losses"

OWN_WORK = """
def stable_rows(scores):
    biggest_per_row = np.amax(scores, axis=1)
    lowered = np.empty(scores.shape, dtype=float)
    for index in range(scores.shape[0]):
        lowered[index, :] = scores[index, :] - biggest_per_row[index]
    return lowered, biggest_per_row

def softmax(logits):
    lowered, _ = stable_rows(logits)
    powers = np.power(np.e, lowered)
    denominators = powers @ np.ones(logits.shape[1])
    return np.divide(powers, denominators.reshape(-1, 1))

def cross_entropy(probs, labels):
    surprise = 0.0
    for index in range(probs.shape[0]):
        chosen = probs[index][labels[index]]
        if chosen <= 3.7e-301:
            chosen = 3.7e-301  # never ask for the logaritm of zero
        surprise = surprise - np.log2(chosen) * 0.6931471805599453
    return surprise / probs.shape[0]

def softmax_cross_entropy(logits, labels):
    lowered, _ = stable_rows(logits)
    normaliser = np.log(np.power(np.e, lowered) @ np.ones(logits.shape[1]))
    picked = np.array([lowered[index][label] for index, label in enumerate(labels)])
    return float((normaliser - picked) @ np.ones(len(labels)) / len(labels))

def softmax_cross_entropy_backward(logits, labels):
    answer = softmax(logits)
    for index, label in enumerate(labels):
        answer[index][label] = answer[index][label] - 1
    return np.divide(answer, float(len(labels)))

def softmax_squared_error(logits, labels):
    collected = []
    for index, row in enumerate(softmax(logits)):
        truth = [1.0 if column == labels[index] else 0.0 for column in range(len(row))]
        distance = np.subtract(row, truth)
        collected.append(np.dot(distance, distance))
    return float(np.sum(collected)) / len(collected)

def softmax_squared_error_backward(logits, labels):
    result = []
    for index, row in enumerate(softmax(logits)):
        jacobian = np.diagflat(row) - np.outer(row, row)
        truth = np.array([1.0 if column == labels[index] else 0.0 for column in range(len(row))])
        result.append(jacobian @ (np.subtract(row, truth) * 2 / len(labels)))
    return np.vstack(result)
"""

OWN_TOO = """
class Rows:
    def __init__(self, logits):
        self.count = len(logits)
        self.moved = [list(map(float, row - max(row))) for row in logits]

    def probabilities(self):
        table = []
        while len(table) < self.count:
            powers = list(map(np.exp, self.moved[len(table)]))
            table.append([power / sum(powers) for power in powers])
        return np.asarray(table)

def softmax(logits):
    return Rows(logits).probabilities()

def cross_entropy(probs, labels):
    picked = list(map(lambda pair: pair[0][pair[1]], zip(probs, labels)))
    logs = list(map(lambda value: np.log(value) if value > 0 else -745.0, picked))
    return sum(logs) / -len(logs)

def softmax_cross_entropy(logits, labels):
    rows = Rows(logits)
    terms = [np.log(sum(map(np.exp, moved))) - moved[label] for moved, label in zip(rows.moved, labels)]
    return sum(terms) / rows.count

def softmax_cross_entropy_backward(logits, labels):
    table = Rows(logits).probabilities()
    flags = np.fromiter((label == c for label in labels for c in range(table.shape[1])), dtype=float)
    return (table - flags.reshape(table.shape)) * (1.0 / table.shape[0])

def softmax_squared_error(logits, labels):
    table = Rows(logits).probabilities()
    inside = [probability for row, label in zip(table, labels) for probability in [row[label]]]
    squares = (table ** 2).sum() - 2.0 * sum(inside) + len(inside)
    return squares / len(inside)

def softmax_squared_error_backward(logits, labels):
    table = Rows(logits).probabilities()
    flags = np.fromiter((label == c for label in labels for c in range(table.shape[1])), dtype=float)
    upstream = (table - flags.reshape(table.shape)) * (2.0 / table.shape[0])
    mixed = np.einsum("nc,nc->n", upstream, table)
    return np.multiply(table, upstream) - np.multiply(table, mixed[:, None])
"""


def functions(source: str) -> list[str]:
    """The sources of the functions and classes, one a cell."""
    return re.split(r"\n\n(?=def |class )", source.strip("\n"))


class _Rename(ast.NodeTransformer):
    """Gives every variable, parameter and helper another name."""

    def __init__(self, keep: set[str]) -> None:
        self._keep = keep

    def _new(self, name: str) -> str:
        return name if name in self._keep or name.startswith("__") else f"{name[::-1]}_q"

    def visit_Name(self, node: ast.Name) -> ast.Name:
        """A variable."""
        return ast.Name(self._new(node.id), node.ctx)

    def visit_arg(self, node: ast.arg) -> ast.arg:
        """A parameter."""
        return ast.arg(self._new(node.arg))


def renamed(cells: list[str]) -> list[str]:
    """Other names for everything that can be named freely, parameters too; formatted anew."""
    keep = {"np", "self", "range", "len", "float", "sum", "list", "map", "max", "zip", "enumerate", "Rows"}
    keep |= {"stable_rows", *re.findall(r"^def (softmax\w*|cross_entropy)", "\n".join(cells), re.MULTILINE)}
    return [ast.unparse(_Rename(keep).visit(ast.parse(cell))) for cell in cells]


def reordered(cells: list[str]) -> list[str]:
    """The functions the other way round, two to a cell."""
    back = cells[::-1]
    return ["\n\n".join(back[i : i + 2]) for i in range(0, len(back), 2)]


def commented(cells: list[str]) -> list[str]:
    """A comment above and behind every line, and docstrings."""
    done = []
    for cell in cells:
        lines = [f"{' ' * (len(x) - len(x.lstrip()))}# why?\n{x}  # so\n" for x in cell.split("\n") if x]
        done.append("".join(lines))
    return [re.sub(r"(def \w+\(.*\):)  # so\n", r'\1\n        """Mine."""\n', cell) for cell in done]


def respaced(cells: list[str]) -> list[str]:
    """Blank lines, double indentation, line breaks and trailing commas within brackets."""
    done = []
    for cell in cells:
        wide = re.sub(r"^( +)", r"\1\1", cell, flags=re.MULTILINE).replace("\n", "\n\n")
        done.append(wide.replace(", ", " ,\n      ").replace(" = ", "="))
    return done


def padded(cells: list[str]) -> list[str]:
    """A statement that does nothing before every second statement."""

    def pad(body: list[ast.stmt]) -> list[ast.stmt]:
        done: list[ast.stmt] = []
        for number, statement in enumerate(body):
            for part in ("body", "orelse"):
                if isinstance(inner := getattr(statement, part, None), list) and inner:
                    setattr(statement, part, pad(inner))
            if number % 2 == 0:
                done += ast.parse(f"unused_{number} = [{number}, 'nothing']").body
            done.append(statement)
        return done

    return [ast.unparse(ast.Module(pad(ast.parse(cell).body), [])) for cell in cells]


def everything(cells: list[str]) -> list[str]:
    """All of them, one after the other."""
    return respaced(commented(reordered(padded(renamed(cells)))))


Disguise = Callable[[list[str]], list[str]]
DISGUISES: dict[str, Disguise] = {
    "as it is": list,
    "renamed": renamed,
    "reordered": reordered,
    "comments": commented,
    "white space": respaced,
    "dead statements": padded,
    "everything": everything,
}
