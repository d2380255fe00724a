"""The file store: in a folder and in an object store the same bytes go in and come out."""

from __future__ import annotations

import gzip
import tracemalloc
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from hashlib import sha256
from pathlib import Path
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograder.errors import Busy, NotFound, UsageError
from autograder.site.file_store import PIECE, FileStore


@pytest.fixture(params=["folder", "s3"])
def address(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Both kinds."""
    if request.param == "folder":
        return str(tmp_path / "files")
    bucket: str = request.getfixturevalue("bucket")
    return bucket


def test_what_goes_in_comes_out(address: str) -> None:
    """The same bytes once, by their digest; what is not there is named so."""
    files = FileStore(address)
    stored = [files.put(content) for content in (b"", b"notebook", bytes(range(256)) * 1000)]
    assert [files.put(b"notebook"), files.get(stored[1])] == [stored[1], b"notebook"]
    assert files.get(stored[2]) == bytes(range(256)) * 1000
    assert stored[0] in files and "0" * 64 not in files
    for name in ("0" * 64, "", "../../etc/passwd", "F" * 64, "0" * 63):
        with pytest.raises(NotFound):
            files.get(name)
        with pytest.raises(NotFound):
            list(files.chunks(name))


def test_a_large_file_goes_in_and_out_in_pieces(address: str, tmp_path: Path) -> None:
    """It is the same as with all bytes at once, and a folder's never needs them in memory."""
    files, content = FileStore(address), Random(1).randbytes(12 * PIECE)
    path, digest = tmp_path / "large", sha256(content).hexdigest()
    path.write_bytes(content)
    del content
    tracemalloc.start()
    try:
        with path.open("rb") as file:
            assert [files.put_file(file), files.put_file(file)] == [digest, digest]
        found = sha256()
        for piece in files.chunks(digest):
            found.update(piece)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert found.hexdigest() == digest
    assert "://" in address or peak < 6 * PIECE  # the object store of the test is in this process, too
    assert sha256(files.get(digest)).hexdigest() == digest


@pytest.mark.parametrize("damage", ["cut", "other", "none"])
def test_damage_is_noticed_in_pieces(tmp_path: Path, damage: str) -> None:
    """A file that was cut, that holds other bytes, or that is gone is not given out as if it were whole."""
    files = FileStore(tmp_path)
    digest = files.put(Random(2).randbytes(2 * PIECE))
    stored = tmp_path / digest[:2] / f"{digest[2:]}.gz"
    packed = stored.read_bytes()
    stored.unlink()
    if damage != "none":
        stored.write_bytes(packed[:PIECE] if damage == "cut" else gzip.compress(b"other"))
    with pytest.raises(NotFound, match="damaged"):
        list(files.chunks(digest))


@given(at=st.integers(0, 2**16), bits=st.integers(1, 255), cut=st.booleans())
def test_no_damage_gets_through(
    tmp_path_factory: pytest.TempPathFactory, at: int, bits: int, cut: bool
) -> None:
    """Whatever one byte was turned into, or wherever it was cut: the same bytes come out, or a sentence."""
    folder = tmp_path_factory.getbasetemp() / "damaged"
    files, content = FileStore(folder), b"".join(b"cell %d\n" % number for number in range(2000))
    digest = files.put(content)
    stored = folder / digest[:2] / f"{digest[2:]}.gz"
    packed = stored.read_bytes()
    at %= len(packed)
    changed = packed[:at] if cut else packed[:at] + bytes([packed[at] ^ bits]) + packed[at + 1 :]
    stored.write_bytes(changed)
    try:
        for read in (files.get, lambda digest: b"".join(files.chunks(digest))):
            with suppress(NotFound):
                assert read(digest) == content
    finally:
        stored.write_bytes(packed)


def test_two_servers_share_it(address: str) -> None:
    """What one has stored the other finds at once, though it had looked before."""
    first, other = FileStore(address), FileStore(address)
    assert "0" * 64 not in other

    def both(number: int) -> bool:
        content = f"submission {number % 10}".encode()
        return other.get(first.put(content)) == content

    with ThreadPoolExecutor(4) as threads:
        assert all(threads.map(both, range(40)))


def test_a_copy_of_it(address: str, tmp_path: Path) -> None:
    """A backup takes what it does not have yet, and what it gives back is the same."""
    files, copy = FileStore(address), FileStore(tmp_path / "copy")
    digest = files.put(b"first")
    assert files.copy_to(copy) == 1
    files.put(b"second")
    assert files.copy_to(copy) == 1
    assert files.copy_to(copy) == 0
    assert copy.get(digest) == b"first"
    assert FileStore(tmp_path / "nothing").copy_to(copy) == 0


def test_an_object_store_that_does_not_answer(bucket: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is acknowledged, and a damaged file is not given out."""
    import s3fs

    files = FileStore(bucket)
    digest = files.put(b"notebook")
    s3fs.S3FileSystem().pipe_file(f"{bucket}/{digest[:2]}/{digest[2:]}.gz".removeprefix("s3://"), b"damaged")
    with pytest.raises(NotFound, match="damaged"):
        files.get(digest)
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    s3fs.S3FileSystem.clear_instance_cache()
    unreachable = FileStore(bucket)
    with pytest.raises(Busy, match="cannot store"):
        unreachable.put(b"another")
    with pytest.raises((Busy, NotFound)):
        unreachable.get(digest)


def test_a_scheme_that_nobody_knows() -> None:
    """A sentence says so when the server starts."""
    with pytest.raises(UsageError, match="cannot be opened"):
        FileStore("nowhere://bucket")
