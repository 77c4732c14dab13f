"""Fuzz the package: `python -m fuzz [--seconds N] [TARGET...]`.

Each target runs in a program of its own. A failure stops it, shows the input, and leaves it in
fuzz/crashes, from where `python -m fuzz TARGET --crash FILE` tries it again.
"""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
from contextlib import nullcontext
from pathlib import Path

ROOT = Path(__file__).parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

from fuzz import engines  # noqa: E402

# Only where a target runs: atheris names each module that it instruments.
with engines.instrumented() if "--alone" in sys.argv else nullcontext():
    from fuzz.targets import TARGETS, Target


def main() -> int:
    options = arguments()
    if options.alone:
        run(TARGETS[options.targets[0]], options)
        return 0
    failed = [name for name in options.targets or TARGETS if not run_apart(name, options)]
    print(f"Failed: {', '.join(failed)}" if failed else "No target failed.")
    return 1 if failed else 0


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m fuzz", description="Fuzz the package.")
    parser.add_argument("targets", nargs="*", choices=[[], *TARGETS], metavar="TARGET")
    parser.add_argument("--seconds", type=int, default=60, help="for each target; 60 by default")
    parser.add_argument("--seed", type=int, default=0, help="of atheris; 0 is another each time")
    parser.add_argument("--crash", metavar="FILE", help="try one input of atheris again")
    parser.add_argument("--alone", action="store_true", help=argparse.SUPPRESS)
    return parser.parse_args()


def run(target: Target, options: argparse.Namespace) -> None:
    if engines.HAS_ATHERIS or options.crash:
        engines.fuzz_by_atheris(target, options.seconds, options.seed, options.crash)
    else:
        engines.fuzz_by_hypothesis(target, options.seconds)


def run_apart(name: str, options: argparse.Namespace) -> bool:
    """Run a target in a program of its own, and return whether it stood."""
    print(f"{name}: {TARGETS[name].checks}", flush=True)
    command = [sys.executable, "-m", "fuzz", "--alone", name]
    command += [f"--seconds={options.seconds}", f"--seed={options.seed}"]
    command += [f"--crash={options.crash}"] * bool(options.crash)
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    inputs = re.search(r"stat::number_of_executed_units: +(\d+)", done.stdout + done.stderr)
    if done.returncode or not (inputs or options.crash):
        print(done.stdout, done.stderr)
        return False
    print(f"  {inputs[1] if inputs else 1} inputs, by {engines.NAME}")
    return True


if __name__ == "__main__":
    sys.exit(main())
