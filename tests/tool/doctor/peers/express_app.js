// Express with the middleware `cors`. Prints its port. Arguments: the middleware's options, as JSON.
const express = require("express");
const cors = require("cors");

const app = express();
app.use(cors(JSON.parse(process.argv[2])));
app.all("/me", (_, response) => response.json({ user: "ada" }));
const server = app.listen(0, "127.0.0.1", () => console.log(server.address().port));
