"""What a requirements document has to be before anybody works on it."""

from __future__ import annotations

from quantumlayer.agents import RequirementsDocument
from quantumlayer.errors import RequirementsError

__all__ = ["MAX_DOCUMENT_BYTES", "read_document"]

MAX_DOCUMENT_BYTES = 200_000
"""About 50,000 tokens: what fits into a large model's window beside the answer. A longer text is
rarely one service; splitting it is better than cutting it."""

_ALLOWED_CONTROLS = frozenset("\t\n\r\f")


def read_document(source: str | bytes) -> RequirementsDocument:
    """Take a document in, or say why it cannot be one.

    Args:
        source: The text, or its bytes in UTF-8, with or without a byte order mark.

    Raises:
        RequirementsError: It is empty, larger than `MAX_DOCUMENT_BYTES`, or no text.
    """
    raw = source.encode("utf-8", "surrogateescape") if isinstance(source, str) else source
    if len(raw) > MAX_DOCUMENT_BYTES:
        raise RequirementsError(
            f"The document has more than {MAX_DOCUMENT_BYTES:,} bytes, which is more than a team "
            "can keep in mind: give the part that describes one service."
        )
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise RequirementsError(
            f"The document is no UTF-8 text (byte {error.start} is {raw[error.start]:#04x}): "
            "save it as plain text or Markdown in UTF-8."
        ) from error
    for number, line in enumerate(text.splitlines(), 1):
        for character in line:
            if character < " " and character not in _ALLOWED_CONTROLS:
                raise RequirementsError(
                    f"Line {number} of the document has the control character {character!r}: "
                    "this looks like a binary file; save it as plain text or Markdown."
                )
    if not text.strip():
        raise RequirementsError(
            "The document is empty: write down what the service should keep and what people "
            "should be able to do with it."
        )
    return RequirementsDocument(text=text.replace("\r\n", "\n").replace("\r", "\n"))
