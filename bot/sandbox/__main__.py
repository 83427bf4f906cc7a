"""`python -m bot.sandbox`: a stand-in workspace on its own."""

import argparse
import sys
from pathlib import Path

from bot.sandbox.server import serve


def main() -> int:
    """Run until Ctrl-C."""
    parser = argparse.ArgumentParser(prog="python -m bot.sandbox", description=__doc__)
    parser.add_argument("--port", type=int, default=8765, help="the next free one where it is taken; 0 is any")
    parser.add_argument("--workspace", type=Path, help="people, channels and apps (TOML)")
    parser.add_argument("--journal", type=Path, help="keep everything in this file, and begin with what it holds")
    parser.add_argument("--speed", type=float, default=1.0, help="multiplies every rate limit; 0 lifts them")
    chosen = parser.parse_args()
    try:
        serve(
            chosen.port,
            workspace=chosen.workspace,
            journal=chosen.journal,
            speed=chosen.speed,
            on_ready=lambda url: print(f"sandbox {url}", flush=True),
        )
    except (OSError, ValueError) as exc:
        print(f"sandbox: {exc}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
