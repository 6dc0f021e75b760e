"""Tools that are not ours take a capsule as it is: skopeo, umoci, docker-registry, GNU tar."""

from __future__ import annotations

import base64
import hashlib
import json
import re
import shutil
import subprocess
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT4

from quantumlayer.capsule import (
    Author,
    CapsuleFile,
    Document,
    Draft,
    QuantumCapsule,
    Requirement,
    SigningKey,
    Transcript,
    Validation,
    pack,
    unpack,
)
from quantumlayer.messages import Exchange, ModelReply, ModelRequest, Outcome, Verdict

BLOBS = "blobs/sha256/"


@pytest.fixture(scope="module")
def capsule() -> QuantumCapsule:
    call = Exchange(ModelRequest.of("Write it."), ModelReply("done", "offline", "rules"))
    author = Author("Developer", "offline", "rules", call.request.digest)
    return pack(
        Draft(
            name="blog",
            version="0.1.0",
            title="Blog",
            entry_points={"asgi": "app.main:app"},
            files=(
                CapsuleFile("app/main.py", b"app = None\n" * 9_000, author, ("R1",)),
                CapsuleFile("app/" + "deep/" * 18 + "x.py", b"", author),
                CapsuleFile("app/" + "long-name/" * 10 + "x.py", b"#", author),
                CapsuleFile("start", b"#!/bin/sh\n", Author("DevOpsEngineer"), executable=True),
            ),
            requirements=(Requirement("R1", "It works.", "assumed", files=("app/main.py",)),),
            validation=Validation("L2", (Verdict("ruff", Outcome.PASS, "ruff", "0.12", ()),)),
            transcript=Transcript((Document("# Blog"), call)),
        ),
        SigningKey.generate(),
    )


@pytest.fixture
def archive(capsule: QuantumCapsule, tmp_path: Path) -> Path:
    capsule.write(tmp_path / "blog.qcap")
    return tmp_path / "blog.qcap"


@pytest.fixture
def layout(archive: Path, tmp_path: Path) -> Path:
    """The image layout, unpacked by the standard library."""
    with tarfile.open(archive) as opened:
        opened.extractall(tmp_path / "layout", filter="data")
    return tmp_path / "layout"


def tool(name: str) -> str:
    found = shutil.which(name)
    if found is None:
        pytest.skip(f"{name} is not installed (Debian: apt-get install {name})")
    return found


def run(*command: str | Path) -> str:
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stderr
    return ended.stdout


def manifest_digest(layout: Path) -> str:
    (manifest,) = json.loads((layout / "index.json").read_text())["manifests"]
    return str(manifest["digest"])


def test_skopeo_reads_it_and_sees_the_content_digest(
    archive: Path, layout: Path, capsule: QuantumCapsule
) -> None:
    skopeo = tool("skopeo")

    seen = json.loads(run(skopeo, "inspect", f"oci-archive:{archive}"))
    config = json.loads(run(skopeo, "inspect", "--config", f"oci-archive:{archive}"))

    assert seen["Digest"] == manifest_digest(layout)
    assert config["rootfs"]["diff_ids"][0] == capsule.digest


@contextmanager
def registry(tmp_path: Path) -> Iterator[str]:
    """Run a real registry on a free loopback port; gives its host and port."""
    settings = tmp_path / "registry.json"
    settings.write_text(
        json.dumps(
            {
                "version": "0.1",
                "log": {"level": "info"},
                "storage": {"filesystem": {"rootdirectory": str(tmp_path / "registry")}},
                "http": {"addr": "127.0.0.1:0"},
            }
        )
    )
    command = [tool("docker-registry"), "serve", str(settings)]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        try:
            assert process.stderr is not None
            lines = (re.search(r"listening on (127\.0\.0\.1:\d+)", line) for line in process.stderr)
            yield next(found[1] for found in lines if found)
        finally:
            process.kill()


def test_a_registry_keeps_its_digest_there_and_back(
    archive: Path, layout: Path, tmp_path: Path
) -> None:
    skopeo = tool("skopeo")
    with registry(tmp_path) as host:
        there = f"docker://{host}/team/blog:0.1.0"
        run(skopeo, "copy", "--dest-tls-verify=false", f"oci-archive:{archive}", there)
        digest = run(skopeo, "inspect", "--tls-verify=false", "--format={{.Digest}}", there)
        back = tmp_path / "back"
        run(skopeo, "copy", "--src-tls-verify=false", there, f"oci:{back}:0.1.0")

    assert digest.strip() == manifest_digest(layout) == manifest_digest(back)
    for blob in (layout / BLOBS).iterdir():
        assert (back / BLOBS / blob.name).read_bytes() == blob.read_bytes()


def test_umoci_unpacks_the_same_files(
    layout: Path, capsule: QuantumCapsule, tmp_path: Path
) -> None:
    umoci = tool("umoci")

    run(umoci, "unpack", "--rootless", "--image", f"{layout}:0.1.0", tmp_path / "bundle")
    unpack(capsule, tmp_path / "ours")

    assert tree(tmp_path / "bundle" / "rootfs") == tree(tmp_path / "ours")


def tree(folder: Path) -> dict[str, tuple[bytes, bool]]:
    return {
        path.relative_to(folder).as_posix(): (path.read_bytes(), bool(path.stat().st_mode & 0o100))
        for path in folder.rglob("*")
        if path.is_file()
    }


def test_gnu_tar_makes_the_same_content_layer(capsule: QuantumCapsule, tmp_path: Path) -> None:
    """The content digest can be worked out without any of our code."""
    tar = tool("tar")
    if "GNU tar" not in run(tar, "--version"):
        pytest.skip("tar is not GNU tar")
    unpack(capsule, tmp_path / "ours")
    (tmp_path / "ours/.capsule/bundle.sigstore.json").unlink()
    names = sorted(tree(tmp_path / "ours"))
    (tmp_path / "names").write_text("\n".join(names))

    plain = ("--format=ustar", "--mtime=@0", "--owner=0", "--group=0", "--numeric-owner")
    run(
        tar,
        *plain,
        "-b1",
        "-cf",
        tmp_path / "made.tar",
        "-C",
        tmp_path / "ours",
        "-T",
        tmp_path / "names",
    )

    made = hashlib.sha256((tmp_path / "made.tar").read_bytes()).hexdigest()
    assert f"sha256:{made}" == capsule.digest


def test_openssl_verifies_the_signature(capsule: QuantumCapsule, tmp_path: Path) -> None:
    openssl = tool("openssl")
    envelope = json.loads(capsule.documents[".capsule/bundle.sigstore.json"])["dsseEnvelope"]
    payload = base64.b64decode(envelope["payload"])
    kind = envelope["payloadType"].encode()
    (tmp_path / "key.pem").write_bytes(capsule.signer.pem)
    (tmp_path / "sig").write_bytes(base64.b64decode(envelope["signatures"][0]["sig"]))
    (tmp_path / "message").write_bytes(
        b"DSSEv1 %d %b %d %b" % (len(kind), kind, len(payload), payload)
    )

    said = run(
        *(openssl, "dgst", "-sha256", "-verify", tmp_path / "key.pem"),
        *("-signature", tmp_path / "sig", tmp_path / "message"),
    )

    assert said.strip() == "Verified OK"
    assert json.loads(payload)["subject"][0]["digest"]["sha256"] in capsule.digest


def test_its_documents_are_valid_by_the_schemas_of_the_oci(layout: Path, shared: Path) -> None:
    schemas = shared / "data/capsule/oci-schema"

    def retrieve(uri: str) -> Resource[Any]:
        name = uri.rpartition("/")[2]
        contents = json.loads((schemas / name).read_text())
        return Resource.from_contents(contents, default_specification=DRAFT4)

    def check(document: Any, schema: str) -> None:
        jsonschema.Draft4Validator(
            json.loads((schemas / schema).read_text()),
            registry=Registry(retrieve=retrieve),  # type: ignore[call-arg]
        ).validate(document)

    def blob(descriptor: dict[str, Any]) -> Any:
        return json.loads(
            (layout / BLOBS / descriptor["digest"].removeprefix("sha256:")).read_text()
        )

    index = json.loads((layout / "index.json").read_text())
    manifest = blob(index["manifests"][0])
    check(json.loads((layout / "oci-layout").read_text()), "image-layout-schema.json")
    check(index, "image-index-schema.json")
    check(manifest, "image-manifest-schema.json")
    check(blob(manifest["config"]), "config-schema.json")
    with pytest.raises(jsonschema.ValidationError):
        check(manifest | {"layers": [{"digest": "none"}]}, "image-manifest-schema.json")
