"""Values on the wire: what is plain comes back bit for bit, what is not is converted or refused."""

from __future__ import annotations

import json
import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from wire_values import ARRAYS, PLAIN, sent

from autograder.checks.values import fingerprint
from autograder.sandbox.arena import SIZE, SMALLEST, Arena
from autograder.sandbox.frames import FrameError, Packer, Unpacker, plain

OBJECT_SHAPES = hnp.array_shapes(min_dims=1, max_dims=4, min_side=1, max_side=3)
OBJECTS = hnp.arrays(np.float64, hnp.array_shapes(max_dims=2, max_side=3)) | st.none()


class TestRoundTrip:
    """What may be sent arrives as it was."""

    @given(PLAIN)
    def test_plain_values_come_back_bit_for_bit(self, value: Any) -> None:
        """Type, shape and every bit survive: NaN, infinities, -0.0, empty and 0-d arrays, nested lists."""
        assert fingerprint([sent(value)]) == fingerprint([value])

    @given(PLAIN)
    def test_plain_values_are_plain_already(self, value: Any) -> None:
        """`plain` gives a plain value back unchanged and converts nothing."""
        same, converted = plain(value)
        assert fingerprint([same]) == fingerprint([value])
        assert converted == []

    @given(ARRAYS)
    def test_arrays_arrive_fresh(self, array: Any) -> None:
        """An array arrives writable, C-contiguous and sharing nothing with what was sent."""
        back = sent(array)
        assert back.flags.writeable
        assert back.flags.c_contiguous
        assert not np.shares_memory(array, back)

    @pytest.mark.parametrize("count", [SMALLEST // 8, 100_000, SIZE // 16])
    def test_large_arrays_through_the_arena(self, arenas: tuple[Arena, Arena], count: int) -> None:
        """A large array crosses in the shared memory, and arrives as a copy of its own."""
        array = np.random.default_rng(0).normal(size=(count // 2, 2))
        array[0] = math.nan, -0.0
        packer = Packer(arenas[0])
        assert json.loads(packer.text(array))[0] == "m"
        assert packer.buffers == []
        arenas[0].clear()
        back = sent(array, *arenas)
        assert back.tobytes() == array.tobytes()
        assert back.flags.owndata or back.base.flags.owndata
        arenas[0].memory[:8] = b"\1" * 8
        assert back.tobytes() == array.tobytes()

    def test_what_does_not_fit_goes_beside_the_arena(self, arenas: tuple[Arena, Arena]) -> None:
        """Arrays beyond the arena's half travel as data, in the same frame as the others."""
        large = [np.full(SIZE // 32, float(i)) for i in range(3)]
        assert [json.loads(spec)[0] for spec in map(Packer(arenas[0]).text, large)] == ["m", "m", "a"]
        arenas[0].clear()
        assert all(np.array_equal(a, b) for a, b in zip(sent(large, *arenas), large, strict=True))

    @pytest.mark.parametrize("value", [2**63, -(2**63) - 1, 10**400])
    def test_integers_beyond_64_bits_are_refused(self, value: int) -> None:
        """An integer that 64 bits do not hold is refused on both ways."""
        with pytest.raises(FrameError, match="too large"):
            Packer().text(value)
        with pytest.raises(FrameError, match="too large"):
            Unpacker(b"").value(["i", value])

    @pytest.mark.parametrize("dtype", ["<f4", "<i4", "|u1", "<u8", ">f8", "<c16", "<U3", "|O"])
    def test_no_array_is_packed_that_cannot_be_read_back(self, dtype: str) -> None:
        """An array of a type that the other side refuses is refused before it is sent."""
        with pytest.raises(FrameError):
            Packer().text(np.zeros(3, dtype))


class TestPlain:
    """What a function may return, and what becomes of it."""

    @pytest.mark.parametrize(
        "array",
        [
            np.arange(12.0).reshape(3, 4)[:, ::2],
            np.asfortranarray(np.arange(12.0).reshape(3, 4)),
            np.arange(12.0)[::-1],
            np.broadcast_to(np.arange(3.0), (2, 3)),
            np.ma.masked_array([1.0, 2.0], [False, True]),
            np.rec.array(np.arange(3.0)),
        ],
    )
    def test_odd_layouts(self, array: Any) -> None:
        """Views, strides, Fortran order and subclasses become ordinary arrays with the same entries."""
        value, converted = plain(array)
        assert type(value) is np.ndarray
        assert value.flags.c_contiguous
        assert np.array_equal(value, np.asarray(array))
        assert converted == []
        assert np.array_equal(sent(value), value)

    @pytest.mark.parametrize(
        ("given_type", "kept_type"),
        [("f4", "<f8"), ("f2", "<f8"), ("i4", "<i8"), ("u1", "<i8"), ("u4", "<i8"), ("longdouble", "<f8")],
    )
    def test_other_number_types_are_converted_and_named(self, given_type: str, kept_type: str) -> None:
        """float32 and the like become float64, small integers int64; the report hears of it."""
        array = np.array([0, 1, 3], given_type)
        value, converted = plain([array, array, 1.0])
        assert [array.dtype.str for array in value[:2]] == [kept_type] * 2
        assert converted == [str(array.dtype)]
        assert value[0].tolist() == [0, 1, 3]

    @pytest.mark.parametrize("order", ["<", ">"])
    def test_byte_order_is_nobodys_business(self, order: str) -> None:
        """A big-endian float64 array is a float64 array."""
        value, converted = plain(np.array([1.5, -2.0], order + "f8"))
        assert (value.dtype.str, value.tolist(), converted) == ("<f8", [1.5, -2.0], [])

    def test_unsigned_integers_never_turn_negative(self) -> None:
        """What 64 signed bits do not hold is refused rather than wrapped round."""
        assert plain(np.array([2**63 - 1], np.uint64))[0].tolist() == [2**63 - 1]
        with pytest.raises(FrameError):
            plain(np.array([2**63], np.uint64))

    @pytest.mark.parametrize("scalar", [np.float64(2.5), np.int64(-3), np.bool_(True), np.float32(0.5)])
    def test_numpy_scalars_are_arrays_of_shape_0(self, scalar: Any) -> None:
        """A NumPy scalar arrives as a 0-d array with the same number."""
        value, _ = plain(scalar)
        assert value.shape == ()
        assert value.item() == scalar.item()

    @pytest.mark.parametrize(
        "value",
        [
            np.zeros(2, [("x", "f8"), ("y", "i4")]),
            np.array([object()]),
            np.array(["a"]),
            np.array([1j]),
            np.array(["2024-01-01"], "M8[D]"),
            np.zeros(1, "V8"),
            np.str_("a"),
            1j,
            {"a": 1},
            object(),
            len,
            [1, {"a": 1}],
            (1, [2, (3, object())]),
        ],
    )
    def test_what_is_no_number_is_refused(self, value: Any) -> None:
        """Structured, object, text and complex arrays, dicts and objects are refused, at any depth."""
        with pytest.raises(FrameError):
            plain(value)

    @given(hnp.arrays(st.sampled_from([np.float64, np.int64, np.bool_]), OBJECT_SHAPES))
    def test_objects_that_are_all_numbers_are_an_array(self, array: Any) -> None:
        """np.frompyfunc and dtype=object keep their numbers in objects; with several axes it is an array."""
        value, _ = plain(array.astype(object))
        assert np.array_equal(value, array, equal_nan=array.dtype.kind == "f")
        assert np.shape(value) == array.shape

    @given(hnp.arrays(object, OBJECT_SHAPES, elements=OBJECTS))
    def test_an_array_of_objects_is_as_good_as_a_list_of_them(self, array: Any) -> None:
        """With any number of axes, as `np.array(pairs, dtype=object)` makes of pairs of arrays."""
        value, _ = plain(array)
        assert fingerprint([value]) == fingerprint([plain(array.tolist())[0]])

    def test_integers_too_large_for_a_float_are_refused_among_objects(self) -> None:
        """In the words of a single integer that is too large."""
        with pytest.raises(FrameError, match="an integer that is too large"):
            plain(np.array([[10**400, 1.0]], dtype=object))

    def test_iterators_become_lists(self) -> None:
        """Generators, ranges and maps become lists; tuples stay tuples."""
        value, _ = plain(x * x for x in range(3))
        assert value == [0, 1, 4]
        assert plain((range(2), map(abs, [-1]), (1, 2)))[0] == ([0, 1], [1], (1, 2))

    @given(st.lists(hnp.arrays(np.float64, 3), max_size=5), st.booleans())
    def test_what_a_loop_takes_is_read_as_a_loop_reads_it(self, arrays: list[Any], has_getitem: bool) -> None:
        """Items one by one, also where all are written into the same array, and by the older protocol."""
        buffer = np.empty(4)

        def written(index: int) -> tuple[Any, list[Any]]:
            buffer[:3] = arrays[index]  # raises IndexError behind the last one
            return buffer[:3], [buffer]

        class Loader:
            def __getitem__(self, index: int) -> tuple[Any, list[Any]]:
                return written(index)

        value, _ = plain(Loader() if has_getitem else map(written, range(len(arrays))))
        assert all(
            np.array_equal(item[0], array, equal_nan=True) for item, array in zip(value, arrays, strict=True)
        )

    def test_subclasses_lose_their_methods(self) -> None:
        """A subclass of float that lies about comparisons arrives as its plain number."""

        class Sly(float):
            def __eq__(self, other: object) -> bool:
                return True

            __hash__ = float.__hash__

        value, _ = plain(Sly(2.0))
        assert type(value) is float
        assert value == 2.0

    def test_endless_and_endlessly_deep_values_are_bounded(self) -> None:
        """An endless generator, and a list that holds itself, are refused after a bounded look."""
        with pytest.raises(FrameError, match="items"):
            plain(iter(int, 1))
        loop: list[Any] = []
        loop.append(loop)
        with pytest.raises(FrameError, match="deep"):
            plain(loop)
