"""`quantumlayer capsule …`."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import anyio
import anyio.to_thread

from quantumlayer import capsule as capsules
from quantumlayer.capsule import PublicKey, QuantumCapsule, SigningKey, Trust
from quantumlayer.cli._options import isolation
from quantumlayer.cli._run import CHECK_FAILED, DONE, UsageError
from quantumlayer.cli._show import print_json
from quantumlayer.sandbox import open_sandbox
from quantumlayer.services import replay as replay_capsule
from quantumlayer.storage import DataFolder

__all__ = ["Trusted", "inspect", "replay", "serve", "unpack", "verify"]


@dataclass(frozen=True, slots=True)
class Trusted:
    """Whose capsules are opened: this user's own, and those signed with the given keys.

    Attributes:
        data: The data folder, if not the user's own.
        keys: Files with public keys in PEM.
    """

    data: Path | None
    keys: Sequence[Path]

    def read(self, file: Path) -> QuantumCapsule:
        """Open a capsule that one of the keys vouches for.

        Raises:
            UsageError: There is no such file.
            CapsuleError: It is not to be trusted.
        """
        if not file.exists():
            raise UsageError(f"There is no capsule {str(file)!r}.")
        own = SigningKey.load_or_create(DataFolder.of(self.data).keys).public
        return capsules.read(file, Trust((own, *map(_public_key, self.keys))))


def _public_key(file: Path) -> PublicKey:
    try:
        return PublicKey.from_pem(file.read_bytes())
    except OSError as error:
        raise UsageError(f"The key {str(file)!r} cannot be read: {error.strerror}.") from error


async def _open(file: Path, trusted: Trusted) -> QuantumCapsule:
    return await anyio.to_thread.run_sync(trusted.read, file)


async def inspect(file: Path, trusted: Trusted, *, json: bool) -> int:
    """Describe a verified capsule."""
    capsule = await _open(file, trusted)
    view = capsules.inspect(capsule)
    if json:
        print_json(view)
        return DONE
    say = partial(print, file=sys.stdout)
    say(f"{capsule.name} {capsule.version}  {capsule.title}")
    say(f"digest   {capsule.digest}")
    say(f"signer   {capsule.signer.id}")
    say(f"models   {', '.join(view['transcript']['models']) or 'none'}")
    say(f"isolation {capsule.validation.level}")
    for verdict in capsule.validation.verdicts:
        say(f"  {verdict.outcome:<8} {verdict.check:<9} {verdict.summary}")
    say("requirements")
    for one in capsule.requirements:
        say(f"  {one.id:<4} {one.status:<16} {one.text}")
        if one.note:
            say(f"       {one.note}")
    say("files")
    for each in capsule.files:
        say(f"  {len(each.content):>8}  {each.path}")
    return DONE


async def verify(file: Path, trusted: Trusted, *, json: bool) -> int:
    """Check signature, digests and verdicts."""
    capsule = await _open(file, trusted)
    ok = capsule.validation.ok
    if json:
        print_json({"verified": True, "checks_passed": ok, "digest": capsule.digest})
    else:
        checks = "all checks passed" if ok else "some checks had not passed"
        print(f"{file}: verified, {checks} when it was made")  # noqa: T201 -- the answer
        print(f"  {capsule.digest}")  # noqa: T201 -- the answer
    return DONE if ok else CHECK_FAILED


async def unpack(file: Path, folder: Path, trusted: Trusted) -> int:
    """Write a verified capsule's files."""
    capsule = await _open(file, trusted)
    await anyio.to_thread.run_sync(capsules.unpack, capsule, folder)
    print(f"{len(capsule.files)} files in {folder}")  # noqa: T201 -- the answer
    return DONE


async def serve(file: Path, address: tuple[str, int], level: str, trusted: Trusted) -> int:
    """Run a verified capsule's service until it is cancelled or ends."""
    minimum = isolation(level)
    capsule = await _open(file, trusted)
    entry_point = capsule.entry_points.get("asgi")
    if entry_point is None:
        raise UsageError(f"{str(file)!r} has no ASGI application to run.")
    files = {each.path: each.content for each in capsule.files}
    host, port = address
    async with (
        open_sandbox(minimum=minimum) as sandbox,
        sandbox.serve(entry_point, files=files, host=host, port=port) as service,
    ):
        print(f"{capsule.title}: {service.url}/docs  (Ctrl-C ends it)", flush=True)  # noqa: T201
        await service.wait()
    sys.stderr.write(service.log.decode("utf-8", "replace"))
    return CHECK_FAILED


async def replay(file: Path, output: Path | None, trusted: Trusted, *, json: bool) -> int:
    """Make a capsule again from its transcript."""
    capsule = await _open(file, trusted)
    content = await replay_capsule(capsule)
    if output is not None:
        key = SigningKey.load_or_create(DataFolder.of(trusted.data).keys)
        made = await anyio.to_thread.run_sync(capsules.pack, content, key)
        await anyio.to_thread.run_sync(made.write, output)
    if json:
        print_json({"same": True, "digest": capsule.digest})
    else:
        print(f"{file}: the replay gave the same content")  # noqa: T201 -- the answer
        print(f"  {capsule.digest}")  # noqa: T201 -- the answer
    return DONE
