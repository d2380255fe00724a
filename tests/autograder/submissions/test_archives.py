"""Archives: a student's is read for its notebook, a class's is unpacked; nothing in them is trusted."""

from __future__ import annotations

import gzip
import io
import json
import os
import stat
import struct
import tarfile
import tempfile
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest
from command import HANDOUT, autograder
from hypothesis import given
from hypothesis import strategies as st
from tiny_course import ASSIGNMENT

from autograder.course.course import Course
from autograder.errors import SubmissionError, UsageError
from autograder.lms.layouts import collect_submissions
from autograder.submissions.archive import MOST_MEMBERS, ArchivedNotebook, notebook_in
from autograder.submissions.class_archive import MOST_NAMED, unpacked
from autograder.submissions.notebook import LARGEST_FILE
from autograder.submissions.submission import read_submission

NOTEBOOK = json.dumps(
    {"cells": [{"cell_type": "code", "metadata": {}, "source": "x = 1", "outputs": []}], "nbformat": 4}
).encode()

Files = dict[str, bytes]
Make = Callable[[Files], bytes]


def archived(files: Files) -> bytes:
    """A ZIP; names that end in a slash are folders."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return out.getvalue()


def named_in_bytes(name: bytes, data: bytes, extra: bytes = b"") -> bytes:
    """A ZIP of one file whose name is these bytes, and that does not say which encoding they are in."""
    stand_in = "?" * len(name)
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        info = zipfile.ZipInfo(stand_in)
        info.extra = extra
        archive.writestr(info, data)
    return out.getvalue().replace(stand_in.encode(), name)


def tarred(files: Files, mode: str = "w:gz") -> bytes:
    """A tar, compressed as the mode says."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode=mode) as archive:  # type: ignore[call-overload]  # a mode as text
        for name, data in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return out.getvalue()


KINDS: dict[str, Make] = {
    "zip": archived,
    "tar.gz": tarred,
    "tgz": tarred,
    "tar": lambda files: tarred(files, "w"),
    "tar.bz2": lambda files: tarred(files, "w:bz2"),
    "tar.xz": lambda files: tarred(files, "w:xz"),
}


def special(kind: bytes, name: str, target: str = "/etc/passwd") -> bytes:
    """A tar with one link, device or pipe."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        info = tarfile.TarInfo(name)
        info.type, info.linkname = kind, target
        archive.addfile(info)
    return out.getvalue()


def linked(name: str, target: str = "/etc/passwd") -> bytes:
    """A ZIP with one symbolic link."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        info = zipfile.ZipInfo(name)
        info.external_attr = (stat.S_IFLNK | 0o777) << 16
        archive.writestr(info, target)
    return out.getvalue()


def spoilt(data: bytes, name: str, fault: str) -> bytes:
    """A ZIP of which one member cannot be read: its check sum, its packing or a password is in the way."""
    changed = bytearray(data)
    places = [(b"PK\x03\x04", 6, 26, 30, 14), (b"PK\x01\x02", 8, 28, 46, 16)]
    for signature, flags, length, start, checksum in places:
        at = changed.find(signature)
        while at >= 0:
            (size,) = struct.unpack_from("<H", changed, at + length)
            if changed[at + start : at + start + size] == name.encode():
                if fault == "check sum":
                    changed[at + checksum] ^= 1
                elif fault == "packing":
                    struct.pack_into("<H", changed, at + flags + 2, 9)
                else:
                    changed[at + flags] |= 1
            at = changed.find(signature, at + 4)
    return bytes(changed)


FAULTS = {"check sum": "damaged", "packing": "cannot be read", "password": "protected by a password"}


class TestOneStudent:
    """A student hands in an archive in place of the notebook."""

    @pytest.mark.parametrize("kind", KINDS)
    def test_every_kind(self, tmp_path: Path, kind: str) -> None:
        """ZIP and tar in their usual compressions are read, whatever the file is called."""
        for name in (f"mia.{kind}", "mia.ipynb"):
            path = tmp_path / name
            path.write_bytes(KINDS[kind]({"work/": b"", "work/hw.ipynb": NOTEBOOK, "data.csv": b"1,2"}))
            submission = read_submission("mia", path)
            assert (submission.problem, submission.file) == ("", f"{name}: hw.ipynb")
            assert [cell.source for cell in submission.cells] == ["x = 1"]

    def test_which_notebook(self) -> None:
        """The one named after the assignment, else none of several; what archivers add is passed over."""
        files = {"z/hw1.ipynb": b"1", "a.ipynb": b"2", "__MACOSX/hw1.ipynb": b"3", "b/.hw1.ipynb": b"4"}
        assert notebook_in(archived(files), "hw1") == ArchivedNotebook("hw1.ipynb", b"1", ("a.ipynb",))
        with pytest.raises(SubmissionError, match=r"several notebooks: a\.ipynb, z/hw1\.ipynb"):
            notebook_in(archived(files), "other")
        del files["z/hw1.ipynb"]
        assert notebook_in(archived(files), "other") == ArchivedNotebook("a.ipynb", b"2", ())

    @pytest.mark.parametrize("name", ["HW1.ipynb", "Hw1.IPYNB", "w/hW1.ipynb"])
    def test_capitals_in_the_name(self, name: str) -> None:
        """Many file systems take them for one name; the name as it was given out goes before."""
        files = {name: b"1", "a.ipynb": b"2"}
        assert notebook_in(archived(files), "hw1").data == b"1"
        assert notebook_in(archived({**files, "hw1.ipynb": b"3"}), "hw1").data == b"3"

    def test_names_from_windows(self) -> None:
        """A backslash separates folders, as some archivers write it."""
        archive = archived({"work\\hw1.ipynb": b"1"})
        assert notebook_in(archive, "hw1") == ArchivedNotebook("hw1.ipynb", b"1", ())

    def test_an_archive_in_an_archive(self) -> None:
        """What is in an archive inside the archive counts too, to the third one; deeper ones are named."""
        data = archived({"hw1.ipynb": NOTEBOOK})
        for level in (1, 2):
            data = archived({f"inner{level}.zip": data, "notes.txt": b""})
            chosen = notebook_in(data, "hw1")
            assert (chosen.name, chosen.data) == ("hw1.ipynb", NOTEBOOK)
        with pytest.raises(SubmissionError, match="no notebook in the archive"):
            notebook_in(archived({"inner3.zip": data}), "hw1")

    def test_archives_without_end(self) -> None:
        """Of many archives in one only some are looked into, and each may unpack to so much."""
        bomb = archived({"hw1.ipynb": bytes(3 * LARGEST_FILE)})
        with pytest.raises(SubmissionError, match="no notebook in the archive"):
            notebook_in(archived({f"{number}.zip": bomb for number in range(50)}), "hw1")

    @pytest.mark.parametrize(
        ("data", "expected_text"),
        [
            (archived({"notes.txt": b"x"}), "no notebook in the archive"),
            (archived({}), "no notebook in the archive"),
            (archived({"inner.zip": b"PK\x03\x04"}), "no notebook in the archive"),
            (tarred({"notes.txt": b"x"}), "no notebook in the archive"),
            (linked("hw.ipynb"), "is a link"),
            (special(tarfile.SYMTYPE, "hw.ipynb"), "is a link"),
            (special(tarfile.LNKTYPE, "hw.ipynb"), "is a link"),
            (special(tarfile.CHRTYPE, "hw.ipynb"), "is a device"),
            (special(tarfile.FIFOTYPE, "hw.ipynb"), "is a device"),
            (archived({"hw.ipynb": NOTEBOOK})[:-30], "damaged"),
            (b"PK\x03\x04" + bytes(100), "damaged"),
            (tarred({"hw.ipynb": NOTEBOOK})[:40], "damaged"),
            (b"\x1f\x8b" + bytes(100), "damaged"),
            (gzip.compress(b"not a tar at all"), "damaged"),
            (archived({"hw.ipynb": b"not JSON"}), "not a notebook"),
        ],
        ids=lambda value: value if isinstance(value, str) else "",
    )
    def test_refused(self, tmp_path: Path, data: bytes, expected_text: str) -> None:
        """Each gets a sentence on the student's page."""
        path = tmp_path / "mia.zip"
        path.write_bytes(data)
        submission = read_submission("mia", path)
        assert expected_text in submission.problem
        assert ".ipynb" in submission.problem
        assert submission.cells == ()

    def test_a_password(self, tmp_path: Path) -> None:
        """A protected archive is said to be one."""
        data = bytearray(archived({"hw.ipynb": NOTEBOOK}))
        for signature, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
            data[data.index(signature) + offset] |= 1
        path = tmp_path / "mia.zip"
        path.write_bytes(data)
        assert "protected by a password" in read_submission("mia", path).problem

    @pytest.mark.parametrize("fault", FAULTS)
    @pytest.mark.parametrize("other", ["plot.png", "draft.ipynb", "draft.json", "data.zip"])
    def test_a_file_beside_the_notebook_that_cannot_be_read(self, fault: str, other: str) -> None:
        """It costs nothing: the notebook is graded, and the page lists the other file."""
        archive = spoilt(archived({other: NOTEBOOK + b" ", "hw1.ipynb": NOTEBOOK}), other, fault)
        assert notebook_in(archive, "hw1") == ArchivedNotebook("hw1.ipynb", NOTEBOOK, (other,))

    @pytest.mark.parametrize("fault", ["check sum", "packing"])
    @pytest.mark.parametrize("name", ["hw1.ipynb", "HW1.ipynb", "work/Hw1.ipynb"])
    def test_a_damaged_notebook_is_not_replaced_by_another(self, fault: str, name: str) -> None:
        """The notebook that was meant is named, whatever else could be graded."""
        for others in ({}, {"draft.ipynb": NOTEBOOK + b" "}):
            archive = spoilt(archived({name: NOTEBOOK, **others}), name, fault)
            with pytest.raises(SubmissionError, match=r"(?i)hw1\.ipynb in the archive is damaged"):
                notebook_in(archive, "hw1")

    @pytest.mark.parametrize("kind", ["zip", "tar.gz", "tar.xz"])
    def test_bombs(self, kind: str) -> None:
        """What unpacks to far more than it holds is refused before it is unpacked."""
        zeros = bytes(3 * LARGEST_FILE)
        with pytest.raises(SubmissionError, match="far too much"):
            notebook_in(KINDS[kind]({"a.ipynb": zeros, "b.ipynb": zeros}), "hw1")

    def test_a_bomb_in_a_header(self) -> None:
        """A tar's headers may be long too: what comes out of the compression is counted."""
        info = tarfile.TarInfo("x")
        info.type, info.size = tarfile.XHDTYPE, 300_000_000
        data = gzip.compress(info.tobuf() + bytes(info.size))
        with pytest.raises(SubmissionError, match="far too much"):
            notebook_in(data, "hw1")

    def test_too_many_files(self) -> None:
        """Ten thousand files are enough for homework."""
        files = {f"{i}.txt": b"" for i in range(MOST_MEMBERS + 1)}
        for make in (archived, tarred):
            with pytest.raises(SubmissionError, match="more than 10,000 files"):
                notebook_in(make(files), "hw1")

    def test_a_directory_that_lies(self) -> None:
        """A ZIP whose list of members is said to be huge is refused before it is read."""
        data = bytearray(archived({"hw.ipynb": NOTEBOOK}))
        record = data.rindex(b"PK\x05\x06")
        data[record + 12 : record + 16] = struct.pack("<I", 2**31)
        with pytest.raises(SubmissionError, match="far too many"):
            notebook_in(bytes(data), "hw1")

    @given(
        st.binary(max_size=400),
        st.sampled_from([b"PK\x03\x04", b"PK\x05\x06", b"\x1f\x8b", b"BZh", b"\xfd7zXZ", b""]),
    )
    def test_any_bytes(self, data: bytes, start: bytes) -> None:
        """Whatever the bytes are, there is a sentence and nothing else."""
        with pytest.raises(SubmissionError):
            notebook_in(start + data, "hw1")

    @given(st.data())
    def test_any_damage(self, data: st.DataObject) -> None:
        """A good archive with some bytes changed gives the notebook, other bytes, or a sentence."""
        whole = bytearray(KINDS[data.draw(st.sampled_from(sorted(KINDS)))]({"hw1.ipynb": NOTEBOOK}))
        for index in data.draw(st.lists(st.integers(0, len(whole) - 1), max_size=5)):
            whole[index] = data.draw(st.integers(0, 255))
        try:
            name = notebook_in(bytes(whole), "hw1").name
        except SubmissionError as problem:
            assert problem.message
        else:
            assert name


class TestAClass:
    """A learning platform's archive of a whole class."""

    def extract(
        self, folder: Path, data: bytes, name: str = "class.zip"
    ) -> tuple[list[str], list[tuple[str, str]]]:
        """The files that come out with their content, and what was left out."""
        path = folder / name
        path.write_bytes(data)
        with unpacked(path) as (folder, skipped):
            paths = [file for file in sorted(folder.rglob("*")) if file.is_file() and file.stat().st_size]
            files = [str(file.relative_to(folder)) for file in paths]
            return files, [(member.name, member.reason) for member in skipped]

    @pytest.mark.parametrize("kind", KINDS)
    def test_every_kind(self, tmp_path: Path, kind: str) -> None:
        """Notebooks and students' archives come out; of tables and pictures only the names."""
        files = {"mia/hw1.ipynb": NOTEBOOK, "tom/hw1.zip": b"x", "tom/plot.png": b"x", "list.csv": b"x"}
        names, skipped = self.extract(tmp_path, KINDS[kind](files), f"class.{kind}")
        assert (names, skipped) == (["mia/hw1.ipynb", "tom/hw1.zip"], [])

    @given(st.text(st.characters(categories=["L", "Mn", "Nd"]), min_size=1, max_size=30))
    def test_names_in_utf_8_that_do_not_say_so(self, name: str) -> None:
        """As macOS packs a directory: the names of students in any script come out as they were."""
        data = named_in_bytes(f"{name}/hw1.ipynb".encode(), NOTEBOOK)
        with tempfile.TemporaryDirectory() as folder:
            assert self.extract(Path(folder), data, "class.zip") == ([f"{name}/hw1.ipynb"], [])

    @pytest.mark.parametrize("name", ["Zoë Müller", "José Ñandú", "Søren"])
    def test_names_in_an_old_code_page(self, tmp_path: Path, name: str) -> None:
        """As older archivers write them; where such a name is given in Unicode beside it, that counts."""
        path = f"{name}/hw1.ipynb"
        old = path.encode("cp437", "replace")
        if b"?" not in old:
            names, _ = self.extract(tmp_path, named_in_bytes(old, NOTEBOOK), "class.zip")
            assert names == [path]
        for checksum, expected in ((zlib.crc32(old), path), (0, old.decode("cp437"))):
            content = struct.pack("<BI", 1, checksum) + path.encode()
            field = struct.pack("<HH", 0x7075, len(content)) + content
            folder = tmp_path / str(checksum)
            folder.mkdir()
            assert self.extract(folder, named_in_bytes(old, NOTEBOOK, field), "class.zip")[0] == [expected]

    def test_one_folder_round_everything(self, tmp_path: Path) -> None:
        """Archivers like to add a folder; it is no student."""
        path = tmp_path / "class.zip"
        path.write_bytes(archived({"export/mia/hw1.ipynb": NOTEBOOK, "export/tom/hw1.ipynb": b"{}"}))
        with unpacked(path) as (folder, _):
            assert [entry.student for entry in collect_submissions(folder, "hw1")] == ["mia", "tom"]

    @pytest.mark.parametrize(
        ("data", "name", "why"),
        [
            (archived({"../out.ipynb": b""}), "../out.ipynb", "leads out"),
            (archived({"/etc/out.ipynb": b""}), "/etc/out.ipynb", "leads out"),
            (archived({"a/../../out.ipynb": b""}), "a/../../out.ipynb", "leads out"),
            (archived({"..\\out.ipynb": b""}), "../out.ipynb", "leads out"),
            (linked("mia/hw1.ipynb"), "mia/hw1.ipynb", "a link"),
            (special(tarfile.SYMTYPE, "mia"), "mia", "a link"),
            (special(tarfile.BLKTYPE, "mia/sda.ipynb"), "mia/sda.ipynb", "a device"),
            (tarred({"a.ipynb": b"1"}, "w")[:1024] + tarred({"a.ipynb": b"2"}, "w"), "a.ipynb", "same name"),
            (archived({"a.ipynb": b"1", "a.ipynb/b.ipynb": b"2"}), "a.ipynb/b.ipynb", ""),
            (
                archived({"/".join("x" * 30) + "/a.ipynb": b""}),
                "/".join("x" * 30) + "/a.ipynb",
                "directories deep",
            ),
            (archived({"n" * 300 + ".ipynb": b""}), "n" * 300, "name too long"),
            (archived({"big.ipynb": os.urandom(LARGEST_FILE + 1)}), "big.ipynb", "larger than"),
        ],
        ids=lambda value: value[:20] if isinstance(value, str) else "",
    )
    def test_left_out_by_name(self, tmp_path: Path, data: bytes, name: str, why: str) -> None:
        """Links, devices, escapes and clashes are told; the rest is unpacked, and nothing outside."""
        if data.startswith(b"PK"):
            whole = io.BytesIO(data)
            with zipfile.ZipFile(whole, "a") as archive:
                archive.writestr("tom/hw1.ipynb", NOTEBOOK)
            files, skipped = self.extract(tmp_path, whole.getvalue())
            assert "tom/hw1.ipynb" in files
        else:
            files, skipped = self.extract(tmp_path, data, "class.tar")
        assert [
            (member.startswith(name[:200]), why.lower() in reason.lower()) for member, reason in skipped
        ] == [(True, True)]
        assert {path.name for path in tmp_path.iterdir()} == {
            "class.zip" if data.startswith(b"PK") else "class.tar"
        }

    @given(st.lists(st.sampled_from(["", *FAULTS]), min_size=1, max_size=5))
    def test_a_member_that_cannot_be_read_costs_only_itself(self, faults: list[str]) -> None:
        """Whatever is wrong with some students' files, the others' are unpacked, and each one is told."""
        names = [f"s{number}/hw1.ipynb" for number in range(len(faults))]
        data = archived(dict.fromkeys(names, NOTEBOOK))
        for name, fault in zip(names, faults, strict=True):
            data = spoilt(data, name, fault) if fault else data
        with tempfile.TemporaryDirectory() as temporary:
            files, skipped = self.extract(Path(temporary), data)
        assert files == [name for name, fault in zip(names, faults, strict=True) if not fault]
        assert [name for name, _ in skipped] == [name for name in names if name not in files]
        reasons = dict(skipped)
        assert all(FAULTS[fault] in reasons[name] for name, fault in zip(names, faults, strict=True) if fault)

    @pytest.mark.parametrize("separator", ["/", "\\"])
    def test_directories_of_every_archiver(self, tmp_path: Path, separator: str) -> None:
        """Directories have members of their own, with either separator; they stand in nobody's way."""
        path = tmp_path / "class.zip"
        names = ["mia/", "mia/hw1.ipynb", "tom/", "tom/work/", "tom/work/hw1.ipynb"]
        contents = {name: NOTEBOOK if name.endswith("b") else b"" for name in names}
        path.write_bytes(archived({name.replace("/", separator): data for name, data in contents.items()}))
        with unpacked(path) as (folder, skipped):
            assert skipped == []
            entries = collect_submissions(folder, "hw1")
            assert [(entry.student, entry.read("hw1").problem) for entry in entries] == [
                ("mia", ""),
                ("tom", ""),
            ]

    @pytest.mark.parametrize("files", [{}, {"mia/notes.txt": b"x"}, {"../mia/hw1.ipynb": NOTEBOOK}])
    def test_an_archive_without_a_notebook_is_named_itself(self, tmp_path: Path, files: Files) -> None:
        """Not the directory that it was unpacked to; what was left out is told with it."""
        path = tmp_path / "class.zip"
        path.write_bytes(archived(files))
        with pytest.raises(UsageError) as caught, unpacked(path) as (folder, _):
            collect_submissions(folder, "hw1")
        assert str(path) in caught.value.message and str(folder) not in str(caught.value)
        assert ("leads out of the archive" in caught.value.message) == ("../mia/hw1.ipynb" in files)

    @given(st.integers(0, 3 * MOST_NAMED))
    def test_an_error_names_some_of_what_was_left_out(self, count: int) -> None:
        """An error about the archive's content names up to MOST_NAMED members and counts the rest."""
        with tempfile.TemporaryDirectory() as temporary:
            path = Path(temporary, "class.zip")
            path.write_bytes(archived({f"../{number}/hw1.ipynb": NOTEBOOK for number in range(count)}))
            with pytest.raises(UsageError) as caught, unpacked(path) as (folder, _):
                collect_submissions(folder, "hw1")
        assert caught.value.message.count("Left out: ") == min(count, MOST_NAMED)
        assert (f"{count - MOST_NAMED} more were left out" in caught.value.message) == (count > MOST_NAMED)

    def test_another_error_is_told_as_it_is(self, tmp_path: Path) -> None:
        """What stops the grading of a class is not blamed on the members that were left out."""
        path = tmp_path / "class.zip"
        path.write_bytes(archived({"mia/hw1.ipynb": NOTEBOOK, "../tom/hw1.ipynb": NOTEBOOK}))
        with pytest.raises(UsageError) as caught, unpacked(path):
            raise UsageError("The data set is missing.")
        assert caught.value.message == "The data set is missing."

    def test_what_is_no_archive(self, tmp_path: Path) -> None:
        """The file is named, with what to do instead."""
        with pytest.raises(UsageError, match="damaged") as caught:
            self.extract(tmp_path, b"hello")
        assert "Unpack it yourself" in caught.value.next_step

    def test_a_link_of_a_student_is_their_matter(self, tmp_path: Path) -> None:
        """A student whose only file is a link has handed in no notebook; the others are graded."""
        out = io.BytesIO(linked("mia/hw1.ipynb"))
        with zipfile.ZipFile(out, "a") as archive:
            archive.writestr("tom/hw1.ipynb", NOTEBOOK)
        path = tmp_path / "class.zip"
        path.write_bytes(out.getvalue())
        with unpacked(path) as (folder, _):
            entries = collect_submissions(folder, "hw1")
            problems = {
                entry.student: read_submission(entry.student, entry.path).problem for entry in entries
            }
        assert problems == {
            "mia": "There is no notebook in the directory. Submit the notebook file (.ipynb) itself.",
            "tom": "",
        }


def test_the_command_takes_an_archive(tiny_course: Course, tmp_path: Path) -> None:
    """`autograder grade` on a ZIP of folders and of students' archives; what was left out is said."""
    handout = (tiny_course.root / HANDOUT).read_bytes()
    files = {
        "mia/tiny.ipynb": handout,
        "tom/work.zip": archived({"x/tiny.ipynb": handout}),
        "../eve.ipynb": handout,
    }
    (tmp_path / "class.zip").write_bytes(archived(files))
    completed = autograder(
        "grade", ASSIGNMENT, tmp_path / "class.zip", "--out", tmp_path / "out", folder=tiny_course.root
    )
    assert completed.returncode == 5, completed.stderr
    assert "Not graded: ../eve.ipynb: Its name leads out of the archive." in completed.stdout
    assert sorted(path.stem for path in (tmp_path / "out" / "reports").iterdir()) == ["mia", "tom"]
    report = json.loads((tmp_path / "out" / "reports" / "tom.json").read_text())
    assert report["submission"]["file"] == "work.zip: tiny.ipynb"
