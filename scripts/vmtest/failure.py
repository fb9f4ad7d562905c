"""How a step of a case fails."""


class StepFailedError(Exception):
    """A step did not see what it waits for; the text says what happened instead."""


class StarvedError(StepFailedError):
    """The emulated machine failed before anything of ours ran, for want of processor time."""
