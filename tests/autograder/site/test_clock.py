"""The server's clock goes forward only."""

from __future__ import annotations

from fake_clock import FakeClock
from hypothesis import assume, given
from hypothesis import strategies as st

from autograder.site.clock import LARGEST_STEP, LONGEST_GAP, ServerClock


def clock_of(fake: FakeClock, floor: int = 0, seen: int = 0) -> ServerClock:
    """The engine's clock on top of a fake machine's."""
    return ServerClock(floor, seen, wall=lambda: fake.wall, steady=lambda: fake.steady)


def test_it_tells_the_wall_clocks_time() -> None:
    """Milliseconds since 1970, as the machine has them."""
    fake = FakeClock(at=1_000)
    clock = clock_of(fake)
    fake.pass_(250)
    assert clock.now() == 1_250
    assert clock.behind() == 0


@given(st.lists(st.integers(0, LARGEST_STEP), max_size=20))
def test_a_pause_between_two_readings_is_no_leap(pauses: list[int]) -> None:
    """However long the process is stopped, and wherever, its clock is not ahead of the machine's after it."""
    machine, stopped = 1_000_000, iter(pauses)

    def read() -> int:
        nonlocal machine
        machine += next(stopped, 0)
        return machine * 1_000_000

    clock = ServerClock(wall=read, steady=read)
    for _ in pauses:
        assert clock.now() <= machine
    assert clock.now() == clock.now() == machine


def test_a_wall_clock_set_back_lengthens_nothing() -> None:
    """Time goes on at its own pace, and an operator can see by how much the wall differs."""
    fake = FakeClock(at=1_000_000)
    clock = clock_of(fake)
    fake.set_back(600_000)
    fake.pass_(5_000)
    assert clock.now() == 1_005_000
    assert clock.behind() == 600_000


def test_a_clock_set_back_and_right_again_counts_once() -> None:
    """The correction is not time that passed."""
    fake = FakeClock(at=1_000_000)
    clock = clock_of(fake)
    fake.set_back(600_000)
    clock.now()
    fake.set_back(-600_000)
    fake.pass_(1)
    assert clock.now() == 1_000_001


def test_a_suspended_machine_catches_up() -> None:
    """Time spent asleep has passed."""
    fake = FakeClock(at=1_000_000)
    clock = clock_of(fake)
    fake.sleep(90_000)
    assert clock.now() == 1_090_000


def test_a_restart_goes_on_from_what_is_stored() -> None:
    """A wall clock behind the last stored instant does not bring time back after a restart."""
    fake = FakeClock(at=1_000_000)
    clock = clock_of(fake, floor=1_300_000)
    fake.pass_(20)
    assert clock.now() == 1_300_020


@given(st.lists(st.tuples(st.sampled_from(["pass_", "sleep", "set_back"]), st.integers(0, 10**7))))
def test_it_never_goes_back_and_never_stands_still(steps: list[tuple[str, int]]) -> None:
    """After any steps it is at least as far on as the time that passed by the monotonic clock."""
    fake = FakeClock()
    clock = clock_of(fake)
    before = clock.now()
    for kind, span in steps:
        getattr(fake, kind)(span)
        now = clock.now()
        assert now - before >= (span if kind == "pass_" else 0)
        before = now


def test_a_leap_is_not_followed() -> None:
    """A wall clock that is decades ahead, for a moment or for longer, changes no instant and is noticed."""
    fake = FakeClock(at=1_000_000)
    clock = clock_of(fake)
    years = 40 * 365 * 86_400_000
    fake.sleep(years)
    fake.pass_(10)
    assert clock.now() == 1_000_010
    assert "14600 days ahead" in clock.state().problem
    fake.set_back(years)
    assert clock.now() == 1_000_010
    assert "was 14600 days ahead for a while" in clock.state().problem


@given(st.integers(0, 10**12), st.integers(0, 10**12), st.integers(0, 3 * 10**12))
def test_a_start_in_another_century(floor: int, seen: int, wall: int) -> None:
    """A clock that is years ahead of all that is stored is not followed, also not at the start; a gap is."""
    clock = clock_of(FakeClock(at=wall), floor, seen)
    known = max(floor, seen)
    if known and wall - known > LONGEST_GAP:
        assert clock.now() == known
        assert "ahead of the server" in clock.state().problem
        assert clock.set_right().wall == clock.now() == wall
    else:
        assert clock.now() == max(floor, wall)


@given(st.integers(10**12, 3 * 10**12), st.integers(-(10**12), 10**12), st.integers(-5_000, 5_000))
def test_a_correction_at_another_server(now: int, moved: int, difference: int) -> None:
    """A clock near the wrong time moves along, once; one that is right already stays."""
    assume(abs(moved) > 4 * abs(difference))
    fake = FakeClock(at=now)
    clock = clock_of(fake)
    fake.wall += moved * 1_000_000  # the machine's clock is right by now
    followed_by_itself = clock.now() == now + moved
    assert clock.follow_correction(now + difference, now + difference + moved) is not followed_by_itself
    assert clock.now() == now + moved
    assert not clock.follow_correction(now + difference, now + difference + moved)
    assert clock.now() == now + moved


def test_staff_take_over_the_machines_clock() -> None:
    """Forwards and backwards, and nothing differs afterwards."""
    for floor, prefetched in ((0, 3_600_000), (9_000_000_000, 0)):
        fake = FakeClock(at=1_000_000)
        clock = clock_of(fake, floor)
        fake.sleep(prefetched)
        assert clock.state().problem
        before = clock.set_right()
        assert clock.now() == before.wall == 1_000_000 + prefetched
        assert clock.state().problem == ""


@given(st.integers(1, LARGEST_STEP), st.integers(LARGEST_STEP + 1, 10**13))
def test_steps_are_followed_and_leaps_are_not(step: int, leap: int) -> None:
    """The limit between them is one number."""
    fake = FakeClock(at=1_000_000)
    clock = clock_of(fake)
    fake.sleep(step)
    assert clock.now() == 1_000_000 + step
    fake.sleep(leap)
    assert clock.now() == 1_000_000 + step
