"""A bench run as a web page: scores on top, below them every file, the worst first."""
