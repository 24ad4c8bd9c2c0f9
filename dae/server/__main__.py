"""Start the page: python -m dae.server"""

from dae.server.launch import main

if __name__ == "__main__":
    raise SystemExit(main())
