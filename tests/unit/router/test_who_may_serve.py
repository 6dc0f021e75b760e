"""Filters by whom a request is for and what it is meant for: tenants and profiles."""

from collections.abc import Callable, Sequence
from dataclasses import replace

import pytest

from quantumlayer.errors import NoDeploymentError, RouterConfigError
from quantumlayer.messages import EmbeddingPurpose, Embeddings, ModelReply, ModelRequest
from quantumlayer.router import Caching, Catalog, ModelCard, Router
from quantumlayer.storage import MemoryCache
from quantumlayer.testing import ScriptedModel

pytestmark = pytest.mark.anyio

MakeRouter = Callable[..., Router]


def rejected(reply: ModelReply) -> dict[str, str]:
    return {each.deployment: each.rejected for each in reply.route.considered if each.rejected}


class Everywhere(ScriptedModel):
    """A model that answers, and makes vectors too."""

    async def embed(
        self,
        texts: Sequence[str],
        *,
        purpose: EmbeddingPurpose = "document",
        dimensions: int | None = None,
    ) -> Embeddings:
        del purpose, dimensions
        self.calls += 1
        return Embeddings(tuple((1.0,) for _ in texts), self.provider, self.model)


# --- tenants -------------------------------------------------------------------------------------


async def test_a_tenant_is_served_only_by_deployments_that_may_serve_it(
    router_of: MakeRouter,
) -> None:
    here, there = ScriptedModel("here", model="here"), ScriptedModel("there", model="there")
    router = router_of(
        here, there, tenants={"acme": {"scripted/there"}, "": {"scripted/here", "scripted/there"}}
    )

    reply = await router.complete("Hi", tenant="acme")
    assert reply.text == "there"
    assert rejected(reply) == {"scripted/here": "it may not serve the tenant 'acme'"}
    async with router.stream("Hi", tenant="acme") as events:
        assert [event async for event in events]
    assert here.calls == 0
    assert (await router.complete("Hi")).text == "here"


async def test_a_tenant_that_nobody_was_named_for_is_served_by_none(router_of: MakeRouter) -> None:
    model = Everywhere("ok")
    router = router_of(model, tenants={"acme": {"scripted/model"}})

    for tenant in ("other", ""):
        with pytest.raises(NoDeploymentError, match=f"may not serve the tenant '{tenant}'"):
            await router.complete("Hi", tenant=tenant)
        with pytest.raises(NoDeploymentError, match="may not serve"):
            await router.embed(["Hi"], tenant=tenant)
    assert model.calls == 0
    assert (await router.embed(["Hi"], tenant="acme")).vectors == ((1.0,),)


async def test_a_failure_does_not_lead_to_a_deployment_that_may_not_serve(
    router_of: MakeRouter,
) -> None:
    down = ScriptedModel(RuntimeError("down"), model="down")
    other = ScriptedModel("ok", model="other")
    router = router_of(down, other, tenants={"acme": ["scripted/down"]})

    with pytest.raises(Exception, match="RuntimeError"):
        await router.complete("Hi", tenant="acme")
    assert other.calls == 0


async def test_answers_of_who_may_not_serve_any_more_are_not_given_again() -> None:
    store = MemoryCache()
    models = [ScriptedModel("a", model="a"), ScriptedModel("b", model="b")]
    for names, text in ((["scripted/a"], "a"), (["scripted/b"], "b")):
        router = Router(
            models, tenants={"acme": names}, caching=Caching(store), catalog=Catalog({})
        )
        assert (await router.complete("Hi", tenant="acme")).text == text


async def test_a_tenant_for_whom_nobody_is_there_is_refused_at_once(router_of: MakeRouter) -> None:
    with pytest.raises(RouterConfigError, match=r"'acme' may be served by \['scripted/gone'\]"):
        router_of(ScriptedModel(), tenants={"acme": ["scripted/gone", "scripted/model"]})


# --- profiles ------------------------------------------------------------------------------------


async def test_a_request_with_a_profile_goes_to_who_is_meant_for_it(router_of: MakeRouter) -> None:
    cards = {"code": frozenset({"code_specialized"}), "any": None, "none": frozenset[str]()}
    models = [
        ScriptedModel(name, model=name, card=ModelCard(profiles=profiles))
        for name, profiles in cards.items()
    ]
    router = router_of(*models)

    async def ask(profile: str | None) -> ModelReply:
        return await router.complete(replace(ModelRequest.of("Hi"), profile=profile))

    assert (await ask("code_specialized")).text == "code"
    reply = await ask("technical")
    assert reply.text == "any"
    assert rejected(reply) == {
        "scripted/code": "it is not meant for the profile 'technical'",
        "scripted/none": "it is not meant for the profile 'technical'",
    }
    assert rejected(await ask(None)) == {}


def test_profiles_stand_in_a_catalog_too() -> None:
    catalog = Catalog.from_json('{"models": {"p/m": {"profiles": ["technical"]}, "p/n": {}}}')
    card, other = catalog.find("p", "m"), catalog.find("p", "n")
    assert card is not None
    assert other is not None
    assert (card.profiles, other.profiles) == (frozenset({"technical"}), None)
