"""One protocol a file: ``run(data, seed, quick) -> rows of (what, figure, note)``."""
