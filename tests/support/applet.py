"""Run an applet through the front door, with streams of its own."""

import io

from cmds.dispatch import call


class Done:
    """Status and outputs of a run."""

    def __init__(self, status: int, out: bytes, err: str) -> None:
        self.status = status
        self.raw = out
        self.err = err

    @property
    def out(self) -> str:
        return self.raw.decode("utf-8", "surrogateescape")

    def __repr__(self) -> str:
        return f"Done({self.status}, {self.out!r}, {self.err!r})"


def stream(data: bytes = b"") -> io.TextIOWrapper:
    return io.TextIOWrapper(io.BytesIO(data), encoding="utf-8", errors="surrogateescape")


def run_applet(name: str, *args: str, stdin: bytes = b"") -> Done:
    """What the applet NAME prints and returns for ARGS."""
    out, err = stream(), stream()
    status = call(name, list(args), stream(stdin), out, err)
    out.flush()
    err.flush()
    raw_out, raw_err = out.buffer.getvalue(), err.buffer.getvalue()  # type: ignore[attr-defined]
    return Done(status, raw_out, raw_err.decode("utf-8", "surrogateescape"))


def complains(line: str, status: int, text: str) -> None:
    """The command LINE ends with STATUS and says TEXT, and nothing else."""
    name, *args = line.split()
    done = run_applet(name, *args)
    assert (done.status, done.out, done.err) == (status, "", text)
