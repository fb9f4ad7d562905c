"""The network beside the disks: when it is looked at, and when what it has may be started."""

from __future__ import annotations

import os

from uroot_py.base.errors import RefusedError
from uroot_py.boot.preference import FILE, from_network, places, said
from uroot_py.machine.sysroot import HERE

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from uroot_py.boot.network import Network
    from uroot_py.boot.survey import Survey


def network_of(survey: Survey, urls: Sequence[str], *, asked: bool) -> Network | None:
    """Begin to look at the network for SURVEY, where it is ASKED for or needed; None: it is not.

    In the image, where no disk has a default, it is looked at by itself: if there is a card and
    nobody has said no. With URLS those are looked at. RefusedError for an image that has nothing
    for it.
    """
    alone = bool(os.environ.get("UROOT_IMAGE")) and not survey.defaults()
    if not (asked or alone):
        return None
    try:
        from uroot_py.boot.network import Network
    except ImportError:
        if not asked:
            return None
        hint = "the profile core has it"
        raise RefusedError("this image has nothing for the network", hint=hint) from None
    from uroot_py.boot.session import note

    network = Network(
        f"{HERE.text(FILE)} {HERE.text('/proc/cmdline')}",
        urls=urls or list(filter(None, [said(HERE, "uroot.url")])),
        initrds=(said(HERE, "uroot.initrd") or "").replace(",", " ").split(),
        cmdline=said(HERE, "uroot.append") or "",
        note=note,
    )
    if not (asked or network.wanted()):
        return None
    note("looking at the network")
    survey.sources.append(network)
    network.look(survey)
    return network


def enough(survey: Survey) -> bool:
    """Whether there is what may be started: of the kind of place that is first; else of the other.

    The other's turn comes when the first awaits nothing more.
    """
    first = places(HERE)[0] == "net"
    able = [from_network(entry) for entry in survey.defaults()]
    if first in able:
        return True
    awaited = [s for s in survey.sources if s.own_limits == first and s.waiting()]
    return bool(able) and not awaited
