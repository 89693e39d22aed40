"""The one error raised for input that only its author can mend."""


class InputError(ValueError):
    """Unusable input from the user: one clear line saying what, where and what would be right.

    The command line prints the line and exits with code 2; a traceback is never shown for it.
    """
