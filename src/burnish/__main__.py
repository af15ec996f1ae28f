"""`python -m burnish` is the command line."""

from burnish.faces.cli import main

main()
