"""The checks of ``wayfare doctor``. Each module looks at one thing and gives a list of Finding."""
