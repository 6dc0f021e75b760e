"""The commands and what each of them takes."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from quantumlayer.cli import _capsule, _doctor, _generate
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
