"""Programs that run inside the sandbox, each by itself: nothing here imports quantumlayer."""
