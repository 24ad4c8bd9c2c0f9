"""Start the page: python app.py

PORT or GRADIO_SERVER_PORT name the port (7860), GRADIO_SERVER_NAME the address to listen on (127.0.0.1; 0.0.0.0 lets
others in the network in). GRADIO_MCP_SERVER=true makes the API's functions tools for MCP clients as well.
"""

import sys

from dae.server import launch
from dae.server.launch import PORT, TOOLS_COMMAND, can_listen, check_folders, choose_port, prepare, wants_tools

__all__ = ["PORT", "can_listen", "check_folders", "choose_port", "wants_tools"]


def serve(host: str, port: int, tools: bool) -> int:
    """Serve the page until it is stopped: the exit code."""
    prepare(host)

    from dae.server import connections
    from dae.ui.build import build, launch_options, warm_up

    demo = build()
    try:
        _, url, _ = demo.launch(
            server_name=host,
            server_port=port,
            prevent_thread_lock=True,
            quiet=True,
            _frontend=False,  # no second look at its own page, which a busy machine fails after three seconds
            **launch_options(tools=tools),
        )
    except OSError:  # free some seconds ago
        print(f"Port {port} was taken by another program in the meantime: start again.", file=sys.stderr)
        return 1
    if demo.mcp_error:  # Gradio would do without
        print(f"The tools for MCP clients do not start: {demo.mcp_error}. Try `{TOOLS_COMMAND}`.", file=sys.stderr)
        return 1
    connections.bound(demo.server)
    warm_up()
    print(f"Open {url} in your browser. Ctrl+C stops the playground.", flush=True)
    try:
        demo.server.thread.join()
    except KeyboardInterrupt:
        print("The playground ends.", flush=True)
    connections.end(demo.server)
    demo.close(verbose=False)
    return 0


def main() -> int:
    return launch.main(serve)


if __name__ == "__main__":
    raise SystemExit(main())
