"""`python -m publisher.cli`, for where the console script is not on the path."""

from publisher.cli import main

main()
