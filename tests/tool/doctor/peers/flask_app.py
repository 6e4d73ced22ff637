"""Flask with flask-cors, as its documentation shows it. Prints its port. Arguments: what CORS() is given, as JSON."""

import json
import sys

from flask import Flask, jsonify
from flask_cors import CORS
from werkzeug.serving import make_server

app = Flask(__name__)
CORS(app, **json.loads(sys.argv[1]))


@app.route("/me", methods=["GET", "PUT"])
def me():
    return jsonify(user="ada")


server = make_server("127.0.0.1", 0, app, threaded=True)
print(server.server_port, flush=True)
server.serve_forever()
