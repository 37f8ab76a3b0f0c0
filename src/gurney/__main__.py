"""`python -m gurney` is the command `gurney`."""

from gurney.cli.app import main

main()
