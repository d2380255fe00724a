"""Canonical forms of homework 4: rates may be searched in any way, and many lists of gradients stall Adagrad.

What is compared is how the search went, as the calls of `loss` and `gradient` show it, and what the list and
its rate do, by the first thing that is wrong with them.
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from autograder.checks import canonical_form, to_array

MOST_GRADIENTS = 1000
STALLED, PLAUSIBLE = 0.01, 0.1  # of the distance of plain gradient descent
CANCELLED = 0.1  # of the sum of all sizes
LEAST_RATE, LARGEST_RATE = 1e-3, 10.0
FEWEST_RATES = 3  # that are tried, for a search to be recognised
SAME = 1e-6  # relative distance of two equal rates or losses

# --- Choosing a rate ----------------------------------------------------------------------------


@canonical_form(function="tune_sgd")
def searches(calls):
    """For each loss: where runs begin, how long they are, which rates are tried and which one is picked."""
    values = [to_array(call.value) for call in calls]
    same = len(calls) > 1 and all(value is not None and np.array_equal(value, values[0]) for value in values)
    return [search(call) if call.asked or not same else "the same for every loss" for call in calls]


def search(call):
    """The form of one call: how runs begin, how many steps they make, their rates, what is returned."""
    _, _, theta, steps = call.arguments
    slopes = [(arguments[0], slope) for arguments, slope in call.asked if np.shape(slope) == theta.shape]
    losses = [(arguments[0], loss) for arguments, loss in call.asked if np.shape(loss) == ()]
    runs = runs_from(theta, slopes)
    if not runs:
        return "no runs"
    if len(runs) == 1 and len(slopes) > 2 * steps:
        return "goes on"  # where the last rate ended
    with np.errstate(all="ignore"):
        tried = tried_rates(runs, losses, theta)
    if tried is None or len(runs) < FEWEST_RATES:
        return "another search"
    rates, ends = tried
    lengths = {len(run) for run in runs}
    made = "all" if lengths == {steps} else "one" if lengths == {1} else "other"
    if steps == 1:
        made = "all"
    return "runs", made, spacing(rates), picked(call.value, rates, ends, losses, theta)


def runs_from(theta, slopes):
    """Runs: the places and gradients that were asked for, from one time at theta to the next."""
    runs = []
    for place, slope in slopes:
        if np.array_equal(place, theta):
            runs.append([])
        if runs:
            runs[-1].append((np.asarray(place), np.asarray(slope)))
    return runs


def tried_rates(runs, losses, theta):
    """The rate of each run and the loss where it ended; None where some of them cannot be told."""
    asked = [(np.ravel(place), float(loss)) for place, loss in losses if np.shape(place) == theta.shape]
    places = np.array([place for place, _ in asked]).reshape(len(asked), theta.size)
    moved = [place.reshape(theta.shape) for place in places if not np.array_equal(place, np.ravel(theta))]
    rates, ends = [], []
    for number, run in enumerate(runs):
        place, slope = run[0]
        reached = run[1][0] if len(run) > 1 else moved[number] if number < len(moved) else place
        rate = ratio(place - reached, slope)
        if rate is None:
            return None
        end = np.ravel(run[-1][0] - rate * run[-1][1])
        close = np.abs(places - end) <= SAME * np.abs(end) + 1e-12
        close |= (places == end) | (np.isnan(places) & np.isnan(end))
        found = np.flatnonzero(close.all(axis=1))
        if not len(found):
            return None
        rates.append(rate)
        ends.append(asked[found[0]][1])
    return np.array(rates), np.array(ends)


def ratio(step, slope):
    """The rate of a step, which is a positive multiple of the gradient; None where it is not."""
    telling = np.abs(slope) > 0
    if not telling.any() or not np.isfinite(step).all():
        return None
    ratios = (step[telling] / slope[telling]).ravel()
    first = float(ratios[0])
    return first if first > 0 and np.abs(ratios - first).max() <= SAME * first else None


def spacing(rates):
    """How the rates that were tried lie between the smallest and the largest."""
    different = np.unique(np.round(np.log(rates), 9))
    if len(different) < FEWEST_RATES:
        return "few"
    if rates.min() > 2 * LEAST_RATE or rates.max() < LARGEST_RATE / 2 or rates.max() > 2 * LARGEST_RATE:
        return "elsewhere"
    steps, distances = np.diff(np.exp(different)), np.diff(different)
    if len(different) > 5 and np.allclose(steps, steps[0], rtol=1e-3):
        return "evenly"
    return "coarse" if np.max(distances) > np.log(2.2) else "fine"


def picked(value, rates, ends, losses, theta):
    """What is returned, in terms of the rates and of where they ended."""
    got = to_array(value)
    if got is None or got.shape != ():
        return "no number"
    got, numbers = float(got), np.where(np.isnan(ends), np.inf, ends)
    best = int(np.argmin(numbers))
    matches = np.flatnonzero(np.isclose(rates, got, rtol=SAME, atol=0))
    if not len(matches):
        if np.isclose(got, ends[best], rtol=SAME, atol=0):
            return "the loss"
        return "the position" if got == best and got == int(got) else "another number"
    end = ends[matches[0]]
    if np.isclose(end, ends[best], rtol=SAME, atol=0):
        return "the best"
    if np.isnan(end):
        return "not a number"
    if end == np.nanmax(ends):
        return "the highest"
    start = next((float(loss) for place, loss in losses if np.array_equal(place, theta)), np.inf)
    grows = np.flatnonzero(numbers >= min(start, np.finfo(float).max))
    converging = rates[numbers < start] if np.isfinite(start) else rates[np.isfinite(numbers)]
    is_last = len(grows) and len(converging) and np.isclose(got, converging.max(), rtol=SAME, atol=0)
    return "the largest that converges" if is_last else "another rate"


# --- Where Adagrad stalls -----------------------------------------------------------------------


@canonical_form(function="adagrad_stall")
def stalls(calls):
    """The first thing that keeps each answer from stalling Adagrad."""
    return [stall(call.value) for call in calls]


def stall(value):
    """What is wrong with gradients and a rate; "stalls" where nothing is."""
    if not isinstance(value, (list, tuple)) or len(value) != 2 or np.shape(value[1]) not in ((), (1,)):
        is_swapped = isinstance(value, (list, tuple)) and len(value) == 2 and np.shape(value[0]) == ()
        gradients = to_array(value)
        is_alone = gradients is not None and gradients.ndim == 1
        return "rate first" if is_swapped and not is_alone else "alone" if is_alone else "no pair"
    gradients, rate = to_array(value[0]), to_array(value[1])
    if gradients is None or rate is None or gradients.ndim != 1 or rate.shape != ():
        return "alone" if gradients is not None and gradients.ndim == 0 else "no pair"
    if not 0 < len(gradients) <= MOST_GRADIENTS:
        return "too many" if len(gradients) else "none"
    gradients = gradients.astype(float)
    sizes = np.abs(gradients)
    if not np.isfinite(gradients).all():
        return "not finite"
    if not 0 < float(rate) < np.inf:
        return "no rate"
    if not sizes.any():
        return "all 0"
    if abs(gradients.sum()) < CANCELLED * sizes.sum():
        return "cancel"
    return too_far(gradients, sizes)


def too_far(gradients, sizes):
    """Why Adagrad comes too far with valid gradients; "stalls" where it does not."""
    with np.errstate(all="ignore"):
        adagrad = np.sum(gradients / (np.sqrt(np.cumsum(gradients**2)) + 1e-8))
        share = abs(adagrad / gradients.sum())
    largest, others = int(np.argmax(sizes)), sizes[1:]
    if share < STALLED:
        return "stalls"
    if largest >= len(sizes) / 2 and np.max(sizes) > 1.5 * sizes[0]:
        return "late"
    if (
        share >= PLAUSIBLE
        and len(sizes) > 2
        and np.ptp(others) > 0
        and all(a >= b for a, b in pairwise(sizes))
    ):
        return "shrink"
    if share >= 1:
        return "further"
    if np.ptp(sizes) == 0:
        return "one size"
    return "not large enough" if largest == 0 else "other"
