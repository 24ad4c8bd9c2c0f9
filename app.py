"""Start the page: python app.py

PORT or GRADIO_SERVER_PORT name the port (7860), GRADIO_SERVER_NAME the address to listen on (127.0.0.1; 0.0.0.0 lets
others in the network in). GRADIO_MCP_SERVER=true makes the API's functions tools for MCP clients as well.
"""

from dae.server.launch import run

if __name__ == "__main__":
    run()
