"""Images: read, checked, found and shared."""

from __future__ import annotations

import gzip
import os
import shutil
import struct
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from examples import examples
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.datasets import load_digits

from autograder.checks.datasets.images import Images, moved
from autograder.checks.datasets.loading import ORDER_SEED, load_images
from autograder.checks.datasets.mnist import FILES, decompressed, map_idx
from autograder.errors import UsageError

MNIST = Path(os.environ.get("MNIST_DIR", "no folder"))
needs_mnist = pytest.mark.skipif(not MNIST.is_dir(), reason="MNIST_DIR is not set: no real files")


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """An empty cache of its own for each test."""
    monkeypatch.setenv("AUTOGRADER_CACHE", str(tmp_path / "cache"))
    monkeypatch.delenv("MNIST_DIR", raising=False)
    load_images.cache_clear()
    yield tmp_path / "cache"
    load_images.cache_clear()


def idx(array: np.ndarray[tuple[int, ...], np.dtype[np.uint8]]) -> bytes:
    """An array in the IDX format."""
    return struct.pack(f">BBBB{array.ndim}I", 0, 0, 8, array.ndim, *array.shape) + array.tobytes()


@given(st.lists(st.integers(0, 4), min_size=1, max_size=4), st.integers(0, 2**32))
def test_idx_round_trip(tmp_path_factory: pytest.TempPathFactory, shape: list[int], seed: int) -> None:
    """An array of bytes comes back with its shape, mapped and read-only."""
    if 0 in shape:
        shape = [side + 1 for side in shape]  # an empty file cannot be mapped
    array = np.random.default_rng(seed).integers(0, 256, shape).astype(np.uint8)
    path = tmp_path_factory.mktemp("idx") / "file"
    path.write_bytes(idx(array))
    mapped = map_idx(path)
    assert np.array_equal(mapped, array)
    assert not mapped.flags.writeable


@pytest.mark.parametrize(
    "data",
    [b"", b"\0\0\x08", b"\0\0\x0d\x01\0\0\0\x01a", b"\0\0\x08\x01\0\0\0\x09ab", b"PK\3\4"],
)
def test_a_file_that_is_no_idx_is_refused(tmp_path: Path, data: bytes) -> None:
    """Another format, another type, or a cut-off file is named in a sentence."""
    path = tmp_path / "file"
    path.write_bytes(data)
    with pytest.raises(UsageError, match=str(path)):
        map_idx(path)


@pytest.mark.parametrize("suffix", ["", ".gz"])
def test_bytes_are_checked(tmp_path: Path, suffix: str) -> None:
    """A file with other bytes than the known ones is refused, compressed or not."""
    path = tmp_path / f"file{suffix}"
    path.write_bytes(gzip.compress(b"other") if suffix else b"other")
    with pytest.raises(UsageError, match="sha256"):
        decompressed(path, "0" * 64)


def test_a_broken_archive_is_refused(tmp_path: Path) -> None:
    """A cut-off .gz file is a sentence, not a traceback."""
    path = tmp_path / "file.gz"
    path.write_bytes(gzip.compress(bytes(1000))[:20])
    with pytest.raises(UsageError, match="cannot be read"):
        decompressed(path, "0" * 64)


def test_the_stand_in() -> None:
    """The digits have MNIST's interface, and the same split each time."""
    images = load_images("digits")
    assert images.name == "digits"
    assert images.train_x.shape == (1437, 64)
    assert images.train_x.dtype == np.float64
    assert (images.train_x.min(), images.train_x.max()) == (0.0, 1.0)
    assert set(images.train_y.tolist()) == set(range(10))
    assert images.side == 8


def test_without_mnist_the_stand_in_is_taken() -> None:
    """`auto` takes the digits where MNIST is neither in a folder nor in the cache, and fetches nothing."""
    assert load_images("auto", download=False).name == "digits"


def test_mnist_can_be_insisted_on() -> None:
    """`mnist` says how to get it instead of falling back."""
    with pytest.raises(UsageError, match="MNIST") as failure:
        load_images("mnist", download=False)
    assert "MNIST_DIR" in failure.value.next_step


def test_an_unknown_name() -> None:
    """Another name is a sentence with the names there are."""
    with pytest.raises(UsageError, match="no data set 'cifar'"):
        load_images("cifar")


def test_a_folder_without_the_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """MNIST_DIR that leads elsewhere is an error even for `auto`: somebody meant it."""
    monkeypatch.setenv("MNIST_DIR", str(tmp_path))
    with pytest.raises(UsageError, match="contains neither train-images"):
        load_images("auto")


@needs_mnist
@pytest.mark.parametrize("raw", [False, True])
def test_mnist_from_a_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, cache: Path, raw: bool) -> None:
    """The four real files are found, raw or compressed, checked, kept in the cache and mapped from there."""
    folder = tmp_path / "mnist"
    folder.mkdir()
    for name in FILES:
        compressed = MNIST / f"{name}.gz"
        if raw:
            (folder / name).write_bytes(gzip.decompress(compressed.read_bytes()))
        else:
            shutil.copy(compressed, folder)
    monkeypatch.setenv("MNIST_DIR", str(folder))
    images = load_images("auto")
    assert (images.name, images.train_pixels.shape, images.test_pixels.shape) == (
        "mnist",
        (60000, 784),
        (10000, 784),
    )
    assert images.train_y[:5].tolist() == [5, 0, 4, 1, 9]
    monkeypatch.delenv("MNIST_DIR")
    load_images.cache_clear()
    assert load_images("mnist", download=False).name == "mnist"  # from the cache now
    assert sorted(path.name for path in (cache / "mnist").iterdir()) == sorted(FILES)


@needs_mnist
def test_a_wrong_folder_is_said_also_with_a_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """MNIST_DIR that leads nowhere is a mistake even when an earlier run has kept the files."""
    monkeypatch.setenv("MNIST_DIR", str(MNIST))
    load_images("mnist")
    load_images.cache_clear()
    monkeypatch.setenv("MNIST_DIR", str(tmp_path / "nowhere"))
    with pytest.raises(UsageError, match="nowhere contains neither"):
        load_images("mnist")


@needs_mnist
def test_a_cache_can_be_shared(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its files are readable by every account; one that cannot be used is said with the way out."""
    monkeypatch.setenv("MNIST_DIR", str(MNIST))
    load_images("mnist")
    assert {path.stat().st_mode & 0o777 for path in (cache / "mnist").iterdir()} == {0o644}
    load_images.cache_clear()
    shutil.rmtree(cache)
    cache.write_text("a file in its place")
    with pytest.raises(UsageError, match="cannot be used") as caught:
        load_images("mnist")
    assert "AUTOGRADER_CACHE" in caught.value.next_step


def test_a_secret_order_of_pixels() -> None:
    """Every image gets its pixels in the same other order; labels and values stay."""
    images = load_images("digits")
    hidden = images.permuted(np.random.default_rng(1))
    assert isinstance(hidden, Images)
    assert not np.array_equal(hidden.train_pixels, images.train_pixels)
    for part in ("train_pixels", "test_pixels"):
        before, after = getattr(images, part), getattr(hidden, part)
        assert np.array_equal(np.sort(before, axis=1), np.sort(after, axis=1))
    whole = np.vstack([images.train_pixels, images.test_pixels])
    other = np.vstack([hidden.train_pixels, hidden.test_pixels])
    columns = {column.tobytes() for column in whole.T}
    assert {column.tobytes() for column in other.T} == columns


@given(st.integers(0, 2**32 - 1))
@settings(max_examples=examples(20), deadline=None)
def test_a_disguise(seed: int) -> None:
    """A secret part of the images, in range, each class still there, the same again for the same seed."""
    images = load_images("digits")
    hidden, again = (images.disguised(np.random.default_rng(seed)) for _ in range(2))
    assert np.array_equal(hidden.train_pixels, again.train_pixels)
    assert hidden.train_pixels.shape == (1293, 64)
    assert hidden.test_pixels.shape == (324, 64)
    assert (hidden.train_y.shape, hidden.test_y.shape) == ((1293,), (324,))
    assert 0 <= hidden.train_x.min() < hidden.train_x.max() <= 1
    assert set(hidden.test_y.tolist()) == set(range(10))
    other = images.disguised(np.random.default_rng(seed + 1))
    assert not np.array_equal(
        np.sort(hidden.train_pixels.sum(axis=0)), np.sort(other.train_pixels.sum(axis=0))
    )
    stored = {row.tobytes() for row in np.sort(images.train_pixels, axis=1)}
    assert not stored & {row.tobytes() for row in np.sort(hidden.train_pixels, axis=1)}


@given(st.floats(-1, 1), st.floats(-1, 1))
def test_images_are_moved(down: float, right: float) -> None:
    """A bright spot keeps its brightness and goes as far as it is moved, by parts of a pixel too."""
    image = np.zeros((1, 7, 7))
    image[0, 3, 3] = 1
    spot = moved(image.reshape(1, 49), down, right).reshape(7, 7)
    assert spot.sum() == pytest.approx(1)
    rows, columns = np.mgrid[:7, :7]
    assert (rows * spot).sum() == pytest.approx(3 + down, abs=1e-5)
    assert (columns * spot).sum() == pytest.approx(3 + right, abs=1e-5)


def test_the_digits_are_scikit_learns() -> None:
    """They are read from scikit-learn's own file, and hold what its loader returns."""
    ours, theirs = load_images("digits"), load_digits()
    pixels = np.concatenate([ours.train_pixels, ours.test_pixels])
    labels = np.concatenate([ours.train_y, ours.test_y])
    order = np.random.default_rng(ORDER_SEED).permutation(len(theirs.target))
    np.testing.assert_array_equal(pixels, theirs.data[order])
    np.testing.assert_array_equal(labels, theirs.target[order])


def test_the_digits_cost_no_import() -> None:
    """Nobody waits a second for scikit-learn before the first submission is graded."""
    code = (
        "import sys; from autograder.checks.datasets import load_images; "
        "load_images('digits'); print(*sys.modules)"
    )
    finished = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not {"sklearn", "scipy"} & {name.split(".")[0] for name in finished.stdout.split()}
