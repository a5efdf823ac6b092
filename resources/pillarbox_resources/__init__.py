"""Icons, fonts and other data of the window, read through importlib.resources."""
