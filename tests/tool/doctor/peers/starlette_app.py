"""Starlette with its CORSMiddleware. Prints its port. Arguments: what the middleware is given, as JSON."""

import json
import socket
import sys

import uvicorn
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.responses import JSONResponse
from starlette.routing import Route


async def me(_):
    return JSONResponse({"user": "ada"})


app = Starlette(
    routes=[Route("/me", me, methods=["GET", "PUT"])],
    middleware=[Middleware(CORSMiddleware, **json.loads(sys.argv[1]))],
)
listener = socket.socket()
listener.bind(("127.0.0.1", 0))
# A connection that comes before uvicorn is ready waits.
listener.listen()
print(listener.getsockname()[1], flush=True)
uvicorn.Server(uvicorn.Config(app, log_level="error")).run(sockets=[listener])
