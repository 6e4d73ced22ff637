// Koa with @koa/cors. Prints its port. Arguments: the middleware's options, as JSON.
const Koa = require("koa");
const cors = require("@koa/cors");

const app = new Koa();
app.use(cors(JSON.parse(process.argv[2])));
app.use((context) => {
	if (context.path === "/me") context.body = { user: "ada" };
});
const server = app.listen(0, "127.0.0.1", () => console.log(server.address().port));
