"""What students' own notebooks do: whatever works after Restart and run all works when graded."""

from __future__ import annotations

import socket
import sys
import textwrap
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from examples import examples
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from autograder.sandbox import session, zygote
from autograder.sandbox.arena import Arena
from autograder.sandbox.cells import NO_FILES, NO_INPUT, foresee, written
from autograder.sandbox.child import Child
from autograder.sandbox.sandbox_process import SandboxProcess
from autograder.sandbox.session import Session

X, RIGHT = np.array([-1.5, 0.0, 2.0]), [0.0, 0.0, 2.0]

NUMPY = "import numpy as np"
PLAIN = "def relu(x):\n    return np.maximum(x, 0)"
WITH_LOW = "def relu(x):\n    return np.maximum(x, LOW)"  # LOW has to be 0
WITH_TABLE = "def relu(x):\n    return np.maximum(x, T['low'])"

# Lines for the shell and for IPython, and ways to paste code.
IPYTHON = {
    "a shell line goes on": ["!pip install --quiet \\\n    numpy \\\n    scipy\nimport numpy as np", PLAIN],
    "a command without its sign": ["pip install -q numpy \\\n  scipy\nimport numpy as np\nls -l", PLAIN],
    "a magic goes on": ["%config Application.formats = \\\n   {'svg'}\nimport numpy as np", PLAIN],
    "a shell line in a block": [
        "import os\nimport numpy as np\nif not os.path.exists('d.npz'):\n    !curl -s x \\\n"
        "        -o d.npz\nLOW = 0",
        WITH_LOW,
    ],
    "quotes and brackets for the shell": ["!echo \"it's\" (\nimport numpy as np\n!echo '''", PLAIN],
    "a shell line's output": ["lines = !ls\nimport numpy as np\nLOW = 0 if lines else 0", WITH_LOW],
    "Python prompts": [NUMPY, ">>> def relu(x):\n...     return np.maximum(x, 0)\n...\n>>> relu(1)"],
    "IPython prompts": [
        "In [7]: import numpy as np\n   ...: def relu(x):\n   ...:     return np.maximum(x, 0)",
    ],
    "an indented cell": ["    import numpy as np\n    def relu(x):\n        return np.maximum(x, 0)"],
    "a timed cell": [NUMPY, "%%time\n" + PLAIN],
    "a captured cell": [NUMPY, "%%capture shown\nprint(1)\n" + PLAIN],
    "a timed line": [NUMPY, "%time LOW = 0", WITH_LOW],
    "a measured line": [NUMPY, PLAIN, "%timeit relu(np.ones(3))"],
    "a file that is written and imported": [
        "%%writefile helper.py\nimport numpy as np\ndef cut(x): return np.maximum(x, 0)",
        "from helper import cut\ndef relu(x): return cut(x)",
    ],
    "a file that is written and run": ["%%writefile low.py\nLOW = 0", NUMPY + "\n%run low.py", WITH_LOW],
    "a file that is run in the notebook's own names": [
        "%%writefile ./low.py\nLOW = START",
        NUMPY + "\nSTART = 0\n%run -i low",
        WITH_LOW,
    ],
    "a package that is written": [
        "!mkdir -p parts\n",
        "%%writefile parts/__init__.py\nLOW = 0",
        "%%writefile parts/cuts.py\nimport numpy as np\nfrom parts import LOW\n"
        "def cut(x): return np.maximum(x, LOW)",
        "from parts.cuts import cut\nimport parts.cuts as cuts\ndef relu(x): return cut(x) + 0 * cuts.cut(x)",
    ],
    "a package without a file of its own": [
        "%%writefile parts/more/low.py\nLOW = 0",
        "import numpy as np\nfrom parts.more.low import LOW",
        WITH_LOW,
    ],
    "pylab": ["%pylab inline", "def relu(x): return maximum(x, np.float64(0))"],
    "help": ["import numpy as np\nnp.maximum?\n?np", PLAIN],
    "a cell in another language": ["%%bash\npip install x", NUMPY, PLAIN],
    "get_ipython": [
        "import numpy as np\nget_ipython().run_line_magic('matplotlib', 'inline')",
        PLAIN,
        "display(1)",
    ],
    "a timed cell of a notebook that was a script": [
        NUMPY,
        "get_ipython().run_cell_magic('time', '', 'LOW = 0\\ndef relu(x):\\n    return np.maximum(x, LOW)')",
    ],
    "a line that was a magic": [NUMPY, "get_ipython().run_line_magic('time', 'LOW = 0')", WITH_LOW],
    "a file of a notebook that was a script": [
        "get_ipython().run_cell_magic('writefile', 'low.py', 'LOW = 0\\n')",
        "import numpy as np\nfrom low import LOW",
        WITH_LOW,
    ],
    "a shell line that was a magic": [
        "import numpy as np\nfiles = get_ipython().getoutput('ls')\nLOW = 0 * len(files)",
        WITH_LOW,
    ],
    "a cell inside a cell": ["import numpy as np\nget_ipython().run_cell('LOW = 0')", WITH_LOW],
    "asking the shell where it is": [
        "import numpy as np\nif 'google.colab' in str(get_ipython()):\n    LOW = 1\nelse:\n"
        "    print('here')\n    LOW = 0",
        WITH_LOW,
    ],
    "asking the shell what it is": [
        "import numpy as np\nimport sys\ndef in_a_notebook():\n    try:\n"
        "        from IPython import get_ipython as shell\n        if 'IPKernelApp' not in shell().config:\n"
        "            return False\n    except (ImportError, AttributeError):\n        return False\n"
        "    return get_ipython().__class__.__name__ == 'ZMQInteractiveShell'",
        "is_there = 'ipykernel' in sys.modules and 'IPython' in sys.modules\n"
        "LOW = 0 if in_a_notebook() and is_there and hasattr(get_ipython(), 'kernel') else 1",
        WITH_LOW,
    ],
    "input": ["import numpy as np\nname = input('Name? ')\nprint(name)\nLOW = len(name)", WITH_LOW],
    "await": [
        NUMPY,
        "import asyncio\nasync def low(): return 0\nawait asyncio.sleep(0)\nLOW = await low()",
        WITH_LOW,
    ],
}

# Imports that are tried, that fail, or that only show something.
IMPORTS = {
    "a library for a card": [
        "try:\n    import cupy as np\n    print('card')\nexcept ImportError:\n"
        "    import numpy as np\n    print('none')",
        PLAIN,
    ],
    "a bar or its replacement": [
        "try:\n    from tqdm import tqdm\nexcept ImportError:\n    print('no bars')\n"
        "    tqdm = lambda items: items",
        "import numpy as np\ndef relu(x): return np.array([max(v, 0) for v in tqdm(x)])",
    ],
    "a bar with a text": [
        "import numpy as np\nfrom tqdm.auto import tqdm, trange",
        "def relu(x):\n    bar = tqdm(x, desc='a')\n    bar.set_postfix(b=1)\n    list(trange(2))\n"
        "    return np.array([max(v, 0) for v in bar])",
    ],
    "the handout's own bar": [
        "import numpy as np\nfrom autograder import check, progress, unfinished_is_fine",
        "def relu(x): return np.array([max(v, 0) for v in progress(x, 'a')])",
        "check('relu')",
    ],
    "a definition in the handout's block": [
        "import numpy as np\nfrom autograder import unfinished_is_fine",
        "with unfinished_is_fine():\n    LOW = 0\n    print(LOW)",
        WITH_LOW,
    ],
    "where am I": [
        "import numpy as np\nimport sys\nif 'google.colab' in sys.modules:\n    print('cloud')\n    LOW = 1\n"
        "else:\n    print('here')\n    LOW = 0",
        WITH_LOW,
    ],
    "mounting a drive": [
        "import numpy as np\ntry:\n    from google.colab import drive\n    drive.mount('/d')\n    LOW = 1\n"
        "except ImportError:\n    LOW = 0\n    print('no drive')",
        WITH_LOW,
    ],
    "plots above the function": [
        "import matplotlib.pyplot as plt\nimport numpy as np\nplt.style.use('ggplot')\n"
        "figure, axis = plt.subplots()",
        PLAIN,
        "left, right = plt.subplots(1, 2)[1]\nleft.plot(X, relu(X))\nplt.show()",
    ],
    "libraries on one line": ["import matplotlib.pyplot as plt, pandas as pd, numpy as np, torch", PLAIN],
    "a library above the function": [
        "import torch.nn as nn\nfrom scipy import stats\nimport numpy as np",
        PLAIN,
    ],
    "everything of NumPy": ["from numpy import *", "def relu(x): return maximum(x, 0)"],
    "everything of two modules": [
        "import numpy as np\nfrom math import *",
        "def relu(x): return np.maximum(x, floor(0.5))",
    ],
    "a compiler or its replacement": [
        "import numpy as np\ntry:\n    from numba import njit\nexcept ImportError:\n    njit = lambda f: f",
        "@njit\n" + PLAIN,
    ],
    "annotations that nobody knows": [
        "from __future__ import annotations\nimport numpy as np",
        "def relu(x: Tensor) -> Tensor: return np.maximum(x, 0)",
    ],
    "annotations from a library": [
        "import numpy as np\nimport torch\nfrom torch import Tensor",
        "LOW: torch.Tensor = 0\ndef relu(x: Tensor, y: torch.nn.Module = None): return np.maximum(x, LOW)",
    ],
    "annotations from a library or nothing": [
        "import numpy as np\ntry:\n    import torch\n    from jax import numpy as jnp\nexcept ImportError:\n"
        "    torch = jnp = None",
        "def relu(x: torch.Tensor, y: jnp.ndarray = None) -> torch.Tensor: return np.maximum(x, 0)",
    ],
    "data that is not there": [
        "import numpy as np\ntry:\n    data = np.load('data.npz')\n    print(data)\n"
        "except OSError:\n    data = {'low': 0}",
        "def relu(x): return np.maximum(x, data['low'])",
    ],
}

# What the function rests on is built up by statements of every kind.
STATE = {
    "with": [
        NUMPY,
        "import warnings\nwith warnings.catch_warnings():\n    warnings.simplefilter('ignore')\n"
        "    LOW = 0\n    print(LOW)",
        WITH_LOW,
    ],
    "a table filled in a loop": [NUMPY, "T = {}\nfor name in ('low', 'high'):\n    T[name] = 0", WITH_TABLE],
    "update": [NUMPY, "T = {}", "T.update(low=0)", WITH_TABLE],
    "augmented assignment": [NUMPY, "T = {'low': 3}\nT |= {'high': 1}\nT['low'] -= 3", WITH_TABLE],
    "another name": [NUMPY, "T = {}\nalias = T", "alias['low'] = 0", WITH_TABLE],
    "passed to a function": [NUMPY, "T = {}\ndef fill(table): table['low'] = 0", "fill(T)", WITH_TABLE],
    "a comprehension for its effect": [NUMPY, "T = {}\n[T.setdefault(k, 0) for k in ('low',)]", WITH_TABLE],
    "setattr on a class": [
        NUMPY,
        "class Box: pass",
        "setattr(Box, 'low', 0)\nBox.high = 1",
        "def relu(x): return np.maximum(x, Box.low) * Box.high",
    ],
    "methods added by a decorator": [
        NUMPY,
        "def add_to(cls):\n    def add(function): setattr(cls, function.__name__, function)\n    return add",
        "class Layer: pass\nLOW = 0",
        "@add_to(Layer)\ndef forward(self, x): return np.maximum(x, LOW)",
        "def relu(x): return Layer().forward(x)",
    ],
    "a registry": [
        NUMPY,
        "FOUND = {}\ndef register(function):\n    FOUND[function.__name__] = function\n    return function",
        "LOW = 0\n@register\ndef cut(x): return np.maximum(x, LOW)",
        "def relu(x): return FOUND['cut'](x)",
    ],
    "match": [
        NUMPY,
        "MODE = 'fast'\nmatch MODE:\n    case 'fast':\n        print(MODE)\n"
        "        def relu(x): return np.maximum(x, 0)\n"
        "    case _:\n        def relu(x): return x",
    ],
    "a definition in a condition": [
        NUMPY,
        "if __name__ == '__main__':\n    print('go')\n    def relu(x): return np.maximum(x, 0)\n"
        "    print(relu(1))",
    ],
    "global in a helper": [NUMPY, "def setup():\n    global LOW\n    LOW = 0", "setup()", WITH_LOW],
    "a main function": [
        NUMPY,
        "def main():\n    global LOW\n    LOW = 0\n    print('x')\nif __name__ == '__main__':\n    main()",
        WITH_LOW,
    ],
    "a walrus": [NUMPY, "print(LOW := 0)", WITH_LOW],
    "a while loop": [NUMPY, "LOW = 4\nwhile LOW > 0:\n    LOW -= 1", WITH_LOW],
    "del": [NUMPY, "tmp = 0\nLOW = tmp\ndel tmp", WITH_LOW],
    "finally": [
        NUMPY,
        "try:\n    int('x')\nexcept ValueError as wrong:\n    print(wrong)\nfinally:\n    LOW = 0",
        WITH_LOW,
    ],
    "nested blocks": [
        NUMPY,
        "with open('/dev/null') as nothing:\n    for i in range(3):\n        if i == 2:\n"
        "            LOW = i - 2\n            print(i)",
        WITH_LOW,
    ],
    "partial": [NUMPY, "from functools import partial\nrelu = partial(np.maximum, 0)"],
    "a cache": [
        NUMPY,
        "from functools import lru_cache\n@lru_cache\ndef low(): return 0\n"
        "def relu(x): return np.maximum(x, low())",
    ],
    "vectorize": [
        NUMPY,
        "def one(v): return v if v > 0 else 0.0",
        "relu = np.vectorize(one)\nprint(relu(X))",
    ],
    "a data class": [
        NUMPY,
        "from dataclasses import dataclass, field\n@dataclass\nclass Options:\n"
        "    seen: list = field(default_factory=list)",
        "options = Options()\noptions.seen.append(0)",
        "def relu(x): return np.maximum(x, options.seen[0])",
    ],
    "an instance's method": [
        NUMPY,
        "class Net:\n    def __init__(self): self.low = 9\n    def reset(self): self.low = 0\n"
        "    def forward(self, x): return np.maximum(x, self.low)",
        "net = Net()\nnet.reset()\nrelu = net.forward",
    ],
    "a closure": [
        NUMPY,
        "def make():\n    kept = {'low': 9}\n    def put(value): kept['low'] = value\n"
        "    return put, lambda: kept['low']",
        "put, get = make()\nput(0)",
        "def relu(x): return np.maximum(x, get())",
    ],
    "an attribute of the function": [NUMPY, "def relu(x): return np.maximum(x, relu.low)", "relu.low = 0"],
    "a helper that is replaced": [
        NUMPY,
        "def cut(x): return x\ndef relu(x): return cut(x)",
        "def cut(x): return np.maximum(x, 0)",
    ],
    "written again after its test": [
        NUMPY,
        "def relu(x): return x",
        "assert relu(1) == 1\nprint(relu(2))",
        PLAIN,
    ],
    "arrays changed in place": [
        NUMPY,
        "A = np.ones(3)\nnp.copyto(A, 5)\nA[1:] = 2\nA -= A[0]\nA.fill(0)",
        "def relu(x): return np.maximum(x, A[0])",
    ],
    "an assertion that fails": [NUMPY, PLAIN, "assert relu(-1) == 7, 'my own test'"],
    "a cell that breaks in the middle": [NUMPY, "LOW = 1\nraise ValueError\nLOW = 2", "LOW = 0", WITH_LOW],
}

# What only a full run finds.
FULL = {
    "names that are made up": [
        NUMPY,
        "def configure(**options):\n    for name in options:\n        make[name](options[name])",
        "make = {'low': lambda value: __import__('__main__').__dict__.update(LOW=value)}",
        "configure(low=0)",
        WITH_LOW,
    ],
    "the notebook as a module": [NUMPY, "import sys\nsetattr(sys.modules[__name__], 'LOW', 0)", WITH_LOW],
    "through the module itself": [NUMPY, "import __main__ as here\nhere.LOW = 0", WITH_LOW],
}

# What is written can be read again: there is no file system, and the notebook does not notice.
FILES = {
    "text": [NUMPY, "open('low.txt', 'w').write('0')\nLOW = int(open('low.txt').read())", WITH_LOW],
    "an array": [NUMPY, "np.save('low.npy', np.zeros(1))", "LOW = np.load('low.npy')[0]", WITH_LOW],
    "arrays by name": [
        NUMPY,
        "np.savez('low.npz', low=np.zeros(1))",
        "with np.load('low.npz') as file:\n    T = {'low': file['low'][0]}",
        WITH_TABLE,
    ],
    "numbers as text": [
        NUMPY,
        "np.savetxt('low.csv', [[0.0]])\nLOW = float(np.loadtxt('low.csv'))",
        WITH_LOW,
    ],
    "JSON": [
        NUMPY,
        "import json\nwith open('t.json', 'w') as file:\n    json.dump({'low': 0}, file)",
        "with open('t.json') as file:\n    T = json.load(file)",
        WITH_TABLE,
    ],
    "a pickle in a directory": [
        NUMPY,
        "import os, pickle\nos.makedirs('out/a', exist_ok=True)\npickle.dump(0, open('out/a/low.pkl', 'wb'))",
        "LOW = pickle.load(open(os.path.join('out', 'a', 'low.pkl'), 'rb'))",
        WITH_LOW,
    ],
    "a path": [
        NUMPY,
        "from pathlib import Path\nPath('out').mkdir(exist_ok=True)\n(Path('out') / 'low').write_text('0')",
        "LOW = int(Path('out/low').read_text()) if Path('out/low').exists() else 5",
        WITH_LOW,
    ],
    "saved once": [
        NUMPY,
        "import os\nif not os.path.exists('low.npy'):\n    np.save('low.npy', np.zeros(1))",
        "LOW = np.load('low.npy')[0]",
        WITH_LOW,
    ],
    "lines that are added": [
        NUMPY,
        "for line in ('a', 'b'):\n    with open('log.txt', 'a') as log:\n        print(line, file=log)",
        "with open('log.txt') as log:\n    LOW = len(log.readlines()) - 2",
        WITH_LOW,
    ],
    "a module": [
        NUMPY,
        "with open('low.py', 'w') as file:\n    file.write('LOW = 0\\n')",
        "from low import LOW",
        WITH_LOW,
    ],
    "a magic's file": ["%%writefile low.txt\n0", NUMPY, "LOW = int(open('low.txt').read())", WITH_LOW],
    "a compressed file": [
        NUMPY,
        "import gzip\nwith gzip.open('low.gz', 'wt') as file:\n    file.write('0')",
        "with gzip.open('low.gz', 'rt') as file:\n    LOW = int(file.read())",
        WITH_LOW,
    ],
    "a file that is listed and removed": [
        NUMPY,
        "import os\nos.mkdir('d')\nopen('d/a', 'w').close()\nnames = os.listdir('d')\nos.remove('d/a')",
        "LOW = len(names) - 1 + os.path.exists('d/a')",
        WITH_LOW,
    ],
}
# Temporary files, and directories that are looked through.
FILES |= {
    "a temporary file with a name": [
        "import numpy as np, os, tempfile",
        "with tempfile.NamedTemporaryFile('w+', suffix='.txt') as file:\n    file.write('0')\n"
        "    file.seek(0)\n    LOW = int(file.read()) + (not os.path.exists(file.name))\n"
        "LOW += os.path.exists(file.name)",
        WITH_LOW,
    ],
    "a temporary file without a name": [
        "import numpy as np, tempfile",
        "with tempfile.TemporaryFile() as file:\n    file.write(b'0')\n    file.seek(0)\n"
        "    LOW = int(file.read())",
        WITH_LOW,
    ],
    "a temporary file by its descriptor": [
        "import numpy as np, os, tempfile",
        "number, name = tempfile.mkstemp()\nos.write(number, b'0')\nos.close(number)\n"
        "LOW = int(open(name).read())",
        WITH_LOW,
    ],
    "a temporary directory": [
        "import numpy as np, pathlib, tempfile",
        "with tempfile.TemporaryDirectory() as name:\n    path = pathlib.Path(name) / 'low.npy'\n"
        "    np.save(path, np.zeros(1))\n    LOW = np.load(path)[0]\nLOW += pathlib.Path(name).exists()",
        WITH_LOW,
    ],
    "a file that is there to be seen": [
        NUMPY,
        "from pathlib import Path\nPath('done').touch()\nLOW = 0 if Path('done').exists() else 1",
        WITH_LOW,
    ],
    "files found by a pattern": [
        NUMPY,
        "import glob\nfor k in range(2): open(f'w_{k}.txt', 'w').write('0')",
        "LOW = sum(int(open(name).read()) for name in glob.glob('w_*.txt')) + len(glob.glob('w_?.txt')) - 2",
        WITH_LOW,
    ],
    "a tree that is walked": [
        "import numpy as np, os",
        "os.makedirs('a/b', exist_ok=True)\nopen('a/b/low.txt', 'w').write('0')",
        "LOW = sum(len(names) for _, _, names in os.walk('a')) - 1",
        WITH_LOW,
    ],
    "a directory of paths": [
        NUMPY,
        "from pathlib import Path\nfolder = Path('out')\nfolder.mkdir()\n"
        "(folder / 'low.txt').write_text('0')",
        "LOW = int(next(folder.glob('*.txt')).read_text()) + len(list(folder.iterdir())) - 1",
        WITH_LOW,
    ],
    "another name for a file": [
        "import numpy as np, os",
        "open('draft.txt', 'w').write('0')\nos.rename('draft.txt', 'low.txt')",
        "LOW = int(open('low.txt').read()) + os.path.exists('draft.txt')",
        WITH_LOW,
    ],
    "another name for a directory": [
        "import numpy as np, os",
        "os.mkdir('a')\nopen('a/low.txt', 'w').write('0')\nos.rename('a', 'b')\n"
        "LOW = int(open('b/low.txt').read())",
        WITH_LOW,
    ],
    "a copy": [
        "import numpy as np, shutil",
        "open('a.txt', 'w').write('0')\nshutil.copy2('a.txt', 'b.txt')\nLOW = int(open('b.txt').read())",
        WITH_LOW,
    ],
    "a tree that is removed": [
        "import numpy as np, os, shutil",
        "os.makedirs('a/b')\nopen('a/b/c', 'w').close()\nshutil.rmtree('a')\nLOW = int(os.path.exists('a'))",
        WITH_LOW,
    ],
    "another directory": [
        "import numpy as np, os",
        "os.makedirs('work', exist_ok=True)\nos.chdir('work')\n"
        "open('low.txt', 'w').write('0')\nos.chdir('..')",
        "LOW = int(open('work/low.txt').read())",
        WITH_LOW,
    ],
    "the same file twice": [
        NUMPY,
        "with open('n.txt', 'w+') as file:\n    file.write('10')\n    file.seek(1)\n"
        "    LOW = int(file.read())\n    file.truncate(1)\nLOW += int(open('n.txt').read()) - 1",
        WITH_LOW,
    ],
}
# What IPython remembers and sets, and what `inspect` reads.
KEPT_BY_IPYTHON = {
    "the last value": [NUMPY, "print('x')", "2 - 2", "LOW = _", WITH_LOW],
    "the value of a cell": [NUMPY, "5 - 5", "7", "LOW = Out[2] + _2", WITH_LOW],
    "a value that a cell binds itself": [NUMPY, "for _ in range(1): pass", "7", "LOW = _", WITH_LOW],
    "a variable of the environment": [
        NUMPY,
        "%env LOW=0\n%set_env MORE 0\nimport os\nLOW = int(os.environ['LOW']) + int(os.environ['MORE'])",
        WITH_LOW,
    ],
    "captured output": [NUMPY, "%%capture shown\nprint(1)\nLOW = 0", "shown.show()", WITH_LOW],
    "its own source": [
        NUMPY,
        "import inspect\ndef low():\n    return 0",
        "exec(inspect.getsource(low).replace('low', 'other'))\nLOW = other()",
        WITH_LOW,
    ],
}

# Cells that wait, as Jupyter's own loop lets them.
WAITING = {
    "tasks": [
        NUMPY,
        "import asyncio\nasync def low(): return 0\nLOW = sum(await asyncio.gather(low(), low()))",
        WITH_LOW,
    ],
    "time": [NUMPY, "import asyncio\nawait asyncio.sleep(0.01)\nLOW = 0", WITH_LOW],
    "a thread": [NUMPY, "import asyncio\nLOW = await asyncio.to_thread(int, '0')", WITH_LOW],
}

ALL = {**IPYTHON, **IMPORTS, **STATE, **FULL, **FILES, **KEPT_BY_IPYTHON, **WAITING}


@contextmanager
def graded(worker: SandboxProcess, *cells: str, functions: tuple[str, ...] = ("relu",)) -> Iterator[Session]:
    """A session on some cells."""
    texts = [textwrap.dedent(cell) for cell in cells]
    with Session(worker, list(enumerate(texts, 1)), functions) as made:
        yield made


@pytest.mark.parametrize("name", ALL)
def test_what_works_in_jupyter_works_when_graded(worker: SandboxProcess, name: str) -> None:
    """Each of these gives the right relu; nothing of it hangs or ends a child."""
    with graded(worker, *ALL[name]) as graded_session:
        answer = graded_session.answer("relu", [(X,)], 10.0)[0]
        assert answer.kind == "value", answer.text
        np.testing.assert_array_equal(np.asarray(answer.value), RIGHT)
        assert not [note for note in graded_session.notes if "Left out" in note.text]


class TestForesight:
    """What `check` says of files before a notebook is graded."""

    @staticmethod
    def foreseen(*cells: str) -> list[str]:
        """The sentences on what relu rests on and will not find."""
        numbered = [(number, textwrap.dedent(cell)) for number, cell in enumerate(cells, 1)]
        found = [note["text"] for note in foresee(numbered, ["relu"])]
        written.clear()
        return found

    @pytest.mark.parametrize("name", FILES)
    def test_files_of_its_own_are_no_news(self, name: str) -> None:
        """What will be there when graded is not missed, however its path is put together."""
        assert self.foreseen(*FILES[name]) == []

    @pytest.mark.parametrize(
        "cells",
        [
            ["LOW = np.load('low.npy')"],
            ["path = 'low.npy'\nLOW = np.load(path)"],
            ["from pathlib import Path\nLOW = int((Path('data') / 'low.txt').read_text())"],
            ["open('mine.txt', 'w').write('0')", "LOW = np.load('low.npy')"],
            ["np.save('mine.npy', np.ones(1))", "with open('low.txt') as file:\n    LOW = int(file.read())"],
            ["text = 'a'.replace('a', 'b')", "path = 'low.npy'\nLOW = np.load(path)"],
        ],
    )
    def test_files_of_somebody_else_are_missed(self, cells: list[str]) -> None:
        """A file that the notebook does not make is not there, whatever else it writes."""
        assert self.foreseen(NUMPY, *cells, WITH_LOW) == [NO_FILES]

    @pytest.mark.parametrize("cell", ["LOW = int(input('Lowest? '))", "LOW = float(input()) + 1"])
    def test_nobody_types(self, worker: SandboxProcess, cell: str) -> None:
        """A number that is asked for is not there; `check` and the report say so in the same words."""
        assert self.foreseen(NUMPY, cell, WITH_LOW) == [NO_INPUT]
        with graded(worker, NUMPY, cell, WITH_LOW) as graded_session:
            assert graded_session.answer("relu", [(X,)], 10.0)[0].kind == "raised"
            (text,) = {note.text for note in graded_session.notes}
            assert text.startswith("ValueError: ") and text.endswith(f"({NO_INPUT})")


def test_nothing_that_is_written_reaches_the_disk(worker: SandboxProcess, open_folder: Path) -> None:
    """A function may save what it likes as well; the files are the child's, and gone with it."""
    open_folder.chmod(0o777)
    source = f"""
import os
def saved(x):
    os.makedirs({str(open_folder / "a")!r}, exist_ok=True)
    with open({str(open_folder / "a" / "b")!r}, "w") as file: file.write("x" * 1000)
    return os.path.getsize({str(open_folder / "a" / "b")!r})
"""
    with graded(worker, source, functions=("saved",)) as graded_session:
        assert graded_session.answer("saved", [(X,)], 10.0)[0].value == 1000
    assert list(open_folder.iterdir()) == []


@pytest.mark.parametrize("module", ["scipy", "torch", "sklearn", "cupy", "google.colab", "pandas"])
def test_other_libraries_stay_away(worker: SandboxProcess, module: str) -> None:
    """A function that rests on one fails, in a full run as well, and the note says why."""
    cells = NUMPY, f"import {module} as other", "def relu(x): return np.maximum(x, 0 * other.one)"
    with graded(worker, *cells) as graded_session:
        answer = graded_session.answer("relu", [(X,)], 10.0)[0]
        assert answer.text == "NameError: name 'other' is not defined"
        top = module.partition(".")[0]
        assert [note.text for note in graded_session.notes] == [
            f"ModuleNotFoundError: {top} cannot be imported when graded, only NumPy and the standard library"
        ]


def test_the_standard_library_can_be_imported() -> None:
    """Also late and where a child can open no file; what no notebook on a server needs is left out."""
    names = sorted(name for name in sys.stdlib_module_names - zygote.LEFT_OUT if not name.startswith("_"))
    source = f"""
        import importlib
        def missing():
            found = []
            for name in {[*names, *zygote.SUBMODULES.split()]!r}:
                try:
                    importlib.import_module(name)
                except BaseException:
                    found.append(name)
            return found
    """
    outside: dict[str, Any] = {}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        exec(textwrap.dedent(source), outside)
        expected = outside["missing"]()  # of another system, or without the library behind it
    with (
        SandboxProcess(without=["landlock"]) as without_files,
        graded(without_files, source, functions=("missing",)) as graded_session,
    ):
        assert graded_session.answer("missing", [()], 10.0)[0].value == expected


class TestTidyingUp:
    """A notebook that deletes at its end what its functions use: they worked when it was run."""

    @pytest.mark.parametrize(
        ("cells", "kept"),
        [
            ([NUMPY, PLAIN, "print(relu(np.ones(2)))", "del np"], "np"),
            ([NUMPY, "T = {'low': 0}", WITH_TABLE, "more = 1\ndel T, more"], "T"),
            ([NUMPY, PLAIN, "del relu"], "relu"),
            ([NUMPY, "import __main__ as here\nhere.LOW = 0", WITH_LOW, "del np"], "np"),
        ],
    )
    def test_what_is_used_is_kept_and_said(self, worker: SandboxProcess, cells: list[str], kept: str) -> None:
        """The function works, and a note names what was kept."""
        with graded(worker, *cells) as graded_session:
            assert graded_session.answer("relu", [(X,)], 10.0)[0].kind == "value"
            assert [note.text for note in graded_session.notes] == [
                f"{kept} is kept: what is graded uses it."
            ]

    @pytest.mark.parametrize(
        "cells",
        [
            [NUMPY, "LOW = 7", "del LOW", "try:\n    LOW\nexcept NameError:\n    LOW = 0", WITH_LOW],
            [NUMPY, PLAIN.replace("0", "7"), "del relu", PLAIN],
            [NUMPY, "T = {'low': 0, 'x': 1}\ndel T['x']\nassert 'x' not in T", WITH_TABLE],
        ],
    )
    def test_what_is_bound_again_is_deleted(self, worker: SandboxProcess, cells: list[str]) -> None:
        """As in the notebook: what stands below sees that it is gone."""
        with graded(worker, *cells) as graded_session:
            answer = graded_session.answer("relu", [(X,)], 10.0)[0]
            np.testing.assert_array_equal(np.asarray(answer.value), RIGHT)
            assert graded_session.notes == []


# What a right relu may call, by what a careless cell below gives its name to.
CALLED = {
    "relu": PLAIN,
    "np": PLAIN,
    "sum": "def relu(x): return np.maximum(x, sum([0, 0]))",
    "list": "def relu(x): return np.array(list(np.maximum(x, 0)))",
    "cut": "def cut(x): return np.maximum(x, 0)\ndef relu(x): return cut(x)",
    "max": "relu = lambda x: np.array([max(v, 0.0) for v in x])",
    "Cut": "class Cut:\n    def __call__(self, x): return np.maximum(x, 0)\ndef relu(x): return Cut()(x)",
    "floor": "from math import floor\ndef relu(x): return np.maximum(x, floor(0.5))",
    "np.maximum": "from numpy import maximum as top\nclass Net:\n    def forward(self, x): return top(x, 0)\n"
    "def relu(x): return Net().forward(x)",
}
REBINDINGS = [
    "NAME = 5",
    "NAME = [1, 2]",
    "NAME = np.ones(3) if NAME is not np else 1.0",
    "for NAME in range(3):\n    pass",
    "NAME = 0\nfor value in (1, 2):\n    NAME += value\nprint(NAME / 2)",
    "with open('log', 'w') as NAME:\n    NAME.write('x')",
    "(NAME, other) = 1, 2",
    "if True:\n    NAME = 'text'",
]


class TestNamesGivenAway:
    """A cell at the end takes a name that a graded function calls: it had been called before, and worked."""

    @given(st.sampled_from(list(CALLED)), st.lists(st.sampled_from(REBINDINGS), min_size=1, max_size=3))
    @settings(max_examples=examples(40), suppress_health_check=[HealthCheck.function_scoped_fixture])
    def test_what_is_called_stays_callable(
        self, worker: SandboxProcess, called: str, rebindings: list[str]
    ) -> None:
        """The function answers as it did where it was defined, and one note names what was kept."""
        name = "top" if called == "np.maximum" else called
        below = [cell.replace("NAME", name) for cell in rebindings]
        with graded(worker, NUMPY, CALLED[called], "print(relu(np.ones(2)))", *below) as graded_session:
            answer = graded_session.answer("relu", [(X,)], 10.0)[0]
            np.testing.assert_array_equal(np.asarray(answer.value), RIGHT)
            kept = [note.text for note in graded_session.notes if "is kept" in note.text]
            assert kept == [f"{name} is kept as it was above this line: what is graded calls it."]

    @pytest.mark.parametrize(
        ("cells", "kind"),
        [
            # Called after it was given away: that never worked.
            (["max = 3", "def relu(x): return np.array([max(v, 0.0) for v in x])"], "raised"),
            (["def relu(x): return x", "relu = 3", "LOW = 0", WITH_LOW], "value"),
            (
                ["class Net:\n    low = 9", "Net = Net()\nNet.low = 0", WITH_LOW.replace("LOW", "Net.low")],
                "value",
            ),
            (
                [
                    "class Net:\n    def cut(self, x): return np.maximum(x, 0)",
                    "def relu(x): return Net.cut(x)",
                    "Net = Net()",
                ],
                "value",
            ),
            (["def low(): return 7", "low = low() - 7", WITH_LOW.replace("LOW", "low")], "value"),
        ],
    )
    def test_what_the_notebook_means_is_as_it_says(
        self, worker: SandboxProcess, cells: list[str], kind: str
    ) -> None:
        """A name that is given another meaning for what stands below has that meaning."""
        with graded(worker, NUMPY, *cells) as graded_session:
            answer = graded_session.answer("relu", [(X,)], 10.0)[0]
            assert answer.kind == kind
            assert not [note for note in graded_session.notes if "is kept" in note.text]


def test_a_stand_in_is_named_where_a_function_rests_on_it(worker: SandboxProcess) -> None:
    """A graded function that plots works, and the note says that nothing is drawn."""
    plots = (
        "def relu(x):\n    plt.plot(x)\n    figure, (a, b) = plt.subplots(1, 2)\n    return np.maximum(x, 0)"
    )
    with graded(worker, NUMPY, "import matplotlib.pyplot as plt", plots) as graded_session:
        assert graded_session.answer("relu", [(X,)], 10.0)[0].kind == "value"
        assert [(note.cell, note.text) for note in graded_session.notes] == [
            (2, "matplotlib does nothing when graded: only NumPy and the standard library can be imported")
        ]


class TestBounds:
    """What costs time or ends a child, though the function does not need it."""

    ENDLESS = "while True:\n    loss = 1"

    def test_an_endless_loop_that_nothing_needs_never_starts(self, worker: SandboxProcess) -> None:
        """The slice leaves it out: the function works and nothing is noted."""
        with graded(worker, NUMPY, self.ENDLESS, PLAIN, "print('x' * 10**9)") as graded_session:
            assert graded_session.answer("relu", [(X,)], 10.0)[0].kind == "value"
            assert graded_session.notes == []

    @pytest.mark.parametrize(
        "harm", [ENDLESS, "import os\nos._exit(1)", "while True:\n    print('x' * 10**6)"]
    )
    def test_in_a_full_run_it_costs_its_bounded_time(
        self, worker: SandboxProcess, monkeypatch: pytest.MonkeyPatch, harm: str
    ) -> None:
        """It is ended and left out with a note, and the statements after it run."""
        monkeypatch.setattr(session, "LOAD_CPU_SECONDS", 1.0)
        first, *rest = FULL["the notebook as a module"]
        with graded(worker, first, harm, *rest) as graded_session:
            assert graded_session.answer("relu", [(X,)], 10.0)[0].kind == "value"
            assert [(note.cell, "Left out" in note.text) for note in graded_session.notes] == [(2, True)]

    @pytest.mark.parametrize("judge_seconds", [0.0, 0.1])
    def test_the_statement_that_took_the_time_is_left_out(
        self, worker: SandboxProcess, monkeypatch: pytest.MonkeyPatch, judge_seconds: float
    ) -> None:
        """Not the one that happened to run when the time was over, though the judge used a part of it."""
        begin = Child._begin

        def begin_late(child: Child, processor_seconds: float, sleep_seconds: float) -> None:
            begin(child, processor_seconds, sleep_seconds)
            child._judge_from -= judge_seconds

        monkeypatch.setattr(Child, "_begin", begin_late)
        monkeypatch.setattr(session, "LOAD_CPU_SECONDS", 1.0)
        spin = (
            "import time\ndef spin(seconds):\n    until = time.process_time() + seconds\n"
            "    while time.process_time() < until: pass"
        )
        cells = (
            NUMPY,
            spin,
            "spin(0.8)\nA = [1]",
            "spin(0.4)\nA.append(0)",
            "def relu(x): return np.maximum(x, LOW)",
        )
        lows = "import __main__ as here\nhere.LOW = A[-1]"
        with graded(worker, *cells, lows) as graded_session:
            assert graded_session.answer("relu", [(X,)], 10.0)[0].kind == "value"
            assert [(note.cell, note.line) for note in graded_session.notes] == [(3, 1)]

    def test_a_full_run_that_cannot_end_leaves_what_the_slice_gave(
        self, worker: SandboxProcess, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """The functions that work without it still do, and it is not tried again."""
        monkeypatch.setattr(session, "LOAD_CPU_SECONDS", 0.5)
        harm = ["import os\nos._exit(1)"] * 9
        cells = NUMPY, *harm, PLAIN, "def lost(x): return nowhere"
        with graded(worker, *cells, functions=("relu", "lost")) as graded_session:
            assert (
                graded_session.answer("lost", [(X,)], 5.0)[0].text
                == "NameError: name 'nowhere' is not defined"
            )
            assert graded_session.answer("relu", [(X,)], 5.0)[0].kind == "value"

    def test_a_training_that_uses_the_function_is_left_out(self, worker: SandboxProcess) -> None:
        """Cells that only call the function, to train and to plot, cost nothing."""
        training = "W = 1\nfor epoch in range(10**12):\n    W = W - 0.1 * relu(np.ones(3)).sum()\nprint(W)"
        with graded(worker, NUMPY, PLAIN, training) as graded_session:
            assert graded_session.answer("relu", [(X,)], 10.0)[0].kind == "value"
            assert graded_session.notes == []


class TestFullRuns:
    """When all cells are run, and what may be concluded from it."""

    def test_what_the_slice_lacks_is_asked_for_once(self) -> None:
        """A function that fails all the same is not run in full again and again."""
        cells = [(1, "print(1)"), (2, "def f(): return nothing\ndef g(): return {}[0]")]
        graded_session = Counting()
        with graded_session, Session(graded_session, cells, ["f", "g"]) as asked:
            for name in "fgfg":
                assert asked.answer(name, [()], 5.0)[0].kind == "raised"
            assert graded_session.spawned == 2

    def test_nothing_left_out_means_no_second_run(self) -> None:
        """Where every statement has run already, a failure is an answer at once."""
        graded_session = Counting()
        with graded_session, Session(graded_session, [(1, "def f(): return nothing")], ["f", "g"]) as asked:
            assert asked.answer("f", [()], 5.0)[0].text.startswith("NameError")
            assert asked.answer("g", [()], 5.0)[0].kind == "missing"
            assert graded_session.spawned == 1

    def test_it_gives_the_same_each_time(self, worker: SandboxProcess) -> None:
        """What is drawn without a seed is the same in repeated gradings, and new in a fresh process."""
        draws = "import numpy as np, random\nW = np.random.randn(3)\nV = random.random()\nprint(W)"
        uses = (
            "import __main__ as here\nhere.LOW = W\ndef f(): return [*LOW, V]\n"
            "def g(): return np.random.randn()"
        )
        found = []
        for _ in range(2):
            with graded(worker, draws, uses, functions=("f", "g")) as graded_session:
                found.append([graded_session.answer(name, [()], 5.0)[0].value for name in "fg"])
                fresh = graded_session.answer_in_fresh_process("g", [()], 5.0)[0].value
                assert fresh != found[-1][1]
        assert found[0] == found[1]

    def test_a_seed_of_the_notebook_s_own_holds(self, worker: SandboxProcess) -> None:
        """np.random.seed in a cell decides what a function draws first, in a slice and in a full run."""
        for more in ("", "import __main__ as here\nhere.LOW = 0"):
            use = (
                "def f(): return np.random.rand() + (LOW if 'LOW' in g() else 0)\n"
                "def g(): return ['LOW'] if EXTRA else []"
            )
            cells = NUMPY, f"EXTRA = {bool(more)}", "np.random.seed(5)", more, use
            with graded(worker, *cells, functions=("f",)) as graded_session:
                assert graded_session.answer("f", [()], 5.0)[0].value == np.random.RandomState(5).rand()

    @pytest.mark.parametrize(
        "hostile",
        [
            "import os, json, struct\nt = json.dumps({'op': 'loaded', 'functions': {'relu': []}, 'notes': [],"
            " 'left_out': True, 'incomplete': True}).encode()\n"
            "os.write(3, struct.pack('<IQI', len(t), 0, 0) + t)",
            "import builtins\nbuiltins.len = None",
            "import sys\nsys.meta_path.clear()",
            "import sys\nsys.modules.clear()",
            "get_ipython = display = input = None",
            "import numpy\nnumpy.maximum = None",
        ],
    )
    def test_hostile_cells_gain_nothing(self, worker: SandboxProcess, hostile: str) -> None:
        """Whatever cells of a full run do to the process, a wrong answer stays what was returned."""
        wrong = "def relu(x): return x + LOW"
        with graded(worker, NUMPY, hostile, "import __main__ as here\nhere.LOW = 0", wrong) as graded_session:
            answer = graded_session.answer("relu", [(X,)], 5.0)[0]
            assert answer.kind != "value" or np.asarray(answer.value).tolist() == X.tolist()

    def test_our_own_package_is_a_stand_in_while_loading_and_gone_later(self, worker: SandboxProcess) -> None:
        """The handout's imports work; nothing can be reached through them, then or in a call."""
        source = """
            import autograder
            names = dir(autograder)
            try:
                from autograder.grading import Grader
            except (ImportError, AttributeError) as refusal:
                names.append(type(refusal).__name__)
            def f(): return [name for name in names if not name.startswith('__')]
            def g():
                import autograder
        """
        with graded(worker, source, functions=("f", "g")) as graded_session:
            assert graded_session.answer("f", [()], 5.0)[0].value == ["ModuleNotFoundError"]
            assert "only NumPy and the standard library" in graded_session.answer("g", [()], 5.0)[0].text


class TestNewerPython:
    """A notebook that was run with a newer Python than the one that grades."""

    # No Python has this syntax, so none that grades does.
    CELL = (
        "A = 0\ndef bad[[T]](x):\n    return x\n\n@staticmethod\ndef worse[[T]](): pass\n\n"
        "def relu(x):\n    return np.maximum(x, A)"
    )

    def load(self, worker: SandboxProcess, python: str) -> tuple[str, list[str]]:
        """What relu's answer is, and the notes."""
        with Session(worker, [(1, NUMPY), (2, self.CELL)], ["relu"], python=python) as graded_session:
            return graded_session.answer("relu", [(X,)], 5.0)[0].kind, [
                note.text for note in graded_session.notes
            ]

    def test_both_versions_are_named(self, worker: SandboxProcess) -> None:
        """And only the statements that cannot be read are lost, decorators with them."""
        kind, notes = self.load(worker, "3.99.1")
        assert kind == "value"
        assert len(notes) == 2
        for text in notes:
            assert text.startswith("SyntaxError: ")
            assert "this statement was not run. The notebook was run with Python 3.99" in text
            assert "is graded with Python 3." in text

    @pytest.mark.skipif(sys.version_info >= (3, 12), reason="this Python has the syntax")
    @pytest.mark.parametrize(
        "newer",
        [
            'print(f"{T["low"]}")',
            'print(f"{", ".join([\'a\'])}")',
            "print(f\"{'\\n'.join(['a'])}\")",
            "type Array = np.ndarray",
            "def first[T](values: list[T]) -> T:\n    return values[0]",
            "class Box[T]:\n    pass",
        ],
    )
    def test_a_notebook_that_notes_no_version(self, worker: SandboxProcess, newer: str) -> None:
        """As Colab saves it: what only a newer Python understands is lost, not the cell it is in."""
        cells = [(1, f"{NUMPY}\nT = {{'low': 0}}"), (2, f"{newer}\n{WITH_TABLE}\n{newer}")]
        with Session(worker, cells, ["relu"]) as graded_session:
            assert graded_session.answer("relu", [(X,)], 5.0)[0].kind == "value"
            notes = [note.text for note in graded_session.notes]
        assert len(notes) == 2
        assert all("this statement was not run. The notebook does not say" in text for text in notes)
        with Session(worker, cells, ["relu"], python="3.8.1") as graded_session:  # there it did not run
            assert graded_session.answer("relu", [(X,)], 5.0)[0].kind == "missing"

    @pytest.mark.parametrize("python", ["", "3.2.1", "x", "3"])
    def test_otherwise_the_cell_is_lost(self, worker: SandboxProcess, python: str) -> None:
        """The same Python or an older one had the same error: nothing of the cell was run."""
        kind, notes = self.load(worker, python)
        assert kind == "missing"
        assert [text.endswith("nothing of this cell was run.") for text in notes] == [True]


class Counting(SandboxProcess):
    """A worker that counts its children."""

    spawned = 0

    def spawn(self) -> tuple[socket.socket, Arena, int]:
        """One more."""
        self.spawned += 1
        return super().spawn()
