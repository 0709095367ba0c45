"""A character n-gram language model of Chinese, and the reading of a CTC matrix with its help."""
