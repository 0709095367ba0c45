"""Where documents come from: files, folders, globs, URLs and standard input."""
