"""Levels, limits and how a run ended."""

import math
import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quantumlayer.errors import SandboxLimitError
from quantumlayer.sandbox import Completed, Level, Limits, Probe
from quantumlayer.sandbox._level import attained
from quantumlayer.sandbox._measure import PROBE_LEVELS


def probes(denied: dict[str, bool]) -> tuple[Probe, ...]:
    return tuple(
        Probe(name, level, denied=denied.get(name, True)) for name, level in PROBE_LEVELS.items()
    )


def test_levels_are_ordered_and_say_their_name() -> None:
    assert Level.L0 < Level.L1 < Level.L2 < Level.L3
    assert [str(level) for level in Level] == ["L0", "L1", "L2", "L3"]


def test_all_denied_is_the_highest_level() -> None:
    assert attained(probes({})) is Level.L3


@given(reached=st.sampled_from(sorted(PROBE_LEVELS)))
def test_one_thing_that_is_reached_takes_its_level_and_all_above(reached: str) -> None:
    level = attained(probes({reached: False}))

    below = PROBE_LEVELS[reached] - 1
    assert level == (None if below < 0 else Level(below))


@given(
    reached=st.sets(st.sampled_from(sorted(PROBE_LEVELS))),
    more=st.sets(st.sampled_from(sorted(PROBE_LEVELS))),
)
def test_reaching_more_never_raises_the_level(reached: set[str], more: set[str]) -> None:
    one = attained(probes(dict.fromkeys(reached, False)))
    other = attained(probes(dict.fromkeys(reached | more, False)))

    assert (-1 if other is None else other) <= (-1 if one is None else one)


def test_no_probes_prove_nothing() -> None:
    assert attained(()) is None
    assert attained((Probe("vsock", Level.L1, denied=True),)) is None


@pytest.mark.parametrize("name", Limits.__slots__)
@pytest.mark.parametrize("value", [0, -1, math.nan])
def test_a_limit_that_is_no_positive_number_is_refused(name: str, value: float) -> None:
    with pytest.raises(ValueError, match=name):
        Limits(**{name: value})  # type: ignore[arg-type]


def test_time_may_be_without_limit() -> None:
    assert Limits(wall_s=math.inf, cpu_s=math.inf).wall_s == math.inf


def test_a_run_that_broke_a_limit_says_which() -> None:
    limits = Limits(memory_bytes=1000)
    ended = Completed(137, b"", b"", "memory_bytes", limits)

    with pytest.raises(SandboxLimitError, match="memory_bytes=1000") as caught:
        ended.raise_for_limit()

    assert (caught.value.limit, caught.value.allowed) == ("memory_bytes", 1000)
    assert str(pickle.loads(pickle.dumps(caught.value))) == str(caught.value)


def test_a_run_that_ended_by_itself_is_handed_on() -> None:
    ended = Completed(3, b"", b"", "exit", Limits())

    assert ended.raise_for_limit() is ended
