"""Start the page: where it listens, what must be there for it, and a sentence for whatever is not.

PORT or GRADIO_SERVER_PORT name the port (7860), GRADIO_SERVER_NAME the address to listen on (127.0.0.1; 0.0.0.0 lets
others in the network in). GRADIO_MCP_SERVER=true makes the API's functions tools for MCP clients as well.
"""

from __future__ import annotations

import errno
import importlib.util
import os
import signal
import socket
import sys
import tempfile
import threading
from collections.abc import Callable
from typing import Any, NoReturn

PORT = 7860
CLOSING_SECONDS = 1.0  # that a server may take to end after the last answers
TOOLS_COMMAND = 'python -m pip install "gradio[mcp]" -r requirements.txt'


def can_listen(host: str, port: int) -> bool:
    """Whether the port is free. Raises OSError if this machine cannot listen there for another reason."""
    family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    with socket.socket(family, kind, protocol) as candidate:
        if os.name == "posix":  # elsewhere the option lets two programs share the port
            candidate.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            candidate.bind(address)
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                return False
            raise
    return True


def choose_port(host: str) -> int:
    """The port that was asked for, or the first free one from 7860 on.

    Raises ValueError, with a sentence for the user, if what was asked for cannot be had.
    """
    asked = os.environ.get("PORT") or os.environ.get("GRADIO_SERVER_PORT")
    try:
        first = int(asked or PORT)
    except ValueError:
        first = 0
    if not 0 < first < 65536:
        raise ValueError(f"The port is a number from 1 to 65535, not {asked!r}.")
    try:
        free = next((port for port in range(first, min(first + 100, 65536)) if can_listen(host, port)), None)
    except OSError as error:
        raise ValueError(f"This machine cannot listen on {host}, port {first}: {error.strerror}.") from error
    if free != first and (asked or free is None):
        another = f", for example with PORT={free}" if free else ""
        raise ValueError(f"Port {first} is in use: stop the program that uses it or choose another port{another}.")
    if free != first:
        print(f"Port {first} is in use, so this takes {free}.")
    return free


def check_folders() -> None:
    """Raises ValueError, with a sentence for the user, if there is no folder for what visitors upload."""
    try:
        folder = os.environ.get("GRADIO_TEMP_DIR") or os.path.join(tempfile.gettempdir(), "gradio")
    except OSError as error:
        raise ValueError(
            f"No folder for temporary files can be written ({error.strerror or error}): "
            "make room on the disk, or name a folder with TMPDIR."
        ) from error
    try:
        os.makedirs(folder, exist_ok=True)
        tempfile.TemporaryFile(dir=folder).close()
    except OSError as error:
        raise ValueError(
            f"The temporary folder, {folder}, cannot be written ({error.strerror or error}): "
            "make room on the disk, or name another one with GRADIO_TEMP_DIR."
        ) from error


def wants_tools() -> bool:
    """Whether the API's functions shall be tools for MCP clients.

    Raises ValueError, with a sentence for the user, if they shall and the packages are missing.
    """
    wanted = os.environ.get("GRADIO_MCP_SERVER", "").strip().lower() in ("true", "1", "yes", "on")
    if wanted and importlib.util.find_spec("mcp") is None:
        raise ValueError(
            "GRADIO_MCP_SERVER asks for tools for MCP clients, and the packages for them are not installed: "
            f"run `{TOOLS_COMMAND}` or unset GRADIO_MCP_SERVER."
        )
    return wanted


def prepare(host: str) -> None:
    """What must be so before Gradio and torch are imported."""
    os.environ.setdefault("GRADIO_ANALYTICS_ENABLED", "False")  # read at import
    # Gradio counts its events in tables of pandas, after each of them: nobody looks at those here.
    os.environ["GRADIO_ANALYTICS_CACHE_FREQUENCY"] = str(10**9)
    os.environ["GRADIO_ANALYTICS_MAX_EVENTS"] = "1"
    if os.environ.get("SPACE_ID"):  # visitors come by the Space's own proxies, whose addresses are private
        os.environ.setdefault("FORWARDED_ALLOW_IPS", "127.0.0.0/8,10.0.0.0/8,172.16.0.0/12,192.168.0.0/16")
    if os.environ.get("SPACES_ZERO_GPU"):
        import spaces  # noqa: F401  # on ZeroGPU it has to come before torch and gradio

    # Gradio asks its own server whether it is ready: never by way of a proxy.
    for name in ("no_proxy", "NO_PROXY"):
        os.environ[name] = ",".join(filter(None, (os.environ.get(name), "127.0.0.1", "localhost", host)))


def serve(host: str, port: int, tools: bool) -> int:
    """Serve the page until it is stopped: the exit code."""
    prepare(host)

    from dae.server import memory
    from dae.server.app import build, launch, warm_up

    memory.bound()

    server = build(tools=tools)
    try:
        url = launch(server, server_name=host, server_port=port, mcp_server=tools)
    except OSError:  # free some seconds ago
        print(f"Port {port} was taken by another program in the meantime: start again.", file=sys.stderr)
        return 1
    blocks = server.get_blocks()
    if blocks.mcp_error:  # Gradio would do without
        print(f"The tools for MCP clients do not start: {blocks.mcp_error}. Try `{TOOLS_COMMAND}`.", file=sys.stderr)
        return 1
    warm_up()
    print(f"Open {url} in your browser. Ctrl+C stops the playground.", flush=True)
    until_stopped(blocks.server)
    # Gradio waits for five seconds where a thread still works for somebody.
    closing = threading.Thread(target=blocks.close, args=(False,), daemon=True, name="closing")
    closing.start()
    closing.join(CLOSING_SECONDS)
    return 0


def until_stopped(server: Any) -> None:
    """Wait until somebody stops the server that Gradio has launched, and end it in time.

    Args:
        server: `Blocks.server`, uvicorn in a thread.
    """
    from dae.server import connections

    connections.bound(server)
    try:
        server.thread.join()
    except KeyboardInterrupt:
        print("The playground ends.", flush=True)
    connections.end(server)


def main(serve: Callable[[str, int, bool], int] = serve) -> int:
    """Start what serves: the exit code."""
    host = os.environ.get("GRADIO_SERVER_NAME") or "127.0.0.1"
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # who hosts the page ends it as Ctrl+C does
    try:
        from dae.server import connections, headers, temporary

        check_folders()
        headers.frame_ancestors()
        tools = wants_tools()
        port = choose_port(host)
        connections.bound_log()
        temporary.begin()
    except ValueError as error:
        print(error, file=sys.stderr)
        return 1
    except ModuleNotFoundError as error:
        return missing(error)
    print("Starting the playground, which takes some seconds ...", flush=True)
    try:
        return serve(host, port, tools)
    except ModuleNotFoundError as error:
        return missing(error)
    except KeyboardInterrupt:
        return 130
    finally:
        temporary.end()


def run() -> NoReturn:
    """Start, serve and end, as a program of its own.

    When it ends, threads may still load or compute something within torch, for seconds. Python would wait for them, or
    abort where it cut them off; nothing that they do is of use to anybody any more.
    """
    code = main()
    for stream in (sys.stdout, sys.stderr):
        stream.flush()
    os._exit(code)


def missing(error: ModuleNotFoundError) -> int:
    """Say which package is not installed: the exit code."""
    if str(error.name).startswith("dae"):
        raise error
    print(f"{error.name} is not installed: run `python -m pip install -r requirements.txt`.", file=sys.stderr)
    return 1
