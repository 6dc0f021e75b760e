"""What comes out: the signed, content-addressed package, and the strict reader for it.

key = SigningKey.load_or_create(DataFolder.of().keys)
pack(draft, key).write(Path("blog.qcap"))

capsule = read(Path("blog.qcap"), Trust((key.public,)))
unpack(capsule, Path("blog"))
"""

from quantumlayer.capsule._capsule import QuantumCapsule, content_digest, pack, read
from quantumlayer.capsule._draft import (
    Author,
    CapsuleFile,
    Draft,
    Requirement,
    RequirementStatus,
)
from quantumlayer.capsule._inspect import inspect
from quantumlayer.capsule._keys import PublicKey, SigningKey, Trust
from quantumlayer.capsule._limits import Limits
from quantumlayer.capsule._transcript import Document, Entry, Transcript
from quantumlayer.capsule._unpack import unpack
from quantumlayer.capsule._validation import Validation

__all__ = [
    "Author",
    "CapsuleFile",
    "Document",
    "Draft",
    "Entry",
    "Limits",
    "PublicKey",
    "QuantumCapsule",
    "Requirement",
    "RequirementStatus",
    "SigningKey",
    "Transcript",
    "Trust",
    "Validation",
    "content_digest",
    "inspect",
    "pack",
    "read",
    "unpack",
]
