"""The products: QLayer."""

from quantumlayer.services._intake import MAX_DOCUMENT_BYTES
from quantumlayer.services._progress import Listener as ProgressListener
from quantumlayer.services._progress import Progress
from quantumlayer.services._replay import replay
from quantumlayer.services.qlayer import QLayer

__all__ = ["MAX_DOCUMENT_BYTES", "Progress", "ProgressListener", "QLayer", "replay"]
