"""What handwriting has and print has not: so far, words that somebody struck out."""
