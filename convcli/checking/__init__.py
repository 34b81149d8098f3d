"""`convcli check`: which files, by which configuration, and what comes of each."""
