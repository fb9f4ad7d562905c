"""What long work tells whoever waits for it; only types, nothing is imported at run time."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    Watch = Callable[[int], None]
    """Told now and then how many bytes of the input are through."""
