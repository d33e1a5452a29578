"""Faults that a user can mend, each with the exit code the command line answers with.

Messages are French sentences saying what is wrong, where, and how to mend it; they never hold a value read from a
sender's file.
"""


class MentoratError(Exception):
    """A fault told to the user without a traceback."""

    exit_code = 1


class UsageError(MentoratError):
    """Wrong use or configuration: exit code 2."""

    exit_code = 2


class PublicationStopped(MentoratError):
    """A check stopped publication, or nothing was accepted: exit code 1."""

    exit_code = 1
