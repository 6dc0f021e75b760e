"""Cards, prices and the catalog that ships."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quantumlayer.errors import RouterConfigError
from quantumlayer.messages import Usage
from quantumlayer.router import Catalog, ModelCard, Price

counts = st.integers(0, 10**7)
usages = st.builds(Usage, counts, counts, counts, counts, counts)
rates = st.integers(0, 10**12)
optional = st.none() | rates
flat = st.builds(Price, rates, rates, optional, optional, optional)
prices = st.builds(
    Price, rates, rates, optional, optional, optional,
    long=st.lists(st.tuples(st.integers(0, 10**7), flat), max_size=2).map(tuple),
)  # fmt: skip


def test_a_price_in_dollars_is_exact() -> None:
    price = Price.usd(input_usd=0.075, output_usd=0.3, cache_read_usd=0.0375)

    assert (price.input, price.output, price.cache_read) == (75_000_000, 300_000_000, 37_500_000)
    # a token costs 37.5 nano-dollars: two cost 75, one is rounded up
    assert price.cost_nanousd(Usage(cache_read_tokens=2)) == 75
    assert price.cost_nanousd(Usage(cache_read_tokens=1)) == 38


def test_classes_without_a_price_of_their_own_cost_what_they_are_part_of() -> None:
    price = Price.usd(input_usd=2, output_usd=10)

    assert price.cost_nanousd(Usage(0, 500, 500, 0, 100)) == 1000 * 2_000 + 100 * 10_000


def test_the_whole_request_is_priced_by_the_length_of_its_whole_prompt() -> None:
    price = Price(10**6, 0, 0, long=((1000, Price(3 * 10**6, 0, 0)),))

    assert price.cost_nanousd(Usage(input_tokens=1000)) == 1000
    assert price.cost_nanousd(Usage(input_tokens=1, cache_read_tokens=1000)) == 3


thoughts = st.integers(0, 10**7)


@given(prices, usages)
def test_the_bound_is_never_below_the_cost(price: Price, usage: Usage) -> None:
    prompt = usage.input_tokens + usage.cache_read_tokens + usage.cache_write_tokens
    answer = usage.output_tokens + usage.reasoning_tokens

    assert price.bound_nanousd(prompt, answer) >= price.cost_nanousd(usage)
    assert price.bound_nanousd(prompt + 1, answer + 1) >= price.cost_nanousd(usage)


@given(prices, st.integers(0, 10**7), st.integers(0, 10**7))
def test_the_expected_cost_is_that_of_a_plain_exchange(price: Price, prompt: int, out: int) -> None:
    usage = Usage(input_tokens=prompt, output_tokens=out)

    assert price.expected_nanousd(prompt, out) == price.cost_nanousd(usage)


@given(prices, st.tuples(*[st.integers(0, 10**7)] * 4), thoughts)
def test_the_expected_cost_knows_what_is_cached_and_what_is_thought(
    price: Price, tokens: tuple[int, int, int, int], thought: int
) -> None:
    prompt, out, cached, marked = tokens
    read = min(prompt, cached)
    written = max(0, min(prompt, marked) - read)
    usage = Usage(prompt - read - written, read, written, out, thought)

    assert price.expected_nanousd(prompt, out, cached, thought, marked) == price.cost_nanousd(usage)


def test_the_catalog_that_ships_knows_prices_limits_and_capabilities() -> None:
    catalog = Catalog.shipped()
    card = catalog.find("openai", "gpt-4.1")

    assert len(catalog) > 150
    assert catalog.as_of == "2026-11-22"
    assert card is not None
    assert card.price == Price.usd(input_usd=2.0, output_usd=8.0, cache_read_usd=0.5)
    assert (card.max_input_tokens, card.max_output_tokens) == (1_047_576, 32_768)
    assert card.capabilities == frozenset(["tools", "json_schema", "images", "sampling"])
    assert catalog.find("openai", "no-such-model") is None


def test_models_that_think_take_no_temperature() -> None:
    card = Catalog.shipped().find("openai", "o3")

    assert card is not None
    assert card.capabilities is not None
    assert "sampling" not in card.capabilities


def test_a_long_prompt_has_its_own_price_where_the_provider_says_so() -> None:
    card = Catalog.shipped().find("openai", "gpt-5.4")

    assert card is not None
    assert card.price is not None
    assert card.price.for_prompt(272_000).input == 2_500_000_000
    assert card.price.for_prompt(272_001).input == 5_000_000_000


def test_an_updated_catalog_leaves_the_first_as_it_was() -> None:
    catalog = Catalog({"a/b": ModelCard(quality=0.1)})
    updated = catalog.updated({"a/b": ModelCard(quality=0.9), "c/d": ModelCard()})

    assert catalog.find("a", "b") == ModelCard(quality=0.1)
    assert updated.find("a", "b") == ModelCard(quality=0.9)
    assert updated.find("c", "d") == ModelCard()


def test_a_catalog_can_be_read_from_a_file_of_one_s_own() -> None:
    text = json.dumps(
        {"models": {"me/mine": {"usd_per_mtok": {"input": 1, "output": 2}, "quality": 0.7}}}
    )
    card = Catalog.from_json(text).find("me", "mine")

    assert card == ModelCard(Price.usd(input_usd=1, output_usd=2), quality=0.7)


@pytest.mark.parametrize(
    "text",
    ["", "[]", "{}", '{"models": {"a/b": 3}}', '{"models": {"a/b": {"usd_per_mtok": {"x": 1}}}}',
     '{"models": {"a/b": {"usd_per_mtok": {"input": -1, "output": 0}}}}'],
)  # fmt: skip
def test_a_file_that_is_no_catalog_is_refused(text: str) -> None:
    with pytest.raises(RouterConfigError):
        Catalog.from_json(text)
