"""MNIST: its IDX files (LeCun, Cortes and Burges 1998), checksums, cache and download."""

from __future__ import annotations

import gzip
import hashlib
import math
import os
import struct
import tempfile
import zlib
from pathlib import Path

import numpy as np
from platformdirs import user_cache_dir

from autograder.checks.datasets.images import Images
from autograder.checks.values import Array
from autograder.errors import UsageError

__all__ = ["DownloadBar", "cached_mnist", "decompressed", "download_mnist", "map_idx", "mnist_from"]

UNSIGNED_BYTES = 0x08
LARGEST = 64 * 1024**2  # bytes; the largest file of MNIST has 47 million


def decompressed(path: Path, sha256: str) -> bytes:
    """The bytes of a raw or gzipped IDX file; raises UsageError unless they are the known ones."""
    try:
        with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as file:
            data = file.read(LARGEST + 1)
    except (OSError, EOFError, zlib.error) as problem:
        raise UsageError(
            f"{path} cannot be read: {problem}.", next_step="Download the file again."
        ) from problem
    if hashlib.sha256(data).hexdigest() != sha256:
        raise UsageError(
            f"{path} is not the file of that name in MNIST: its sha256 differs.",
            next_step="Download it again; a part may be missing.",
        )
    return data


def map_idx(path: Path) -> Array:
    """A raw IDX file of bytes as a read-only array mapped from disk; raises UsageError for another file."""
    with path.open("rb") as file:
        head = file.read(4)
        if len(head) < 4 or head[:2] != b"\0\0" or head[2] != UNSIGNED_BYTES or not 1 <= head[3] <= 4:
            raise UsageError(f"{path} is not an IDX file of bytes.", next_step="Download the file again.")
        sizes = file.read(4 * head[3])
    if len(sizes) < 4 * head[3]:
        raise UsageError(f"{path} is cut off.", next_step="Download the file again.")
    shape = struct.unpack(f">{head[3]}I", sizes)
    offset = 4 + 4 * head[3]
    if path.stat().st_size != offset + math.prod(shape):
        expected, found = offset + math.prod(shape), path.stat().st_size
        raise UsageError(
            f"{path}: its header asks for {expected} bytes, found {found}.",
            next_step="Download the file again.",
        )
    return np.memmap(path, dtype=np.uint8, mode="r", offset=offset, shape=shape)


# Digests of the decompressed files; the compressed ones differ between mirrors.
FILES = {
    "train-images-idx3-ubyte": "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
    "train-labels-idx1-ubyte": "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
    "t10k-images-idx3-ubyte": "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
    "t10k-labels-idx1-ubyte": "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
}
MIRRORS = (
    "https://ossci-datasets.s3.amazonaws.com/mnist/",
    "https://storage.googleapis.com/cvdf-datasets/mnist/",
)
CONNECT_SECONDS = 10


def cache_folder() -> Path:
    """Where the decompressed files are kept; AUTOGRADER_CACHE overrides the user's cache directory."""
    return Path(os.environ.get("AUTOGRADER_CACHE") or user_cache_dir("autograder")) / "mnist"


def mnist_from(folder: Path) -> Images:
    """MNIST from the four files in a directory, raw or gzipped; raises UsageError for a wrong one."""
    for name, sha256 in FILES.items():
        path = next((p for p in (folder / name, folder / f"{name}.gz") if p.is_file()), None)
        if path is None:
            raise UsageError(
                f"{folder} contains neither {name} nor {name}.gz.",
                next_step="Set MNIST_DIR to the directory with MNIST's four files.",
            )
        if not (cache_folder() / name).is_file():
            _keep(name, decompressed(path, sha256))
    images = cached_mnist()
    assert images is not None  # all four were just kept
    return images


def cached_mnist() -> Images | None:
    """MNIST from the cache, or None when it is not there; raises UsageError for files that are broken."""
    paths = [cache_folder() / name for name in FILES]
    try:
        if not all(path.is_file() for path in paths):
            return None
    except PermissionError:  # a directory of another account, as HOME is in some containers
        return None
    try:
        train_x, train_y, test_x, test_y = (map_idx(path) for path in paths)
    except OSError as problem:
        raise _no_cache(problem) from problem
    return Images(
        name="mnist",
        train_pixels=train_x.reshape(len(train_x), -1),
        train_y=train_y.astype(np.int64),
        test_pixels=test_x.reshape(len(test_x), -1),
        test_y=test_y.astype(np.int64),
        white=255.0,
    )


def download_mnist() -> Images:
    """MNIST from the first mirror that has it; raises UsageError when none can be reached."""
    import pooch  # its network code takes longer to import than MNIST to load: only when needed

    pooch.get_logger().setLevel("WARNING")  # the progress bar says what is going on
    reasons: list[str] = []
    for mirror in MIRRORS:
        try:
            with tempfile.TemporaryDirectory() as folder:
                for name in FILES:
                    pooch.retrieve(
                        f"{mirror}{name}.gz",
                        known_hash=None,  # the decompressed bytes are checked instead
                        fname=f"{name}.gz",
                        path=folder,
                        downloader=pooch.HTTPDownloader(
                            progressbar=DownloadBar(name), timeout=CONNECT_SECONDS
                        ),
                    )
                return mnist_from(Path(folder))
        except (OSError, ValueError, UsageError) as problem:  # requests' errors are OSErrors
            reasons.append(f"{mirror}: {type(problem).__name__}")
    raise UsageError(
        f"MNIST could not be downloaded ({'; '.join(reasons)}).",
        next_step="Put its four files into a directory and set MNIST_DIR to it.",
    )


def _keep(name: str, data: bytes) -> None:
    """Write a file of the cache whole or not at all: others may be reading it."""
    folder = cache_folder()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=folder, delete=False) as file:
            file.write(data)
        Path(file.name).chmod(0o644)  # a cache may be shared
        Path(file.name).replace(folder / name)
    except OSError as problem:
        raise _no_cache(problem) from problem


def _no_cache(problem: OSError) -> UsageError:
    return UsageError(
        f"The cache {cache_folder()} cannot be used: {problem.strerror}.",
        next_step="Set AUTOGRADER_CACHE to a directory of your own.",
    )


class DownloadBar:
    """Shows one file's bytes on their way."""

    def __init__(self, name: str) -> None:
        self.total = 0  # set by pooch once the length is known
        from rich.progress import Progress  # as above

        self._name, self._done = name, 0
        self._progress = Progress(transient=True)
        self._task = self._progress.add_task(name)

    def update(self, amount: int) -> None:
        """Show that `amount` more bytes have arrived."""
        if self._done == 0:
            self._progress.start()
        self._done += amount
        self._progress.update(self._task, total=self.total or None, completed=self._done)

    def reset(self) -> None:
        """Start counting again: pooch does so when all bytes have arrived."""
        self._done = 0

    def close(self) -> None:
        """The file is complete."""
        self._progress.stop()
