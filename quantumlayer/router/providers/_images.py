"""Pictures on the wire."""

from __future__ import annotations

from quantumlayer.messages import Image

__all__ = ["image_url", "inline"]

_BASE64 = ";base64"


def image_url(image: Image) -> str:
    """Where a picture is: its own URL, or a `data:` URL with its bytes."""
    return image.url or f"data:{image.media_type};base64,{image.base64}"


def inline(image: Image) -> Image:
    """The picture by its bytes where its URL has them in it (`data:`), else as it is."""
    head, comma, data = image.url.partition(",")
    if not (comma and head.startswith("data:") and head.endswith(_BASE64)):
        return image
    media_type = head.removeprefix("data:").removesuffix(_BASE64).partition(";")[0]
    return Image(media_type or image.media_type, base64=data)
