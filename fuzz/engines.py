"""Two ways to find input: atheris, which follows the coverage, and hypothesis alone.

Both print at the end how many inputs there were.
"""

from __future__ import annotations

import importlib.util
import random
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hypothesis import HealthCheck, Phase, Verbosity, settings

if TYPE_CHECKING:  # imported later, while the package is instrumented
    from fuzz.targets import Target

__all__ = ["HAS_ATHERIS", "NAME", "fuzz_by_atheris", "fuzz_by_hypothesis", "instrumented"]

_CRASHES = Path(__file__).parent / "crashes"
HAS_ATHERIS = importlib.util.find_spec("atheris") is not None
NAME = "atheris" if HAS_ATHERIS else "hypothesis"

_INPUT_SIZE = 4096  # bytes
_BATCH = 200  # inputs between two looks at the clock
_options: dict[str, Any] = {
    "database": None,
    "deadline": None,
    "suppress_health_check": list(HealthCheck),
    "stateful_step_count": 50,
}


def instrumented() -> AbstractContextManager[object]:
    """While it is open, what is imported of the package tells atheris where it goes."""
    if not HAS_ATHERIS:
        return nullcontext()
    import atheris

    return atheris.instrument_imports(include=["sseclient_ng"])


def fuzz_by_atheris(target: Target, seconds: int, seed: int, crash: str | None) -> None:
    """Run a target until its time is over or it fails; it ends the program.

    Args:
        target: what is fuzzed.
        seconds: how long.
        seed: of the order of inputs; 0 is another each time.
        crash: a file with the input of an earlier failure, to try nothing else; None for new input.
    """
    import atheris

    _CRASHES.mkdir(exist_ok=True)
    if crash:  # show what was drawn
        settings.register_profile("crash", verbosity=Verbosity.verbose)
        settings.load_profile("crash")
    test: Any = target.test(settings(**_options))
    with tempfile.TemporaryDirectory() as corpus:
        _plant(Path(corpus))
        arguments = [
            f"-max_total_time={seconds}",
            f"-seed={seed}",
            f"-artifact_prefix={_CRASHES}/",
            f"-max_len={_INPUT_SIZE}",
            "-len_control=0",
            "-verbosity=0",
            "-print_final_stats=1",
            corpus,
        ]
        arguments = [crash] if crash else arguments
        atheris.Setup([sys.argv[0], *arguments], test.hypothesis.fuzz_one_input)
        atheris.Fuzz()


def _plant(corpus: Path) -> None:
    """Begin with inputs that are long enough for hypothesis to draw everything from."""
    draw = random.Random(1)
    for number in range(100):
        (corpus / str(number)).write_bytes(draw.randbytes(_INPUT_SIZE))


def fuzz_by_hypothesis(target: Target, seconds: int) -> None:
    """Run a target until its time is over.

    Args:
        target: what is fuzzed.
        seconds: how long.

    Raises:
        Exception: the target failed; the error's notes show the input.
    """
    phases = [Phase.generate, Phase.shrink]
    test = target.test(settings(**_options, max_examples=_BATCH, phases=phases))
    batches = sum(1 for _ in _until(time.monotonic() + seconds) if test() is None)
    print(f"stat::number_of_executed_units: {batches * _BATCH}")


def _until(end: float) -> Iterator[None]:
    while time.monotonic() < end:
        yield
