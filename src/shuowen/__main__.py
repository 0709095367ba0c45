"""`python -m shuowen` does what `shuowen` does."""

from shuowen.cli.app import main

if __name__ == "__main__":
    main()
