"""Questions that interrupt: each opens, and its answer is awaited."""
