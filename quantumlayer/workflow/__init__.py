"""In what order: sequence, parallel, branch, loop and saga, and the engine that runs them."""
