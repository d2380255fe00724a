"""MNIST: found in MNIST_DIR, then in the cache, then downloaded.

Whatever the source, the decompressed bytes are checked and kept in the cache, where every process
maps the same pages.
"""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

import numpy as np
import pooch

from autograder.dataset.idx import decompressed, map_idx
from autograder.dataset.images import Images
from autograder.dataset.progress import DownloadBar
from autograder.errors import UsageError

__all__ = ["cached_mnist", "download_mnist", "mnist_from"]

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
pooch.get_logger().setLevel("WARNING")  # the progress bar says what is going on


def cache_folder() -> Path:
    """Where the decompressed files are kept; AUTOGRADER_CACHE overrides the user's cache folder."""
    return Path(os.environ.get("AUTOGRADER_CACHE") or pooch.os_cache("autograder")) / "mnist"


def mnist_from(folder: Path) -> Images:
    """MNIST from the four files in a folder, raw or gzipped; raises UsageError for a wrong one."""
    for name, sha256 in FILES.items():
        found = next((p for p in (folder / name, folder / f"{name}.gz") if p.is_file()), None)
        if found is None:
            raise UsageError(
                f"{folder} holds no {name} or {name}.gz.",
                next_step="MNIST_DIR is the folder with MNIST's four files.",
            )
        if not (cache_folder() / name).is_file():
            _keep(name, decompressed(found, sha256))
    images = cached_mnist()
    assert images is not None  # all four were just kept
    return images


def cached_mnist() -> Images | None:
    """MNIST from the cache, or None when it is not there."""
    paths = [cache_folder() / name for name in FILES]
    if not all(path.is_file() for path in paths):
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
        next_step="Put its four files into a folder and set MNIST_DIR to it.",
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
        next_step="Set AUTOGRADER_CACHE to a folder of your own.",
    )
