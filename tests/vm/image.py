"""A broken image is reported as what it is, not as a kernel without a root file system."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scripts.support import image
from scripts.support.case import PROMPT, Case
from scripts.support.console import StepFailedError

if TYPE_CHECKING:
    from scripts.support.case import Session


def broken_image_is_named(session: Session) -> None:
    """What any case says when it is given an image that the kernel cannot unpack."""
    try:
        session.console.expect(PROMPT, 90)
    except StepFailedError as error:
        if str(error).startswith("the kernel cannot unpack the image: "):
            return
        raise
    session.fail("a truncated image boots")


CASES = [
    Case("image.truncated", image=image.truncated, steps=[broken_image_is_named]),
]
