//! The servers of other people, each a process of its own on a port of its own, that ends with the test.

use std::io::{BufRead, BufReader, Read};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// A running server.
pub struct Server {
    process: Child,
    pub address: SocketAddr,
}

fn installed(path: &str) -> Option<PathBuf> {
    let path = kit::repository("target/peers").join(path);
    if !path.exists() {
        eprintln!("left out: {} is missing, tests/tool/doctor/install fetches it", path.display());
        return None;
    }
    Some(path)
}

fn app(name: &str) -> PathBuf {
    kit::repository("tests/tool/doctor/peers").join(name)
}

impl Server {
    pub fn flask(options: &str) -> Option<Self> {
        let mut command = Command::new(installed("venv/bin/python")?);
        command.arg(app("flask_app.py")).arg(options);
        Some(Self::that_prints_its_port(command))
    }

    pub fn old_flask(options: &str) -> Option<Self> {
        let mut command = Command::new(installed("venv/bin/python")?);
        command.arg(app("flask_app.py")).arg(options).env("PYTHONPATH", installed("flask-cors-old")?);
        Some(Self::that_prints_its_port(command))
    }

    pub fn starlette(options: &str) -> Option<Self> {
        let mut command = Command::new(installed("venv/bin/python")?);
        command.arg(app("starlette_app.py")).arg(options);
        Some(Self::that_prints_its_port(command))
    }

    pub fn express(options: &str) -> Option<Self> {
        Self::node("express_app.js", options)
    }

    pub fn koa(options: &str) -> Option<Self> {
        Self::node("koa_app.js", options)
    }

    fn node(name: &str, options: &str) -> Option<Self> {
        let mut command = Command::new("node");
        command.arg(app(name)).arg(options).env("NODE_PATH", installed("node_modules")?);
        Some(Self::that_prints_its_port(command))
    }

    fn that_prints_its_port(mut command: Command) -> Self {
        command.env("PYTHONDONTWRITEBYTECODE", "1");
        let mut process = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let mut port = String::new();
        BufReader::new(process.stdout.take().unwrap()).read_line(&mut port).unwrap();
        let Ok(port) = port.trim().parse::<u16>() else {
            let mut text = String::new();
            process.stderr.take().unwrap().read_to_string(&mut text).unwrap();
            panic!("the server did not start: {text}");
        };
        Server { process, address: SocketAddr::from(([127, 0, 0, 1], port)) }
    }

    /// nginx with a snippet in its location `/me`.
    pub fn nginx(snippet: &str) -> Option<Self> {
        let program = match installed("nginx/usr/sbin/nginx") {
            Some(unpacked) => unpacked,
            None => {
                let paths = std::env::var_os("PATH").unwrap_or_default();
                std::env::split_paths(&paths).map(|folder| folder.join("nginx")).find(|path| path.is_file())?
            }
        };
        // nginx cannot be asked for a port of its own choice: one that was free a moment ago may be taken.
        (0..5).find_map(|_| Self::nginx_once(&program, snippet)).or_else(|| panic!("nginx did not start"))
    }

    fn nginx_once(program: &PathBuf, snippet: &str) -> Option<Self> {
        let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let folder = kit::envoy::new_folder();
        let text = std::fs::read_to_string(app("nginx.conf")).unwrap();
        let text = text
            .replace("FOLDER", folder.to_str().unwrap())
            .replace("PORT", &address.port().to_string())
            .replace("SNIPPET", snippet);
        let config = folder.join("nginx.conf");
        std::fs::write(&config, text).unwrap();
        let log = std::fs::File::create(folder.join("start.log")).unwrap();
        let process = Command::new(program)
            .arg("-p")
            .arg(&folder)
            .arg("-c")
            .arg(&config)
            .stdout(Stdio::null())
            .stderr(log)
            .spawn();
        let mut server = Server { process: process.unwrap(), address };
        let deadline = Instant::now() + Duration::from_secs(30);
        while Instant::now() < deadline {
            if server.process.try_wait().unwrap().is_some() {
                return None;
            }
            if TcpStream::connect(address).is_ok() {
                return Some(server);
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        None
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
