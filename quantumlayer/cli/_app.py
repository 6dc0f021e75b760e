"""The commands and what each of them takes."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from quantumlayer.cli import _capsule, _doctor, _generate, _route
from quantumlayer.cli._run import run

__all__ = ["app"]

app = typer.Typer(
    name="quantumlayer",
    help="Turn requirements in plain English into tested, packaged and signed software.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
capsule_app = typer.Typer(
    help="Look into capsules, check, unpack, run and replay them.", no_args_is_help=True
)
app.add_typer(capsule_app, name="capsule")
route_app = typer.Typer(
    help="Measure routing strategies on recorded outcomes, and train a scorer on them.",
    no_args_is_help=True,
)
app.add_typer(route_app, name="route")

Json = Annotated[bool, typer.Option("--json", help="Print JSON on stdout and nothing else.")]
Data = Annotated[
    Path | None,
    typer.Option("--data", help="Folder for keys, runs and capsules, if not the user's own."),
]
File = Annotated[Path, typer.Argument(metavar="FILE", help="A capsule, such as blog.qcap.")]
Key = Annotated[
    list[Path] | None,
    typer.Option("--key", help="Public key (PEM) to trust besides this user's own; repeatable."),
]
Isolation = Annotated[
    str, typer.Option("--isolation", help="Lowest isolation level to accept for running code.")
]
Table = Annotated[
    Path, typer.Argument(metavar="TABLE", help="Outcomes: .csv, .jsonl, .parquet; wide or long.")
]
Share = Annotated[
    float, typer.Option("--train", help="Share of the prompts to learn from, between 0 and 1.")
]
Seed = Annotated[int, typer.Option(min=0, help="Of all that is random.")]


@app.command()
def generate(  # noqa: PLR0913 -- one argument for each option
    requirements: Annotated[
        str, typer.Argument(help="A file, '-' for standard input, or the text itself.")
    ],
    *,
    output: Annotated[
        Path | None, typer.Option("-o", "--output", help="Where the capsule goes. [NAME.qcap]")
    ] = None,
    provider: Annotated[
        str, typer.Option(help="'offline', 'openai' or 'openai-compatible'.")
    ] = "offline",
    model: Annotated[str | None, typer.Option(help="Model of the provider.")] = None,
    base_url: Annotated[
        str | None, typer.Option(help="Where the provider answers, such as http://host:8080/v1.")
    ] = None,
    isolation: Isolation = "L2",
    fresh: Annotated[bool, typer.Option("--fresh", help="Do not answer from the cache.")] = False,
    budget_usd: Annotated[
        float | None, typer.Option(help="What the model may cost, in US dollars.")
    ] = None,
    data: Data = None,
    json: Json = False,
) -> None:
    """Build a capsule from a requirements document.

    A provider other than 'offline' takes its key from QUANTUMLAYER_API_KEY, or from OPENAI_API_KEY.
    """
    options = _generate.Options(
        requirements=requirements,
        output=output,
        provider=provider,
        model=model,
        base_url=base_url,
        isolation=isolation,
        fresh=fresh,
        budget_usd=budget_usd,
        data=data,
        json=json,
    )
    run(lambda: _generate.generate(options))


@app.command()
def doctor(*, data: Data = None, json: Json = False) -> None:
    """Tell whether this machine has what generating and running needs."""
    run(lambda: _doctor.doctor(data, json=json))


@capsule_app.command()
def inspect(file: File, *, key: Key = None, data: Data = None, json: Json = False) -> None:
    """Show what a capsule contains, how it was made and what became of each requirement."""
    run(lambda: _capsule.inspect(file, _capsule.Trusted(data, key or ()), json=json))


@capsule_app.command()
def verify(file: File, *, key: Key = None, data: Data = None, json: Json = False) -> None:
    """Check the signature and every byte."""
    run(lambda: _capsule.verify(file, _capsule.Trusted(data, key or ()), json=json))


@capsule_app.command()
def unpack(
    file: File,
    folder: Annotated[Path, typer.Argument(help="A folder that is not there yet.")],
    key: Key = None,
    data: Data = None,
) -> None:
    """Verify a capsule and write its files into a new folder."""
    run(lambda: _capsule.unpack(file, folder, _capsule.Trusted(data, key or ())))


@capsule_app.command("run")
def run_capsule(
    file: File,
    *,
    port: Annotated[int, typer.Option(min=0, max=65535, help="0 takes a free one.")] = 8000,
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    isolation: Isolation = "L2",
    key: Key = None,
    data: Data = None,
) -> None:
    """Verify a capsule and run its service in the sandbox until Ctrl-C.

    The service keeps its data in memory: they are gone when it ends.
    """
    run(lambda: _capsule.serve(file, (host, port), isolation, _capsule.Trusted(data, key or ())))


@capsule_app.command()
def replay(
    file: File,
    *,
    output: Annotated[
        Path | None, typer.Option("-o", "--output", help="Write the capsule made again here.")
    ] = None,
    key: Key = None,
    data: Data = None,
    json: Json = False,
) -> None:
    """Make a capsule again from its transcript, without any model, and compare."""
    run(lambda: _capsule.replay(file, output, _capsule.Trusted(data, key or ()), json=json))


@route_app.command("bench")
def bench_strategies(  # noqa: PLR0913 -- one argument for each option
    table: Annotated[
        Path | None,
        typer.Argument(help="Outcomes: .csv, .jsonl, .parquet; wide or long."),
    ] = None,
    *,
    ledger: Annotated[
        Path | None,
        typer.Option(help="A router's ledger instead of a table, as Ledger.write has written it."),
    ] = None,
    strategy: Annotated[
        list[str] | None,
        typer.Option(
            help="cost, latency, quality, hybrid, an installed one or module:class; repeatable."
        ),
    ] = None,
    scorer: Annotated[
        list[str] | None,
        typer.Option(help="A file that `route train` has made, or an installed one; repeatable."),
    ] = None,
    trace: Annotated[
        Path | None, typer.Option(help="When requests come in; without it one after the other.")
    ] = None,
    budget_usd: Annotated[
        float | None, typer.Option(min=0, help="What all requests may cost, in US dollars.")
    ] = None,
    good_enough: Annotated[
        list[float] | None,
        typer.Option(
            help="Share of the best expected quality that will do, instead of a scorer's promise; "
            "repeatable."
        ),
    ] = None,
    train: Share = 0.5,
    seed: Seed = 0,
    html: Annotated[
        Path | None, typer.Option(help="Write a report here: one file, with all plots in it.")
    ] = None,
    plots: Annotated[
        Path | None, typer.Option(help="Write the plots as PNG images into this folder.")
    ] = None,
    json: Json = False,
) -> None:
    """Replay strategies over recorded outcomes, beside the baselines; or judge them by a ledger.

    Prompts that may be learned from are not measured on. Give `route train` the same --train and
    --seed, so that its scorer has not seen them either.
    """
    options = _route.Bench(
        table=table,
        ledger=ledger,
        strategies=strategy or (),
        scorers=scorer or (),
        trace=trace,
        budget_usd=budget_usd,
        good_enough=good_enough or (),
        share=train,
        seed=seed,
        html=html,
        plots=plots,
        json=json,
    )
    run(lambda: _route.bench(options))


@route_app.command("train")
def train_scorer(
    table: Table,
    *,
    output: Annotated[Path, typer.Option("-o", "--output", help="Where the scorer goes.")],
    keep: Annotated[
        float | None,
        typer.Option(help="Share of the best model's quality to keep; calibrates on a third."),
    ] = None,
    confidence: Annotated[
        float, typer.Option(help="With which confidence --keep holds, between 0 and 1.")
    ] = 0.9,
    train: Share = 0.5,
    seed: Seed = 0,
    json: Json = False,
) -> None:
    """Train a scorer on a part of recorded outcomes and show what it is worth on the other."""
    options = _route.Train(
        table=table,
        output=output,
        keep=keep,
        confidence=confidence,
        share=train,
        seed=seed,
        json=json,
    )
    run(lambda: _route.train(options))
