"""`python -m sync` is `nexsis-sync`."""

from sync.cli import main

if __name__ == "__main__":
    main()
