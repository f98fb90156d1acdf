"""The app's own server, as a process: `python -m arrears.web --port 8090`. `arrears serve` starts it."""

import argparse

import uvicorn


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m arrears.web", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8090)
    parser.add_argument("--workers", type=int, default=2)
    given = parser.parse_args()
    uvicorn.run(
        "arrears.web.app:from_settings",
        factory=True,
        host=given.host,
        port=given.port,
        workers=given.workers,
        access_log=False,  # paths name accounts
        log_level="warning",
        server_header=False,
    )


if __name__ == "__main__":
    main()
