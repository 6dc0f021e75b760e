"""The circuit breaker, by example and against a model of it."""

from itertools import pairwise

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, invariant, rule

from quantumlayer.errors import RouterConfigError
from quantumlayer.router import BreakerPolicy, CircuitBreaker
from quantumlayer.testing import VirtualClock

POLICY = BreakerPolicy(failure_ratio=0.5, min_calls=4, window_s=10.0, open_s=5.0)


def breaker_of(clock: VirtualClock, policy: BreakerPolicy = POLICY) -> CircuitBreaker:
    return CircuitBreaker(policy, clock.monotonic)


def call(breaker: CircuitBreaker, *, failed: bool | None) -> None:
    ticket = breaker.enter()
    assert ticket is not None
    breaker.leave(ticket, failed=failed)


def state_of(breaker: CircuitBreaker) -> str:
    return breaker.state


def open_it(breaker: CircuitBreaker) -> None:
    for _ in range(POLICY.min_calls):
        call(breaker, failed=True)
    assert state_of(breaker) == "open"


def test_it_stays_closed_below_the_least_number_of_calls(clock: VirtualClock) -> None:
    breaker = breaker_of(clock)
    for _ in range(3):
        call(breaker, failed=True)
    assert state_of(breaker) == "closed"
    call(breaker, failed=True)
    assert state_of(breaker) == "open"


def test_it_opens_at_the_share_of_failures_and_not_below(clock: VirtualClock) -> None:
    breaker = breaker_of(clock)
    for failed in (False, False, False, True, True):
        call(breaker, failed=failed)
        assert state_of(breaker) == "closed"
    call(breaker, failed=True)
    assert state_of(breaker) == "open"


def test_old_calls_leave_the_window(clock: VirtualClock) -> None:
    breaker = breaker_of(clock)
    for _ in range(3):
        call(breaker, failed=True)
    clock.advance(11)
    call(breaker, failed=True)
    assert state_of(breaker) == "closed"


def test_an_open_circuit_admits_nobody_and_says_for_how_long(clock: VirtualClock) -> None:
    breaker = breaker_of(clock)
    open_it(breaker)
    clock.advance(3)
    assert breaker.enter() is None
    assert breaker.refusal == "its circuit is open for another 2.0 s"


def test_half_open_admits_one_probe_and_its_success_closes(clock: VirtualClock) -> None:
    breaker = breaker_of(clock)
    open_it(breaker)
    clock.advance(5)
    assert state_of(breaker) == "half_open"
    assert breaker.refusal == ""
    probe = breaker.enter()
    assert probe is not None
    assert breaker.enter() is None
    assert "probe is under way" in breaker.refusal
    breaker.leave(probe, failed=False)
    assert state_of(breaker) == "closed"
    for _ in range(3):  # the old failures are forgotten
        call(breaker, failed=True)
    assert state_of(breaker) == "closed"


def test_a_failed_probe_opens_for_another_time(clock: VirtualClock) -> None:
    breaker = breaker_of(clock)
    open_it(breaker)
    clock.advance(5)
    call(breaker, failed=True)
    assert breaker.refusal == "its circuit is open for another 5.0 s"


def test_a_probe_that_was_given_up_makes_room_for_another(clock: VirtualClock) -> None:
    breaker = breaker_of(clock)
    open_it(breaker)
    clock.advance(5)
    call(breaker, failed=None)
    assert state_of(breaker) == "half_open"
    assert breaker.enter() is not None


def test_a_call_from_before_it_opened_changes_nothing_any_more(clock: VirtualClock) -> None:
    breaker = breaker_of(clock)
    early = breaker.enter()
    assert early is not None
    open_it(breaker)
    breaker.leave(early, failed=False)
    assert state_of(breaker) == "open"
    clock.advance(5)
    probe = breaker.enter()
    breaker.leave(early, failed=False)
    assert probe is not None
    assert breaker.enter() is None  # the probe is still under way


def test_its_memory_does_not_grow_with_the_traffic(clock: VirtualClock) -> None:
    breaker = breaker_of(clock)
    for _ in range(5000):
        clock.advance(0.05)
        call(breaker, failed=False)
    assert len(breaker._window._steps) <= 11


@pytest.mark.parametrize(
    "settings_",
    [
        {"failure_ratio": 0},
        {"failure_ratio": 1.1},
        {"failure_ratio": float("nan")},
        {"min_calls": 0},
        {"window_s": 0},
        {"open_s": float("inf")},
        {"open_s": float("nan")},
    ],
)
def test_a_policy_that_makes_no_sense_is_refused(settings_: dict[str, float]) -> None:
    with pytest.raises(RouterConfigError):
        BreakerPolicy(**settings_)  # type: ignore[arg-type]


class BreakerMachine(RuleBasedStateMachine):
    """Calls begin, end in any order and time passes; a plain list of facts is the model."""

    tickets: Bundle[int] = Bundle("tickets")

    def __init__(self) -> None:
        super().__init__()
        self.clock = VirtualClock()
        self.breaker = breaker_of(self.clock)
        self.opened_at: float | None = None
        self.probes = 0
        self.states = ["closed"]

    @rule(wait_s=st.floats(0, 12))
    def wait(self, wait_s: float) -> None:
        self.clock.advance(wait_s)

    @rule(target=tickets)
    def begin(self) -> int:
        state = self.breaker.state
        admits = not self.breaker.refusal
        ticket = self.breaker.enter()
        assert (ticket is not None) == admits
        assert state != "open" or ticket is None
        if state == "half_open" and ticket is not None:
            assert self.probes == 0
            self.probes = 1
        return -1 if ticket is None else ticket

    @rule(ticket=consumes(tickets), failed=st.sampled_from([True, False, None]))
    def end(self, ticket: int, *, failed: bool | None) -> None:
        if ticket < 0:
            return
        before = self.breaker.state
        mine = ticket == self.breaker._era
        self.breaker.leave(ticket, failed=failed)
        after = self.breaker.state
        if not mine:
            assert after == before
        elif before == "half_open":
            self.probes = 0
            assert after == {True: "open", False: "closed", None: "half_open"}[failed]
        elif not failed:
            assert after == before
        if before != "open" and after == "open":
            self.opened_at = self.clock.monotonic()

    @invariant()
    def it_is_open_for_exactly_its_time(self) -> None:
        if self.breaker.state == "open":
            assert self.opened_at is not None
            assert self.clock.monotonic() < self.opened_at + POLICY.open_s
        self.states.append(self.breaker.state)

    @invariant()
    def it_never_goes_from_open_to_closed_without_a_probe(self) -> None:
        assert ("open", "closed") not in pairwise(self.states)

    @invariant()
    def the_window_counts_what_it_holds(self) -> None:
        window = self.breaker._window
        assert window.calls == sum(step[1] for step in window._steps)
        assert window.failures == sum(step[2] for step in window._steps) <= window.calls


TestBreakerMachine = BreakerMachine.TestCase
TestBreakerMachine.settings = settings(max_examples=150, stateful_step_count=40, deadline=None)
